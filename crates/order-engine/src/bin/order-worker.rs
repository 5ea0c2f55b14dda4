//! The worker as a process of a cluster: takes orders and executes them.

use std::process::ExitCode;

use bootstrap::service::{self, Parts};
use bootstrap::status::{self, Status};
use bootstrap::world::keys;
use clap::Parser;
use config::{Config, Role, args};
use ports::Shutdown;

#[global_allocator]
static ALLOCATOR: bootstrap::MiMalloc = bootstrap::MiMalloc;

const EXAMPLES: &str = "\
Example:
  DATABASE_URL=postgres://trader@db/orders REDIS_URL=redis://cache:6379 \\
  SIM_CHAIN_URL=http://chain:4000 order-worker

With PORT set it serves /health, /ready and /metrics there.";

/// Takes orders from the queue and executes each exactly once.
#[derive(Debug, Parser)]
#[command(name = "order-worker", version = bootstrap::VERSION, about, after_help = EXAMPLES)]
struct Program {
    #[command(flatten)]
    config: Config,
}

fn main() -> ExitCode {
    let config = args::parse(std::env::args_os()).map(|Program { config }| config);
    service::run_in_cluster(Role::Worker, config, run)
}

async fn run(config: &Config, shutdown: &Shutdown) -> anyhow::Result<()> {
    match start(config, shutdown).await? {
        Some(status) => status.serve_during(shutdown.finished()).await?,
        None => shutdown.finished().await,
    }
    Ok(())
}

/// Starts the worker, and its status server if a port is set for it.
async fn start(config: &Config, shutdown: &Shutdown) -> anyhow::Result<Option<Status>> {
    #[cfg(any(debug_assertions, feature = "crash-points"))]
    if let Some(point) = &config.crash_point {
        order_worker::crash_point::arm(point)?;
    }
    let keys = keys::keys(config)?;
    let parts = Parts::open(config, shutdown).await?;
    order_engine::start_webhooks(config, &parts, shutdown)?;
    if config.takes_orders() {
        let signings = keys.reach(config, shutdown).await?;
        let trading = parts.world.trading(signings);
        order_engine::start_worker(config, &parts, trading, shutdown);
    }
    let Some(port) = config.listen.port else {
        return Ok(None);
    };
    let parts = status::Parts {
        clock: parts.ports.clock.clone(),
        ports: Some(parts.ports),
        prometheus: parts.prometheus,
        shutdown: shutdown.clone(),
    };
    let status = Status::listen(&config.listen.host, port, parts)?;
    tracing::info!("status at http://{}/ready", status.address()?);
    Ok(Some(status))
}
