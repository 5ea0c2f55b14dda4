//! How a program that runs until it is asked to stop begins and ends, whatever it does in between.

use std::process::ExitCode;
use std::sync::Arc;

use config::args::Stop;
use config::{Config, Logs, Role};
use metrics_exporter_prometheus::PrometheusHandle;
use ports::{Announcer, Clock, Ports, Random, Shutdown, SystemClock};

use crate::signals::Signals;
use crate::world::{self, World};
use crate::{backend, halt_signal, measure, runtime, telemetry};

/// What gateway and worker are made of.
#[derive(Debug)]
pub struct Parts {
    pub ports: Ports,
    pub world: World,
    pub announcer: Announcer,
    pub prometheus: PrometheusHandle,
}

impl Parts {
    /// Opens the configured stores and connects to the configured world.
    pub async fn open(config: &Config, shutdown: &Shutdown) -> anyhow::Result<Self> {
        // First of all: without a listener the signal would end the process.
        let quit = halt_signal::listen()?;
        let prometheus = measure::start(shutdown)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let random = Random::from_system();
        // Before the world, because this locks the data folder.
        let ports = backend::open(config, clock.clone(), random.clone(), shutdown).await?;
        let world = world::reach(config, ports.store.clone(), clock, random, shutdown).await?;
        let world = world.counting_in(config, ports.store.clone());
        backend::bind(&ports, world.cluster, shutdown).await?;
        halt_signal::follow(quit, &ports, world.valve(), shutdown);
        let announcer = Announcer::start(ports.feed.clone(), ports.queue.clone(), shutdown);
        Ok(Self {
            ports,
            world,
            announcer,
            prometheus,
        })
    }
}

/// Runs `work` with this process' logs and signals until it is asked to stop. `work` ends once
/// everything that it started has ended.
pub async fn run(
    logs: &Logs,
    work: impl AsyncFnOnce(&Shutdown) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    let telemetry = telemetry::start(logs);
    let shutdown = Shutdown::new();
    telemetry.follow_signals(&shutdown)?;
    let work = Box::pin(work(&shutdown));
    signals.supervise(&shutdown, work).await.of_service()
}

/// The main function of one program of a cluster, with its parsed `config`.
pub fn run_in_cluster(
    role: Role,
    config: Result<Config, Stop>,
    work: impl AsyncFnOnce(&Config, &Shutdown) -> anyhow::Result<()>,
) -> ExitCode {
    let checked = config.and_then(|config| {
        config.validate_for_cluster(role)?;
        Ok(config)
    });
    let config = match checked {
        Ok(config) => config,
        Err(stop) => return stop.report(),
    };
    let main = run(&config.logs, async |shutdown| {
        config::args::warn_of_obsolete_variables();
        work(&config, shutdown).await
    });
    runtime::run(async {
        let failed = Box::pin(main).await.err();
        failed.map_or(ExitCode::SUCCESS, |error| {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        })
    })
}
