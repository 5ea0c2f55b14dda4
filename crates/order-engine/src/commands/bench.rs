//! `order-engine bench`: what the all-in-one engine does on this machine.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use load::embedded::{Embedded, Sizes};
use load::progress::Progress;
use load::report::Report;

use crate::exit::Verdict;
use crate::output::{self, Format};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine bench --quick                     all scenarios in half a minute
  order-engine bench --json-file figures.json    five seconds each, for programs

It starts engines of its own on free ports and throw-away folders. Load and
engine share this machine, so only ratios within a run mean something.
scripts/bench measures the scale-out engine too, beside a baseline and the
limits of its parts.";

/// What to measure, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// One second per scenario
    #[arg(long, conflicts_with = "seconds")]
    quick: bool,
    /// Seconds per scenario
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Orders started each second while sockets follow them
    #[arg(long, value_name = "COUNT", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    stream_rate: u32,
    /// Sockets that follow an order each
    #[arg(long, value_name = "COUNT", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    sockets: u32,
    /// Orders that the worker executes at once
    #[arg(long, value_name = "COUNT", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    concurrency: u32,
    /// Also write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json_file: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

/// Runs the command.
pub(crate) async fn run(bench: &Bench) -> anyhow::Result<Verdict> {
    let seconds = if bench.quick { 1 } else { bench.seconds };
    let embedded = Embedded {
        program: std::env::current_exe().context("find this program")?,
        sizes: Sizes {
            lasting: Duration::from_secs(seconds),
            concurrency: bench.concurrency,
            stream_rate: bench.stream_rate,
            sockets: vec![usize::try_from(bench.sockets)?],
        },
    };
    let mut report = Report::default();
    let progress = Progress::of_steps(embedded.steps());
    embedded.run(&mut report, &progress).await?;
    drop(progress);
    if let Some(file) = &bench.json_file {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(file, text + "\n")
            .with_context(|| format!("could not write {}", file.display()))?;
    }
    match bench.format.is_json() {
        true => output::json(&report)?,
        false => output::line(report.table().trim())?,
    }
    Ok(Verdict::Good)
}
