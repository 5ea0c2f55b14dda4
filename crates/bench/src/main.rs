//! `scripts/bench`: the embedded engine, the scale-out engine, a baseline in the usual Node stack
//! and the limits of the parts, all in one run on one machine. Ratios are the result.
//!
//! Begin with `goals.rs`, the goals; `load::scenarios` says how each figure is measured.

mod baseline;
mod chart;
mod goals;
mod parts;
mod scale_out;
mod scaling;
mod waiting;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use load::embedded::{Embedded, Sizes};
use load::progress::Progress;
use load::report::Report;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

/// Measures everything on this machine, in about five minutes, and prints what came of each goal
#[derive(Debug, Parser)]
#[command(name = "scripts/bench", after_help = EXAMPLES)]
struct Program {
    /// Seconds for each part of a scenario
    #[arg(long, value_name = "SECONDS", default_value = "4", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Also with a million orders in the store, and 10,000 sockets on the scale-out engine
    #[arg(long)]
    full: bool,
    /// Measures nothing: prints what rates need by the model of docs/SCALING.md
    #[arg(long)]
    scaling: bool,
    /// Only these, in this order
    #[arg(long, value_name = "PART", value_delimiter = ',', default_values = ["embedded", "scale-out", "life", "baseline"])]
    only: Vec<Part>,
    /// How many orders wait in the part of that name, run by run
    #[arg(long, value_name = "COUNT", value_delimiter = ',', default_values = ["1000", "100000"])]
    waiting: Vec<u64>,
    /// Orders in execution at once, per worker
    #[arg(long, value_name = "COUNT", default_value = "1000")]
    concurrency: u32,
    /// Where the figures go, for programs
    #[arg(long, value_name = "FILE", default_value = "bench/results/latest.json")]
    json_file: PathBuf,
    /// Where the chart goes
    #[arg(long, value_name = "FILE", default_value = "bench/results/latest.svg")]
    chart: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  scripts/bench                             everything, with the goals, in about five minutes
  scripts/bench --seconds 1                 a first impression in three minutes
  scripts/bench --only embedded             without the servers
  scripts/bench --only waiting,million      orders that wait, in ten minutes
  scripts/bench --only waiting --waiting 1000
                                            with a thousand of them, in five minutes
  scripts/bench --full --seconds 10         also a million orders; about forty minutes

Load, servers and engines share this machine: only ratios within one run mean something.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Embedded,
    ScaleOut,
    /// Orders that come one by one, with the delays as shipped
    Life,
    /// A hundred thousand orders that wait, on 200 pairs
    Waiting,
    /// Lists and market orders beside a million orders that wait
    Million,
    Baseline,
}

fn main() -> Result<()> {
    let program = Program::parse();
    if program.scaling {
        return write!(io::stdout(), "{}", scaling::table()).context("print the model");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("start the runtime")?;
    runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate()).context("listen for signals")?;
        let mut measuring = pin!(measure(&program));
        tokio::select! {
            done = &mut measuring => return done,
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        // A cluster's processes are detached: they outlive whoever started them.
        scale_out::end_cluster().await?;
        anyhow::bail!("interrupted")
    })
}

async fn measure(program: &Program) -> Result<()> {
    let began = Instant::now();
    let mut report = Report::default();
    let sizes = Sizes {
        lasting: Duration::from_secs(program.seconds),
        concurrency: program.concurrency,
        stream_rate: 1_000,
        sockets: vec![100, 1_000, 10_000],
    };
    let embedded = Embedded {
        program: cluster::program::binary("order-engine"),
        sizes: sizes.clone(),
    };
    let stores = stores(program.full);
    let steps = |part: &Part| match part {
        Part::Embedded => embedded.steps() + 1 + stores.len(),
        Part::ScaleOut => scale_out::steps(&sizes, program.full),
        Part::Life => scale_out::IN_LIFE.len(),
        Part::Waiting => program.waiting.len(),
        Part::Million => 1,
        Part::Baseline => baseline::STEPS,
    };
    let progress = Progress::of_steps(program.only.iter().map(steps).sum());
    for part in &program.only {
        match part {
            Part::Embedded => beside_limits(&embedded, stores, &mut report, &progress).await?,
            Part::ScaleOut => {
                scale_out::run(&sizes, program.full, &mut report, &progress).await?;
            }
            Part::Life => scale_out::live(sizes.lasting, &mut report, &progress).await?,
            Part::Waiting => waiting::run(&program.waiting, &mut report, &progress).await?,
            Part::Million => waiting::million::run(&mut report, &progress).await?,
            Part::Baseline => baseline::run(&sizes, &mut report, &progress).await?,
        }
    }
    drop(progress);
    let goals = goals::of(&report);
    let figures = json!({
        "machine": machine(),
        "seconds": began.elapsed().as_secs(),
        "goals": goals,
        "figures": report.figures,
    });
    write(
        &program.json_file,
        &(serde_json::to_string_pretty(&figures)? + "\n"),
    )?;
    write(&program.chart, &chart::svg(&report))?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}\n{}", report.table().trim(), goals::table(&goals))?;
    Ok(())
}

/// How many orders are in the store, run by run.
fn stores(full: bool) -> &'static [u64] {
    if full {
        &[0, 100_000, 1_000_000]
    } else {
        &[0, 100_000]
    }
}

async fn beside_limits(
    embedded: &Embedded,
    stores: &[u64],
    report: &mut Report,
    progress: &Progress,
) -> Result<()> {
    embedded.run(report, progress).await?;
    progress.begin("limits: bare SQLite");
    parts::sqlite(report, embedded.sizes.lasting).await?;
    for orders in stores {
        progress.begin(&format!("embedded: growth, {orders} orders stored"));
        embedded.growth(report, *orders).await?;
    }
    Ok(())
}

fn machine() -> serde_json::Value {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_start_matches([' ', '\t', ':']));
    json!({ "cores": cores, "cpu": model })
}

fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    }
    fs::write(file, text).with_context(|| format!("write {}", file.display()))
}
