//! The command line of `scripts/cluster`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use cluster::{Cluster, Size, State, Status, settings};

/// Runs the engine as a cluster of local processes, without containers.
#[derive(Debug, Parser)]
#[command(name = "scripts/cluster", after_help = EXAMPLES)]
struct Program {
    #[command(subcommand)]
    command: Command,
    /// Where the cluster lives; deleted by `down`
    #[arg(long, global = true, env = "CLUSTER_DIR", value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  scripts/cluster up --workers 3 --gateways 2
  SIM_LATENCY_SCALE=0.1 scripts/cluster up
  scripts/cluster status --json
  scripts/cluster logs worker-1
  scripts/cluster down

The engine's settings are those of deploy/env/engine.env and .env, as for
docker compose; what the environment says wins.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts Redis, PostgreSQL, the simulated Solana cluster, gateways and workers, all empty
    Up(Numbers),
    /// Says what runs where
    Status {
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Prints what a process has printed
    Logs { name: String },
    /// Changes how many run, and starts again what has died
    Scale(Numbers),
    /// Ends everything and deletes its data
    Down,
}

#[derive(Debug, Args)]
struct Numbers {
    /// How many gateways
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(0..=32))]
    gateways: Option<u8>,
    /// How many workers
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(0..=64))]
    workers: Option<u8>,
}

impl Numbers {
    fn or(&self, otherwise: Size) -> Size {
        Size {
            gateways: self.gateways.map_or(otherwise.gateways, usize::from),
            workers: self.workers.map_or(otherwise.workers, usize::from),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::parse();
    match run(program).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "scripts/cluster: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(program: Program) -> Result<()> {
    let cluster = Cluster::at(program.folder.map_or_else(default_folder, Ok)?);
    match program.command {
        Command::Up(numbers) => {
            let up = cluster.up(numbers.or(Size::default()), engine_variables()?);
            let started = tokio::select! {
                started = up => started,
                interrupted = tokio::signal::ctrl_c() => {
                    interrupted.context("listen for signals")?;
                    Err(anyhow::anyhow!("interrupted"))
                }
            };
            match started {
                Ok(state) => print_table(&Status::of(&state, cluster.folder())),
                Err(error) => {
                    cluster.down().await?;
                    Err(error)
                }
            }
        }
        Command::Status { json } => print_status(&cluster, json),
        Command::Logs { name } => {
            let mut log = std::fs::File::open(cluster.log(&name)?).context("open the log")?;
            match io::copy(&mut log, &mut io::stdout()) {
                // Whoever reads on has seen enough.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                copied => copied.map(|_| ()).context("print the log"),
            }
        }
        Command::Scale(numbers) => {
            let state = cluster.state()?;
            let live = Size {
                gateways: state.gateways.iter().filter(|m| m.is_live()).count(),
                workers: state.workers.iter().filter(|m| m.is_live()).count(),
            };
            let state = cluster.scale(numbers.or(live)).await?;
            print_table(&Status::of(&state, cluster.folder()))
        }
        Command::Down => cluster.down().await,
    }
}

/// One cluster per user and working copy.
fn default_folder() -> Result<PathBuf> {
    use std::os::unix::fs::MetadataExt;

    let here = std::env::current_dir().context("tell where this is")?;
    let place = std::fs::metadata(&here).context("look at the working copy")?;
    let user = std::fs::metadata("/proc/self")
        .context("tell who this is")?
        .uid();
    let name = format!("order-engine-cluster-{user}-{}", place.ino());
    Ok(std::env::temp_dir().join(name))
}

fn engine_variables() -> Result<BTreeMap<String, String>> {
    let here = std::env::current_dir().context("tell where this is")?;
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    settings::variables(&here, environment)
}

fn print_status(cluster: &Cluster, json: bool) -> Result<()> {
    if !json {
        return print_table(&Status::of(&cluster.state()?, cluster.folder()));
    }
    let state = cluster.state().unwrap_or_else(|_| State::default());
    let status = Status::of(&state, cluster.folder());
    let text = serde_json::to_string(&status).context("print the status")?;
    writeln!(io::stdout(), "{text}").context("print the status")
}

fn print_table(status: &Status) -> Result<()> {
    let mut out = io::stdout().lock();
    let single = [&status.postgres, &status.redis, &status.sim];
    for at in single.into_iter().flatten().chain(&status.gateways) {
        writeln!(out, "{:<12} pid {:<8} {}", at.name, at.pid, at.url)?;
    }
    for worker in &status.workers {
        writeln!(
            out,
            "{:<12} pid {:<8} {}",
            worker.name, worker.pid, worker.id
        )?;
    }
    Ok(())
}
