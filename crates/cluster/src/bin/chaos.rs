//! The command line of `scripts/chaos`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use cluster::chaos::{self, Arena, Kind, Mode, Plan, Verdict};
use ports::Random;
use tokio::signal::unix::{SignalKind, signal};

/// Breaks real processes under load, at random from a seed, then checks every order.
///
/// Struck are gateways and workers (killed, asked to stop, frozen, starved, all killed at once), Redis
/// (emptied, rolled back, full, killed, frozen for 1 to 5 s, frozen and then killed), PostgreSQL and the
/// chain (killed, frozen, starved), what PostgreSQL answers (lost on its way, then the connections cut or
/// stalled), and clocks (PostgreSQL's, each gateway's and worker's, set back and forth by up to an hour).
/// With --embedded: the one engine and its clock. With --live the engine trades live on the simulated cluster, which it
/// takes for somebody else's, and everything that an endpoint and a cluster can do is struck as well: sends dropped,
/// replies lost, landings late, refusals, lags, a height that is the slot, blocks that vanish, outages. Clients reset
/// connections right after they have handed orders in or cancelled them, and ask again.
///
/// Checked is that no order is lost, executed twice or stuck, none ends as poison, no order's stream has a
/// gap, stream, history and ledger agree, the receipts explain every lamport of the wallet, and that the account stream of each gateway has told everything,
/// or `resync`.
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
    /// Trade live on the simulated cluster, whose endpoint fails too
    #[arg(long, conflicts_with = "embedded")]
    live: bool,
    /// Strike these alone; can be repeated
    #[arg(long, value_name = "WHOM", value_enum)]
    only: Vec<Kind>,
}

const EXAMPLES: &str = "\
Examples:
  scripts/chaos --minutes 10
  scripts/chaos --minutes 0.5 --seed 7 --embedded
  scripts/chaos --minutes 1 --only redis --only clocks
  scripts/chaos --minutes 5 --live

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
    let plan = Plan {
        only: program.only,
        ..Plan::at_random(length, seed)
    };
    // Whichever ends first: what was started ends with the arena.
    tokio::select! {
        verdict = break_things(What::of(program.embedded, program.live), plan) => verdict,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
        _ = terminated.recv() => Err(anyhow::anyhow!("interrupted")),
    }
}

async fn break_things(what: What, plan: Plan) -> Result<Verdict> {
    let mut arena = match what {
        What::Engine => Arena::embedded().await?,
        What::Cluster(mode) => Arena::cluster(mode).await?,
    };
    let logs = std::env::temp_dir().join(format!("chaos-{}", plan.seed));
    let verdict = chaos::run(&mut arena, plan).await?;
    writeln!(io::stdout(), "{verdict}")?;
    if !verdict.holds() {
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
    Cluster(Mode),
}

impl What {
    const fn of(is_embedded: bool, is_live: bool) -> Self {
        match (is_embedded, is_live) {
            (true, _) => Self::Engine,
            (false, true) => Self::Cluster(Mode::Live),
            (false, false) => Self::Cluster(Mode::Sim),
        }
    }
}
