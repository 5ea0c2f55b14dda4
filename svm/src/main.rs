//! `svm`: the cluster with the venues' own programs, as a node that the engine and every Solana tool can be pointed at.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use ports::{Random, Shutdown, SystemClock};
use sim_chain::market::Mode;
use sim_chain::node::http::listen;
use sim_chain::{SimConfig, World};
use svm::serve::serve;
use svm::{PROGRAMS_DIR, Programs, RealPrograms};

/// Serves a Solana cluster with the venues' own programs, which it reads from the folder in SVM_PROGRAMS_DIR.
#[derive(Debug, Parser)]
#[command(name = "svm", version, about)]
struct Arguments {
    /// The port of JSON-RPC; WebSockets are on the next one too, if that is free
    #[arg(long, default_value = "8899")]
    port: u16,
    /// Let prices move by trades alone
    #[arg(long)]
    still: bool,
    /// Multiplies every delay and the time of a slot
    #[arg(long, value_name = "FACTOR", default_value = "1")]
    latency_scale: f64,
    /// Makes prices, delays and failures repeatable
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let programs = Programs::from_variable()?;
    let programs = programs.with_context(|| format!("{PROGRAMS_DIR} names no folder"))?;
    let runtime = RealPrograms::new(&programs).context("a program cannot be loaded")?;
    actix_web::rt::System::new().block_on(run(&arguments, Arc::new(runtime)))
}

async fn run(arguments: &Arguments, runtime: Arc<RealPrograms>) -> anyhow::Result<()> {
    let config = SimConfig {
        latency_scale: arguments.latency_scale,
        seed: arguments.seed,
        market: match arguments.still {
            true => Mode::Still,
            false => Mode::Moving,
        },
        ..SimConfig::default()
    };
    let (clock, shutdown) = (Arc::new(SystemClock::new()), Shutdown::new());
    let random = Random::from_system();
    let world = World::open_on(Some(runtime), &config, clock, &random, &shutdown)?;
    let listeners = listen("127.0.0.1", arguments.port)?;
    let address = listeners.first().context("no port is open")?.local_addr()?;
    writeln!(
        std::io::stdout(),
        "the real programs are at http://{address}"
    )?;
    serve(world, listeners)?.await?;
    shutdown.request_soft();
    shutdown.finished().await;
    Ok(())
}
