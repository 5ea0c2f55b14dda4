//! The command line of `scripts/chaos`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use ports::Random;
use testkit::chaos::{self, Arena, Plan, Verdict};
use tokio::signal::unix::{SignalKind, signal};

/// Breaks real processes under load, at random from a seed, then checks every order.
#[derive(Debug, Parser)]
#[command(name = "scripts/chaos", after_help = EXAMPLES)]
struct Program {
    /// How long the faults last
    #[arg(long, value_name = "N", default_value = "1")]
    minutes: f64,
    /// Which faults, and when; printed, so that a run can be repeated
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The all-in-one engine over its embedded store instead of a cluster
    #[arg(long)]
    embedded: bool,
}

const EXAMPLES: &str = "\
Examples:
  scripts/chaos --minutes 10
  scripts/chaos --minutes 0.5 --seed 7 --embedded

Exit code 0 only when every check held.";

#[tokio::main]
async fn main() -> ExitCode {
    match run(Program::parse()).await {
        Ok(verdict) if verdict.holds() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "scripts/chaos: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(program: Program) -> Result<Verdict> {
    let length = Duration::try_from_secs_f64(program.minutes * 60.0)
        .context("--minutes is a number of minutes, zero or more")?;
    let seed = program.seed.unwrap_or_else(|| Random::from_system().bits());
    writeln!(io::stdout(), "seed {seed}")?;
    let mut terminated = signal(SignalKind::terminate()).context("listen for signals")?;
    // Whichever ends first: what was started ends with the arena.
    tokio::select! {
        verdict = break_things(program.embedded.into(), Plan { length, seed }) => verdict,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
        _ = terminated.recv() => Err(anyhow::anyhow!("interrupted")),
    }
}

async fn break_things(what: What, plan: Plan) -> Result<Verdict> {
    let mut arena = match what {
        What::Engine => Arena::embedded().await?,
        What::Cluster => Arena::cluster().await?,
    };
    let verdict = chaos::run(&mut arena, plan).await?;
    writeln!(io::stdout(), "{verdict}")?;
    if !verdict.holds() {
        let logs = std::env::temp_dir().join(format!("chaos-{}", plan.seed));
        arena.keep_logs(&logs)?;
        writeln!(
            io::stdout(),
            "the processes' logs are in {}",
            logs.display()
        )?;
    }
    Ok(verdict)
}

enum What {
    Engine,
    Cluster,
}

impl From<bool> for What {
    fn from(embedded: bool) -> Self {
        if embedded {
            Self::Engine
        } else {
            Self::Cluster
        }
    }
}
