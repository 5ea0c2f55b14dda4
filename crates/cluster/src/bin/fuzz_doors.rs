//! The command line of `scripts/fuzz-doors`.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use cluster::doors::{self, Plan, Verdict};
use ports::Random;

/// Sends requests and sockets of every kind to every door of engines of its own, then checks that they live,
/// have answered everything, at no great cost, and have every order that they accepted.
#[derive(Debug, Parser)]
#[command(name = "scripts/fuzz-doors", after_help = EXAMPLES)]
struct Program {
    /// How many requests and sockets
    #[arg(long, value_name = "N", default_value = "30000")]
    requests: usize,
    /// Which ones; printed, so that a run can be repeated
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
}

const EXAMPLES: &str = "\
Examples:
  scripts/fuzz-doors --requests 300000
  scripts/fuzz-doors --requests 3000 --seed 7

Exit code 0 only when every check held.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Program::parse()).await {
        Ok(verdict) if verdict.holds() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody may be looking any more.
            let _ = writeln!(io::stderr(), "fuzz-doors: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(program: Program) -> Result<Verdict> {
    // Short enough to be typed again.
    let drawn = || Random::from_system().below(1_000_000);
    let plan = Plan {
        requests: program.requests,
        seed: program.seed.unwrap_or_else(drawn),
    };
    writeln!(io::stdout(), "seed {}", plan.seed)?;
    let verdict = doors::run(plan).await?;
    writeln!(io::stdout(), "{verdict}")?;
    Ok(verdict)
}
