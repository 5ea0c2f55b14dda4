//! The world outside the engine: venues, chain and ledger, simulated in this process or in another.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use dex_router::{QuoteSource, Router};
use ports::ledger::Ledger;
use ports::{Chain, Clock, Random, Shutdown};
use sim_chain::{RemoteChain, SimChain, SimConfig};

use config::{Sim, VenueMode};

/// How long a venue may take for a quote: four times what a simulated one takes at most.
const QUOTE_LIMIT: Duration = Duration::from_secs(1);
/// The ledger's file, in a folder of the simulated chain.
const LEDGER: &str = "sim-chain/ledger.db";

/// What the engine uses outside itself.
#[derive(Debug, Clone)]
pub struct World {
    /// Asks the venues and chooses a route.
    pub router: Router,
    /// Builds and sends transactions, and tells what became of them.
    pub chain: Arc<dyn Chain>,
    /// The chain's own ledger, with which the engine can be compared.
    pub ledger: Arc<dyn Ledger>,
}

/// Connects to the configured world.
pub fn reach(
    sim: &Sim,
    data_dir: &Path,
    clock: Arc<dyn Clock>,
    random: Random,
    shutdown: &Shutdown,
) -> anyhow::Result<World> {
    let VenueMode::Sim = sim.order_venue_mode;
    let world = match &sim.sim_chain_url {
        Some(url) => {
            let chain = RemoteChain::connect(url, clock, random, shutdown)
                .context("could not use SIM_CHAIN_URL")?;
            say_if_unreachable(chain.clone(), url.clone(), shutdown);
            World {
                router: router(chain.sources(), sim),
                chain: chain.clone(),
                ledger: chain,
            }
        }
        None => {
            let chain = simulate(sim, data_dir, clock, random, shutdown)?;
            World {
                router: router(chain.sources(), sim),
                chain: chain.clone(),
                ledger: chain,
            }
        }
    };
    Ok(world)
}

/// Logs if the chain cannot be reached: otherwise only the first failed order would show it.
fn say_if_unreachable(chain: Arc<RemoteChain>, url: String, shutdown: &Shutdown) {
    let stop = shutdown.clone();
    shutdown.spawn(async move {
        let answer = tokio::select! {
            biased;
            () = stop.soft() => return,
            answer = chain.finalized_height() => answer,
        };
        if let Err(error) = answer {
            tracing::warn!(
                %error,
                "the simulated chain at {url} cannot be reached; orders fail until it can"
            );
        }
    });
}

/// Runs the simulated chain in this process, continuing from its ledger.
pub fn simulate(
    sim: &Sim,
    data_dir: &Path,
    clock: Arc<dyn Clock>,
    random: Random,
    shutdown: &Shutdown,
) -> anyhow::Result<Arc<SimChain>> {
    let ledger = data_dir.join(LEDGER);
    if let Some(folder) = ledger.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("could not make the folder {}", folder.display()))?;
    }
    let config = SimConfig {
        latency_scale: sim.sim_latency_scale,
        failure_rate: sim.sim_failure_rate,
        seed: sim.sim_seed,
        ledger_path: Some(ledger),
    };
    SimChain::open(&config, clock, random, shutdown.clone())
        .context("could not start the simulated chain")
}

fn router(sources: Vec<Arc<dyn QuoteSource>>, sim: &Sim) -> Router {
    Router::new(sources, QUOTE_LIMIT.mul_f64(sim.sim_latency_scale.max(1.0)))
}
