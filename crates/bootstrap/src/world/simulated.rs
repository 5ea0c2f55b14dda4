//! The simulated cluster: in this process, or at an address.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use chain_solana::{Rpc, Settings};
use config::{Config, Market, Secret};
use domain::Address;
use domain::transaction::Blockhash;
use futures_util::future::try_join_all;
use ports::cluster::{ClusterId, Mode};
use ports::{Clock, Random, Shutdown};
use sim_chain::SimConfig;
use sim_chain::cluster::GENESIS_HASH;
use sim_chain::market;
use sim_chain::remote::RemoteSimulation;

use super::genesis::Expected;
use super::{Reached, endpoint, genesis, keys};

/// What people call it.
const NAME: &str = "simulated";
/// The ledger's file, in a folder of the simulated cluster.
const LEDGER: &str = "sim-chain/cluster.db";

/// To which cluster the stores of a process in this mode belong.
pub(super) const CLUSTER: ClusterId = ClusterId {
    mode: Mode::Sim,
    genesis: Blockhash::new(*GENESIS_HASH.as_bytes()),
};

/// Connects to it where it is another process, else runs it in this one.
pub(super) async fn reach(
    config: &Config,
    clock: &Arc<dyn Clock>,
    random: &Random,
    shutdown: &Shutdown,
) -> anyhow::Result<Reached> {
    match &config.endpoints()[..] {
        urls @ [first, ..] => {
            let all = endpoint::all(urls)?;
            let checks = all.iter();
            let checks =
                checks.map(|it| genesis::check(it, Expected::Simulated, clock, random, shutdown));
            try_join_all(checks).await?;
            let endpoints = endpoint::together(&all, GENESIS_HASH, clock, shutdown)?;
            Ok(Reached {
                sockets: all[0].sockets(config)?,
                simulation: Some(Arc::new(remote(first)?)),
                endpoints: Some(endpoints.clone()),
                ..through(config, endpoints)
            })
        }
        [] => {
            let data_dir = &config.servers.data_dir;
            let world = run(config, data_dir, clock.clone(), random, shutdown)?;
            Ok(Reached {
                simulation: Some(world.clone()),
                sim: Some(world.clone()),
                ..through(config, world.rpc())
            })
        }
    }
}

/// The simulated cluster, asked in this way.
pub(super) fn through(config: &Config, rpc: Arc<dyn Rpc>) -> Reached {
    let scale = config.sim.sim_latency_scale;
    Reached {
        rpc,
        endpoints: None,
        sockets: None,
        simulation: None,
        sim: None,
        cluster: CLUSTER,
        name: NAME,
        settings: Settings {
            tables: config.lookup_tables(Some(Address::new(market::lookup_table().to_bytes()))),
            ..Settings::simulated(scale)
        },
        quote_limit: super::QUOTE_LIMIT.mul_f64(scale.max(1.0)),
    }
}

fn remote(url: &Secret) -> anyhow::Result<RemoteSimulation> {
    let simulation = RemoteSimulation::connect(url.expose());
    simulation.context("could not use the simulated cluster's address")
}

/// Runs it in this process, continuing from its ledger.
pub fn run(
    config: &Config,
    data_dir: &Path,
    clock: Arc<dyn Clock>,
    random: &Random,
    shutdown: &Shutdown,
) -> anyhow::Result<Arc<sim_chain::World>> {
    let ledger = data_dir.join(LEDGER);
    if let Some(folder) = ledger.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("could not make the folder {}", folder.display()))?;
    }
    let sim = &config.sim;
    let sim_config = SimConfig {
        latency_scale: sim.sim_latency_scale,
        failure_rate: sim.sim_failure_rate,
        seed: sim.sim_seed,
        market: match sim.sim_market {
            Market::Moving => market::Mode::Moving,
            Market::Still => market::Mode::Still,
        },
        wallets: keys::simulated_wallets(config).collect(),
        ledger_path: Some(ledger),
        ..SimConfig::default()
    };
    sim_chain::World::open(&sim_config, clock, random, shutdown)
        .context("could not start the simulated cluster")
}
