//! The world outside the engine: a Solana cluster, simulated in this process or reached at an endpoint.

mod genesis;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chain_solana::explain::Explainer;
use chain_solana::keys::{Signer, Wallet};
use chain_solana::pools::PoolReader;
use chain_solana::rpc::http::{Endpoint, HttpRpc, Limits};
use chain_solana::standing::Standings;
use chain_solana::wallet::{Place, SolanaWallet};
use chain_solana::{Rpc, Settings, SolanaChain};
use config::args::Stop;
use config::{Config, Market, Secret, VenueMode};
use dex_router::Router;
use domain::transaction::Blockhash;
use domain::{Address, Asset};
use ports::cluster::{ClusterId, Mode};
use ports::{
    Clock, Landing, Random, Shutdown, Simulation, Statuses, TransactionBuilder, TransactionReader,
    WalletView,
};
use sim_chain::SimConfig;
use sim_chain::cluster::GENESIS_HASH;
use sim_chain::market;
use sim_chain::remote::RemoteSimulation;

/// How long a venue may take for a quote: twice what a simulated one takes at most, which is for a pair whose pools
/// have to be found first.
const QUOTE_LIMIT: Duration = Duration::from_secs(2);
/// What people call the simulated cluster.
const CLUSTER: &str = "simulated";
/// The ledger's file, in a folder of the simulated cluster.
const LEDGER: &str = "sim-chain/cluster.db";

/// What the engine uses outside itself. It has no key.
#[derive(Debug, Clone)]
pub struct World {
    /// Asks the pools and chooses a route.
    pub router: Router,
    /// What operators may do to the simulated cluster, and its ledger, with which the engine can be compared.
    pub simulation: Arc<dyn Simulation>,
    /// To which cluster a store of this process belongs.
    pub cluster: ClusterId,
    /// The simulated cluster, if it is in this process.
    pub sim: Option<Arc<sim_chain::World>>,
    rpc: Arc<dyn Rpc>,
    pools: Arc<PoolReader>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    /// Of the token list.
    assets: Vec<Asset>,
}

/// The cluster with the wallet that trades.
#[derive(Debug, Clone)]
pub struct Trading {
    /// Makes transactions of routes, and signs them.
    pub builder: Arc<dyn TransactionBuilder>,
    /// Sends them, and tells what became of them.
    pub landing: Arc<dyn Landing>,
    /// Tells where signatures stand, many at once.
    pub statuses: Arc<dyn Statuses>,
}

impl World {
    /// The cluster with its wallet's key, which workers alone need.
    #[must_use]
    pub fn trading(&self) -> Trading {
        let wallet = engine_wallet();
        let signer: Arc<dyn Signer> = match &self.sim {
            // It need not check again what was signed in its own process.
            Some(sim) => sim.service().signer(wallet),
            None => Arc::new(wallet),
        };
        let chain = Arc::new(SolanaChain::new(
            Arc::clone(&self.pools),
            Arc::clone(&self.rpc),
            signer,
            Arc::clone(&self.clock),
            self.settings.clone(),
        ));
        Trading {
            builder: chain.clone(),
            landing: chain,
            statuses: self.statuses(),
        }
    }

    /// The wallet that trades, for those who only look at it.
    #[must_use]
    pub fn wallet(&self) -> Arc<dyn WalletView> {
        let place = Place {
            address: Address::new(engine_wallet().address().0),
            cluster: CLUSTER.to_owned(),
            mode: self.cluster.mode.name().to_owned(),
            assets: self.assets.clone(),
        };
        Arc::new(SolanaWallet::new(
            Arc::clone(&self.rpc),
            Arc::clone(&self.clock),
            place,
        ))
    }

    /// Tells where signatures stand.
    #[must_use]
    pub fn statuses(&self) -> Arc<dyn Statuses> {
        Arc::new(Standings::new(Arc::clone(&self.rpc)))
    }

