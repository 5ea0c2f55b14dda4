//! The gateway as a process of a cluster: takes orders in and shows what becomes of them.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use api_gateway::{Gateway, GatewayParts, GatewaySettings};
use bootstrap::signals::Signals;
use bootstrap::{backend, measure, runtime, telemetry, world};
use clap::Parser;
use config::Config;
use config::args::{self, Stop};
use ports::{Announcer, Clock, Random, Shutdown, SystemClock};

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
    match configuration() {
        Ok(config) => runtime::run(async { runtime::exit_code(Box::pin(run(&config)).await) }),
        Err(stop) => stop.report(),
    }
}

fn configuration() -> Result<Config, Stop> {
    let Program { config } = args::parse(std::env::args_os())?;
    config.validate_for_cluster("api-gateway")?;
    Ok(config)
}

async fn run(config: &Config) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    let telemetry = telemetry::start(&config.logs);
    args::warn_of_obsolete_variables();
    let shutdown = Shutdown::new();
    telemetry.follow_signals(&shutdown)?;
    let work = async {
        let gateway = assemble(config, &shutdown).await?;
        tracing::info!("the gateway is at http://{}", gateway.address());
        let served = gateway.run_until_stopped().await;
        shutdown.request_soft();
        shutdown.finished().await;
        served.context("the HTTP server failed")
    };
    signals
        .supervise(&shutdown, Box::pin(work))
        .await
        .of_service()
}

async fn assemble(config: &Config, shutdown: &Shutdown) -> anyhow::Result<Gateway> {
    let prometheus = measure::start(shutdown)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let random = Random::from_system();
    let ports = backend::open(config, clock.clone(), random.clone(), shutdown).await?;
    let data_dir = &config.servers.data_dir;
    let world = world::reach(&config.sim, data_dir, clock, random, shutdown)?;
    let announcer = Announcer::start(ports.feed.clone(), ports.queue.clone(), shutdown);
    let parts = GatewayParts {
        ports,
        announcer,
        router: world.router,
        ledger: Some(world.ledger),
        prometheus,
        shutdown: shutdown.clone(),
    };
    Gateway::build(
        GatewaySettings::configured(config, runtime::threads()),
        parts,
    )
}
