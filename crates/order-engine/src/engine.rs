//! The whole engine in one process: the same gateway, worker and sweeper as in a cluster, over the
//! configured backends.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use api_gateway::Gateway;
use bootstrap::service::Parts;
use bootstrap::world::{World, keys};
use config::Config;
use order_engine::KeysAre;
use ports::Shutdown;

use crate::node::Node;

/// An engine that executes orders, and listens but does not answer yet.
#[derive(Debug)]
pub(crate) struct Engine {
    gateway: Gateway,
    /// Shows its simulated cluster to others.
    node: Option<Node>,
    shutdown: Shutdown,
}

impl Engine {
    /// Opens the stores, starts the worker, binds the port.
    pub(crate) async fn assemble(config: &Config, shutdown: &Shutdown) -> anyhow::Result<Self> {
        #[cfg(any(debug_assertions, feature = "crash-points"))]
        if let Some(point) = &config.crash_point {
            order_worker::crash_point::arm(point)?;
        }
        let keys = keys::keys(config)?;
        let parts = Parts::open(config, shutdown).await?;
        let signings = keys.reach(config, shutdown).await?;
        let wallets = signings.names();
        let node = node(config, &parts.world, shutdown)?;
        let gateway = order_engine::gateway(config, &parts, KeysAre::Here(wallets), shutdown)?;
        order_engine::start_webhooks(config, &parts, shutdown)?;
        if config.takes_orders() {
            let trading = parts.world.trading(signings);
            order_engine::start_worker(config, &parts, trading, shutdown);
        }
        Ok(Self {
            gateway,
            node,
            shutdown: shutdown.clone(),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.gateway.address()
    }

    /// Where its simulated cluster answers, if it does.
    pub(crate) fn node_address(&self) -> Option<SocketAddr> {
        self.node.as_ref()?.address().ok()
    }

    /// Answers until it is asked to stop and everything has ended.
    pub(crate) async fn run_until_stopped(self) -> anyhow::Result<()> {
        let shutdown = self.shutdown;
        let served = async {
            let served = self.gateway.run_until_stopped().await;
            shutdown.request_soft();
            served
        };
        let shown = async {
            let Some(node) = self.node else {
                return Ok(());
            };
            let shown = node.serve(None).await;
            shutdown.request_soft();
            shown
        };
        let (served, shown) = tokio::join!(served, shown);
        shutdown.finished().await;
        served.context("the HTTP server failed")?;
        shown
    }
}

/// The simulated cluster's own port, if one is set and the cluster is in this process.
fn node(config: &Config, world: &World, shutdown: &Shutdown) -> anyhow::Result<Option<Node>> {
    let Some(port) = config.sim.sim_rpc_port else {
        return Ok(None);
    };
    let Some(sim) = &world.sim else {
        tracing::warn!("SIM_RPC_PORT is ignored: the cluster is another process");
        return Ok(None);
    };
    let node = Node::listen((&config.listen.host, port), Arc::clone(sim), shutdown)?;
    Ok(Some(node))
}