    /// Reads transactions back, for people.
    #[must_use]
    pub fn transactions(&self) -> Arc<dyn TransactionReader> {
        Arc::new(Explainer::new(
            Arc::clone(&self.rpc),
            self.settings.programs.clone(),
        ))
    }
}

/// The wallet that trades.
fn engine_wallet() -> Wallet {
    Wallet::of_simulated_cluster(&GENESIS_HASH)
}

/// The cluster to which the stores of a process of this mode belong. The simulated one's genesis hash is a constant.
#[must_use]
pub fn cluster_of(mode: VenueMode) -> ClusterId {
    let VenueMode::Sim = mode;
    ClusterId {
        mode: Mode::Sim,
        genesis: Blockhash::new(GENESIS_HASH.to_bytes()),
    }
}

/// Connects to the configured world. An endpoint of another cluster is an error; one that cannot be reached is asked
/// again until it can.
pub async fn reach(
    config: &Config,
    clock: Arc<dyn Clock>,
    random: Random,
    shutdown: &Shutdown,
) -> anyhow::Result<World> {
    let Reached {
        rpc,
        simulation,
        sim,
    } = match config.endpoint() {
        Some(url) => Reached::at(&url, &clock, &random, shutdown).await?,
        None => {
            let data_dir = &config.servers.data_dir;
            Reached::inside(simulate(
                config,
                data_dir,
                clock.clone(),
                &random,
                shutdown,
            )?)
        }
    };
    let scale = config.sim.sim_latency_scale;
    let settings = Settings {
        quote_age_max: config.chain.quote_max_age(),
        ..Settings::simulated(scale)
    };
    let pools = Arc::new(PoolReader::new(rpc.clone(), clock.clone(), &settings));
    let tokens = Arc::clone(&config.chain.token_list);
    let assets = tokens.listings().iter().map(|listing| listing.asset);
    let assets = assets.collect();
    let limit = QUOTE_LIMIT.mul_f64(scale.max(1.0));
    Ok(World {
        router: Router::new(pools.clone(), limit, tokens),
        simulation,
        cluster: cluster_of(config.chain.order_venue_mode),
        sim,
        rpc,
        pools,
        clock,
        settings,
        assets,
    })
}

/// A cluster that can be asked.
struct Reached {
    rpc: Arc<dyn Rpc>,
    simulation: Arc<dyn Simulation>,
    sim: Option<Arc<sim_chain::World>>,
}

impl Reached {
    fn inside(world: Arc<sim_chain::World>) -> Self {
        Self {
            rpc: world.rpc(),
            simulation: world.clone(),
            sim: Some(world),
        }
    }

    async fn at(
        url: &Secret,
        clock: &Arc<dyn Clock>,
        random: &Random,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Self> {
        let unusable = |_| Stop::Wrong(genesis::NO_ENDPOINT.to_owned());
        let endpoint: Endpoint = url.expose().parse().map_err(unusable)?;
        let name = endpoint.to_string();
        let rpc = HttpRpc::new(endpoint, Limits::default());
        let rpc: Arc<dyn Rpc> = Arc::new(rpc.context("could not make an HTTP client")?);
        genesis::check(&rpc, name, clock, random, shutdown).await?;
        let simulation = RemoteSimulation::connect(url.expose())
            .context("could not use the simulated cluster's address")?;
        Ok(Self {
            rpc,
            simulation: Arc::new(simulation),
            sim: None,
        })
    }
}

/// Runs the simulated cluster in this process, continuing from its ledger.
pub fn simulate(
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
    let config = SimConfig {
        latency_scale: sim.sim_latency_scale,
        failure_rate: sim.sim_failure_rate,
        seed: sim.sim_seed,
        market: match sim.sim_market {
            Market::Moving => market::Mode::Moving,
            Market::Still => market::Mode::Still,
        },
        ledger_path: Some(ledger),
        ..SimConfig::default()
    };
    sim_chain::World::open(&config, clock, random, shutdown)
        .context("could not start the simulated cluster")
}
