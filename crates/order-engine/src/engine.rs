//! The whole engine in one process: the same gateway, worker and sweeper as in a cluster, over the
//! configured backends.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use api_gateway::{Gateway, GatewayParts, GatewaySettings};
use bootstrap::{backend, measure, runtime, world};
use config::Config;
use order_worker::{Settings, Worker};
use ports::{Announcer, Clock, Random, Shutdown, SystemClock};

/// An engine that executes orders, and listens without answering yet.
#[derive(Debug)]
pub(crate) struct Engine {
    gateway: Gateway,
    shutdown: Shutdown,
}

impl Engine {
    /// Opens the stores, starts the worker, takes the port.
    pub(crate) async fn assemble(config: &Config, shutdown: &Shutdown) -> anyhow::Result<Self> {
        #[cfg(any(debug_assertions, feature = "crash-points"))]
        if let Some(point) = &config.crash_point {
            order_worker::crash_point::arm(point)?;
        }
        let prometheus = measure::start(shutdown)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let random = Random::from_system();
        // First of all: it locks the data folder.
        let ports = backend::open(config, clock.clone(), random.clone(), shutdown).await?;
        let data_dir = &config.servers.data_dir;
        let world = world::reach(&config.sim, data_dir, clock, random, shutdown)?;
        let announcer = Announcer::start(ports.feed.clone(), ports.queue.clone(), shutdown);
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
        // The worker needs no handle: it ends with the shutdown.
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

    /// Answers until stopping is asked for and everything has ended.
    pub(crate) async fn run_until_stopped(self) -> anyhow::Result<()> {
        let served = self.gateway.run_until_stopped().await;
        self.shutdown.request_soft();
        self.shutdown.finished().await;
        served.context("the HTTP server failed")
    }
}
