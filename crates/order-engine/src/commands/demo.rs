//! `order-engine demo`: the same engine on a temporary store, five orders at once, from start to
//! end.

use anyhow::Context;
use api_types::names::StatusName;
use bootstrap::signals::Signals;
use bootstrap::telemetry;
use clap::{Args, Parser};
use config::{Config, args};
use ports::Shutdown;

use crate::batch::{self, Report};
use crate::connection::client_of;
use crate::engine::Engine;
use crate::exit::Verdict;
use crate::output::{self, Format};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine demo
  order-engine demo --seed 7          the same delays every time
  order-engine demo --json            every event as the API gives it

Nothing is left behind. Ends with 0 only where all five orders were confirmed.";

const ORDERS: usize = 5;

/// How to show it.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Makes prices and delays the same every time
    #[arg(long, env = "SIM_SEED", value_name = "NUMBER")]
    seed: Option<u64>,
    /// Factor on every simulated delay; 1 is real time
    #[arg(
        long,
        env = "SIM_LATENCY_SCALE",
        value_name = "FACTOR",
        default_value = "1"
    )]
    latency_scale: String,
    /// Which log lines to print as well
    #[arg(long = "log", value_name = "FILTER", default_value = "off")]
    log: String,
    #[command(flatten)]
    format: Format,
}

/// The settings of an engine that takes nothing from the environment.
#[derive(Debug, Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

impl Demo {
    fn config(&self, folder: &std::path::Path) -> Result<Config, args::Stop> {
        let mut flags = vec![
            "demo".to_owned(),
            "--port=0".to_owned(),
            format!("--data-dir={}", folder.display()),
            format!("--sim-latency-scale={}", self.latency_scale),
            format!("--log={}", self.log),
        ];
        flags.extend(self.seed.map(|seed| format!("--sim-seed={seed}")));
        let settings: Settings = args::parse_flags(flags.into_iter().map(Into::into))?;
        Ok(settings.config)
    }
}

/// Runs the command.
pub(crate) async fn run(demo: Demo) -> anyhow::Result<Verdict> {
    let signals = Signals::listen()?;
    let folder = tempfile::tempdir().context("could not make a temporary folder")?;
    let config = demo.config(folder.path())?;
    let _telemetry = telemetry::start(&config.logs);
    let shutdown = Shutdown::new();
    let mut report = None;
    let work = async {
        let engine = Engine::assemble(&config, &shutdown).await?;
        let base_url = format!("http://{}", engine.address());
        if !demo.format.is_json() {
            output::line(format!(
                "{ORDERS} orders at once on an engine of their own at {base_url}\n"
            ))?;
        }
        let (served, shown) = tokio::join!(engine.run_until_stopped(), async {
            let shown = show(base_url, demo.format, &shutdown).await;
            shutdown.request_soft();
            shown
        });
        report = shown?;
        served
    };
    let ended = signals.supervise(&shutdown, Box::pin(work)).await;
    ended.outcome?;
    match report {
        Some(report) if report.count(StatusName::Confirmed) == ORDERS => Ok(Verdict::Good),
        _ => Ok(Verdict::Bad),
    }
}

/// Submits the orders and shows them, unless somebody asks to stop.
async fn show(
    base_url: String,
    format: Format,
    shutdown: &Shutdown,
) -> anyhow::Result<Option<Report>> {
    let client = client_of(base_url, None)?;
    let report = tokio::select! {
        biased;
        () = shutdown.soft() => return Ok(None),
        report = batch::run(&client, batch::swaps(ORDERS, None), format) => report?,
    };
    if !format.is_json() {
        output::line("")?;
        batch::print_summary(&report)?;
    }
    Ok(Some(report))
}
