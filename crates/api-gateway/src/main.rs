//! The gateway as a process of a cluster: takes orders in and shows what becomes of them.

use std::num::NonZeroU32;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use api_gateway::settings::{ApiKey, StartLimit, StartScope};
use api_gateway::{Gateway, GatewayParts, GatewaySettings};
use bootstrap::args::{self, Stop};
use bootstrap::config::{DEFAULT_PORT, LimitScope};
use bootstrap::signals::Signals;
use bootstrap::{Config, backend, measure, runtime, telemetry, world};
use clap::Parser;
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
    Gateway::build(settings(config), parts)
}

fn settings(config: &Config) -> GatewaySettings {
    let Config { listen, access, .. } = config;
    let key = |one: &bootstrap::config::ApiKey| ApiKey {
        client: one.client.clone(),
        key: one.key.expose().to_owned(),
    };
    GatewaySettings {
        host: listen.host.clone(),
        port: listen.port.unwrap_or(DEFAULT_PORT),
        public_url: listen.public_url.clone(),
        trust_proxy: usize::from(listen.trust_proxy),
        cors_origins: listen.cors_origins.clone(),
        api_keys: access.api_keys.iter().map(key).collect(),
        admin_key: access.admin_key.as_ref().map(|key| key.expose().to_owned()),
        client_rate_limit_per_minute: access.client_rate_limit_per_minute,
        client_max_open_orders: access.client_max_open_orders,
        queue_max_waiting: config.work.queue_max_waiting,
        start_limit: start_limit(config),
        ws: api_gateway::ws::Settings {
            client_max_sockets: access.client_max_sockets,
            max_sockets: access.max_sockets,
            ..api_gateway::ws::Settings::default()
        },
        threads: Some(runtime::threads()),
    }
}

fn start_limit(config: &Config) -> Option<StartLimit> {
    Some(StartLimit {
        per_minute: NonZeroU32::new(config.work.queue_rate_limit_per_minute)?,
        scope: match backend::limit_scope(config) {
            LimitScope::Worker => StartScope::Worker,
            LimitScope::Queue => StartScope::Queue,
        },
    })
}
