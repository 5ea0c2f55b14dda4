//! The gateway as a process of a cluster: accepts orders and shows what becomes of them.

use std::process::ExitCode;

use anyhow::Context;
use api_gateway::Gateway;
use bootstrap::service::{self, Parts};
use bootstrap::world::keys;
use clap::Parser;
use config::{Config, Role, args};
use order_engine::KeysAre;
use ports::Shutdown;

#[global_allocator]
static ALLOCATOR: bootstrap::MiMalloc = bootstrap::MiMalloc;

const EXAMPLES: &str = "\
Example:
  DATABASE_URL=postgres://trader@db/orders REDIS_URL=redis://cache:6379 \\
  SIM_CHAIN_URL=http://chain:4000 HOST=0.0.0.0 api-gateway";

/// Takes orders in over HTTP and shows what becomes of them over WebSocket.
#[derive(Debug, Parser)]
#[command(name = "api-gateway", version = bootstrap::VERSION, about, after_help = EXAMPLES)]
struct Program {
    #[command(flatten)]
    config: Config,
}

fn main() -> ExitCode {
    let config = args::parse(std::env::args_os()).map(|Program { config }| config);
    service::run_in_cluster(Role::Gateway, config, run)
}

async fn run(config: &Config, shutdown: &Shutdown) -> anyhow::Result<()> {
    let gateway = start(config, shutdown).await?;
    tracing::info!("the gateway is at http://{}", gateway.address());
    let served = gateway.run_until_stopped().await;
    shutdown.request_soft();
    shutdown.finished().await;
    served.context("the HTTP server failed")
}

/// What it is made of is gone with it: its announcer's lanes end when nobody can announce any more.
async fn start(config: &Config, shutdown: &Shutdown) -> anyhow::Result<Gateway> {
    keys::warn_of_key(config);
    let parts = Parts::open(config, shutdown).await?;
    order_engine::gateway(config, &parts, KeysAre::AtWorkers, shutdown)
}
