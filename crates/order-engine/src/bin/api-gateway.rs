//! The gateway as a process of a cluster: accepts orders and shows what becomes of them.

use std::process::ExitCode;

use anyhow::Context;
use api_gateway::{Gateway, GatewayParts, GatewaySettings};
use bootstrap::runtime;
use bootstrap::service::{self, Parts};
use bootstrap::world::keys;
use clap::Parser;
use config::{Config, Role, args};
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
    keys::warn_of_key(config);
    let parts = Parts::open(config, shutdown).await?;
    let address = keys::address(config);
    let settings = GatewaySettings::configured(config, runtime::threads());
    let gateway = Gateway::build(
        settings.of_wallet(address),
        GatewayParts {
            ports: parts.ports,
            announcer: parts.announcer,
            router: parts.world.router.clone(),
            assets: parts.world.assets.clone(),
            simulation: parts.world.simulation.clone(),
            wallet: address.map(|address| parts.world.wallet(address)),
            transactions: Some(parts.world.transactions()),
            statuses: Some(parts.world.statuses()),
            prometheus: parts.prometheus,
            shutdown: shutdown.clone(),
        },
    )?;
    tracing::info!("the gateway is at http://{}", gateway.address());
    let served = gateway.run_until_stopped().await;
    shutdown.request_soft();
    shutdown.finished().await;
    served.context("the HTTP server failed")
}
