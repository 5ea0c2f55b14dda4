//! The worker as a process of a cluster: takes orders and executes them.

use std::process::ExitCode;
use std::sync::Arc;

use bootstrap::signals::Signals;
use bootstrap::status::{self, Status};
use bootstrap::{backend, measure, runtime, telemetry, world};
use clap::Parser;
use config::Config;
use config::args::{self, Stop};
use order_worker::{Settings, Worker};
use ports::{Announcer, Clock, Random, Shutdown, SystemClock};

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
    match configuration() {
        Ok(config) => runtime::run(async { runtime::exit_code(Box::pin(run(&config)).await) }),
        Err(stop) => stop.report(),
    }
}

fn configuration() -> Result<Config, Stop> {
    let Program { config } = args::parse(std::env::args_os())?;
    config.validate_for_cluster("order-worker")?;
    Ok(config)
}

async fn run(config: &Config) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    let telemetry = telemetry::start(&config.logs);
    args::warn_of_obsolete_variables();
    let shutdown = Shutdown::new();
    telemetry.follow_signals(&shutdown)?;
    let work = async {
        match start(config, &shutdown).await? {
            Some(status) => status.serve_during(shutdown.finished()).await?,
            None => shutdown.finished().await,
        }
        Ok(())
    };
    signals
        .supervise(&shutdown, Box::pin(work))
        .await
        .of_service()
}

/// Starts the worker, and its status server where a port is set for it.
async fn start(config: &Config, shutdown: &Shutdown) -> anyhow::Result<Option<Status>> {
    #[cfg(any(debug_assertions, feature = "crash-points"))]
    if let Some(point) = &config.crash_point {
        order_worker::crash_point::arm(point)?;
    }
    let prometheus = measure::start(shutdown)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let random = Random::from_system();
    let ports = backend::open(config, clock.clone(), random.clone(), shutdown).await?;
    let data_dir = &config.servers.data_dir;
    let world = world::reach(&config.sim, data_dir, clock, random, shutdown)?;
    let announcer = Announcer::start(ports.feed.clone(), ports.queue.clone(), shutdown);
    // The worker needs no handle: it ends with the shutdown.
    let _ = Worker::start(
        &ports,
        &announcer,
        world.router,
        world.chain,
        Settings::configured(config, runtime::host_name()),
        shutdown,
    );
    let Some(port) = config.listen.port else {
        return Ok(None);
    };
    let parts = status::Parts {
        clock: ports.clock.clone(),
        ports: Some(ports),
        prometheus,
        shutdown: shutdown.clone(),
    };
    let status = Status::listen(&config.listen.host, port, parts)?;
    tracing::info!("status at http://{}/ready", status.address()?);
    Ok(Some(status))
}
