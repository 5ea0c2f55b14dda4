//! The whole engine in one process: the same gateway, worker and sweeper as in a cluster, over the
//! configured backends.

use std::net::SocketAddr;

use anyhow::Context;
use api_gateway::{Gateway, GatewayParts, GatewaySettings};
use bootstrap::runtime;
use bootstrap::service::Parts;
use config::Config;
use order_worker::{Settings, Worker};
use ports::Shutdown;

/// An engine that executes orders, and listens but does not answer yet.
#[derive(Debug)]
pub(crate) struct Engine {
    gateway: Gateway,
    shutdown: Shutdown,
}

impl Engine {
    /// Opens the stores, starts the worker, binds the port.
    pub(crate) async fn assemble(config: &Config, shutdown: &Shutdown) -> anyhow::Result<Self> {
        #[cfg(any(debug_assertions, feature = "crash-points"))]
        if let Some(point) = &config.crash_point {
            order_worker::crash_point::arm(point)?;
        }
        let Parts {
            ports,
            world,
            announcer,
            prometheus,
        } = Parts::open(config, shutdown).await?;
        let gateway = Gateway::build(
            GatewaySettings::configured(config, runtime::threads()),
            GatewayParts {
                ports: ports.clone(),
                announcer: announcer.clone(),
                router: world.router.clone(),
                ledger: Some(world.ledger),
                prometheus,
                shutdown: shutdown.clone(),
            },
        )?;
        // The handle is not needed: the worker ends with the shutdown.
        let _ = Worker::start(
            &ports,
            &announcer,
            world.router,
            world.chain,
            Settings::configured(config, runtime::host_name()),
            shutdown,
        );
        Ok(Self {
            gateway,
            shutdown: shutdown.clone(),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.gateway.address()
    }

    /// Answers until it is asked to stop and everything has ended.
    pub(crate) async fn run_until_stopped(self) -> anyhow::Result<()> {
        let served = self.gateway.run_until_stopped().await;
        self.shutdown.request_soft();
        self.shutdown.finished().await;
        served.context("the HTTP server failed")
    }
}
