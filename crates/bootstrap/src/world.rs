//! The world outside the engine: a Solana cluster, simulated in this process or reached at an endpoint.

pub mod blank;
pub mod endpoint;
pub mod keys;
pub mod simulated;

pub(crate) mod genesis;
pub(crate) mod rehearsal;

pub(crate) mod live;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chain_solana::assets::ChainAssets;
use chain_solana::explain::Explainer;
use chain_solana::fees::{FeePolicy, UNIT_PRICE_MIN};
use chain_solana::history::ChainHistory;
use chain_solana::keys::Signer;
use chain_solana::pools::reader::Known;
use chain_solana::pools::{Elsewhere, PoolReader, discovery};
use chain_solana::rpc::births::PoolBirths;
use chain_solana::rpc::socket::{AccountSocket, BirthSocket, SignatureSocket, SocketEndpoint};
use chain_solana::rpc::{Hash, Lamports};
use chain_solana::settings::Simulating;
use chain_solana::standing::Standings;
use chain_solana::wallet::{Place, SolanaWallet};
use chain_solana::{Endpoints, Rpc, Settings, SolanaChain};
use config::{Config, Invalid, MinDepth, Switch, VenueMode};
use dex_router::pools::LEAD_SECONDS_MAX;
use dex_router::{Gates, Limits, Router, gates};
use domain::{Address, Asset, FeeLevel, NamedWallet};
use ports::cluster::ClusterId;
use ports::reconciliation::WalletHistory;
use ports::{
    AssetSource, Births, Clock, Directory, Landing, Random, Shutdown, Simulation, Statuses,
    TransactionBuilder, TransactionReader, Valve, WalletUses, WalletView, WalletViews,
};

use blank::Blank;
use endpoint::Asked;
use keys::{Signing, Signings};

/// How long a venue may take for a quote: twice what a simulated one takes at most, which is for a pair whose pools
/// have to be found first.
const QUOTE_LIMIT: Duration = Duration::from_secs(2);

/// What the engine uses outside itself. It has no key.
#[derive(Debug, Clone)]
pub struct World {
    /// Asks the pools and chooses a route.
    pub router: Router,
    /// Facts of mints that no list names.
    pub assets: Arc<dyn AssetSource>,
    /// What operators may do to the simulated cluster, and its ledger, with which the engine can be compared; a live
    /// cluster has neither.
    pub simulation: Option<Arc<dyn Simulation>>,
    /// To which cluster a store of this process belongs.
    pub cluster: ClusterId,
    /// The simulated cluster, if it is in this process.
    pub sim: Option<Arc<sim_chain::World>>,
    /// What people call the cluster.
    name: &'static str,
    rpc: Arc<dyn Rpc>,
    sockets: Option<SocketEndpoint>,
    /// It tells nothing before it is attended to.
    births: Option<Arc<BirthSocket>>,
    /// Those of the cluster, where it is not in this process.
    endpoints: Option<Arc<Endpoints>>,
    pools: Arc<PoolReader>,
    /// Where what transactions may spend is counted, if it is.
    uses: Option<Arc<dyn WalletUses>>,
    clock: Arc<dyn Clock>,
    random: Random,
    settings: Settings,
    /// Of the token list.
    listed: Vec<Asset>,
    /// What a worker of this process signs and sends through; shut until it opens it.
    valve: Arc<Valve>,
}

/// The cluster with the wallets that trade.
#[derive(Debug, Clone)]
pub struct Trading {
    /// Makes transactions of routes, and signs them.
    pub builder: Arc<dyn TransactionBuilder>,
    /// Sends them, and tells what became of them.
    pub landing: Arc<dyn Landing>,
    /// Tells where signatures stand, many at once.
    pub statuses: Arc<dyn Statuses>,
    /// The wallets, the one that is used unasked first.
    pub wallets: Vec<Traded>,
    /// What signs and sends goes through it.
    pub valve: Arc<Valve>,
}

/// A wallet that trades.
#[derive(Debug, Clone)]
pub struct Traded {
    pub named: NamedWallet,
    /// Shows what it holds.
    pub view: Arc<dyn WalletView>,
    /// Tells what it did.
    pub history: Arc<dyn WalletHistory>,
}

impl World {
    /// Who tells of pools that are born, where the endpoint does.
    #[must_use]
    pub fn births(&self) -> Option<Arc<dyn Births>> {
        let births: Arc<dyn Births> = self.births.clone()?;
        Some(births)
    }

    /// The cluster with whoever signs for wallets, which workers alone have.
    #[must_use]
    pub fn trading(&self, signings: Signings) -> Trading {
        let wallets = signings.names().into_iter();
        let wallets = wallets.map(|named| Traded {
            view: self.wallet(named.address),
            history: self.history(named.address),
            named,
        });
        let wallets: Vec<Traded> = wallets.collect();
        if let Some(first) = wallets.first() {
            self.pools.belong_to(first.named.address);
        }
        let (first, others) = signings.into_parts();
        let signer = self.signer(first);
        let others = others.into_iter().map(|signing| self.signer(signing));
        let clock = || Arc::clone(&self.clock);
        let mut chain = SolanaChain::new(
            Arc::clone(&self.pools),
            Arc::clone(&self.rpc),
            signer,
            clock(),
            self.settings.clone(),
        )
        .also_signing(others.collect());
        if let Some(uses) = &self.uses {
            chain = chain.counting_in(Arc::clone(uses));
        }
        if let Some(endpoints) = &self.endpoints {
            chain = chain.with_witnesses(endpoints);
        }
        if let Some(sockets) = self.sockets.clone() {
            let (landed, random) = (self.settings.commitment, self.random.clone());
            let socket = SignatureSocket::new(sockets, landed.commitment(), clock(), random);
            chain = chain.hearing_from(Arc::new(socket));
        }
        let chain = Arc::new(chain.behind(Arc::clone(&self.valve)));
        Trading {
            valve: Arc::clone(&self.valve),
            builder: chain.clone(),
            landing: chain,
            statuses: self.statuses(),
            wallets,
        }
    }

    fn signer(&self, signing: Signing) -> Arc<dyn Signer> {
        match (signing, &self.sim) {
            (Signing::Signer(signer), _) => signer,
            // It need not check again what was signed in its own process.
            (Signing::Here(wallet), Some(sim)) => sim.service().signer(*wallet),
            (Signing::Here(wallet), None) => Arc::new(*wallet),
        }
    }

    /// What a worker of this process signs and sends through.
    #[must_use]
    pub fn valve(&self) -> Arc<Valve> {
        Arc::clone(&self.valve)
    }

    /// The same world, where it is counted in this store what transactions may spend: wherever limits or balances are
    /// judged by it.
    #[must_use]
    pub fn counting_in(mut self, config: &Config, uses: Arc<dyn WalletUses>) -> Self {
        let is_judged = config.chain.is_live() || config.transactions.spend_limits.is_some();
        self.uses = is_judged.then_some(uses);
        self
    }

    /// The wallet at an address, for those who only look at it.
    #[must_use]
    pub fn wallet(&self, address: Address) -> Arc<dyn WalletView> {
        let place = Place {
            address,
            cluster: self.name.to_owned(),
            mode: self.cluster.mode.name().to_owned(),
            assets: self.listed.clone(),
        };
        Arc::new(SolanaWallet::new(
            Arc::clone(&self.rpc),
            Arc::clone(&self.clock),
            place,
        ))
    }

    /// What the wallet at an address did.
    #[must_use]
    pub fn history(&self, wallet: Address) -> Arc<dyn WalletHistory> {
        let listed = self.listed.clone();
        Arc::new(ChainHistory::new(Arc::clone(&self.rpc), wallet, listed))
    }

    /// The wallets at any address, for those who only look at them.
    #[must_use]
    pub fn wallets(&self) -> Arc<dyn WalletViews> {
        Arc::new(Views {
            world: self.clone(),
            known: Mutex::default(),
        })
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

/// Looks at wallets, each by one view.
#[derive(Debug)]
struct Views {
    world: World,
    known: Mutex<HashMap<Address, Arc<dyn WalletView>>>,
}

/// Views that are kept. An engine has a few wallets.
const VIEWS_MAX: usize = 256;

impl WalletViews for Views {
    fn of(&self, wallet: Address) -> Arc<dyn WalletView> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = known.get(&wallet) {
            return Arc::clone(view);
        }
        if known.len() >= VIEWS_MAX {
            known.clear();
        }
        let view = self.world.wallet(wallet);
        known.insert(wallet, Arc::clone(&view));
        view
    }

    fn history(&self, wallet: Address) -> Arc<dyn WalletHistory> {
        self.world.history(wallet)
    }
}

/// The cluster to which the stores of a process of this configuration belong.
pub async fn cluster_of(config: &Config) -> anyhow::Result<ClusterId> {
    match config.chain.order_venue_mode {
        VenueMode::Sim => Ok(simulated::CLUSTER),
        VenueMode::Live => live::cluster(config).await,
    }
}

/// A cluster that can be asked.
struct Reached {
    rpc: Arc<dyn Rpc>,
    endpoints: Option<Arc<Endpoints>>,
    sockets: Option<SocketEndpoint>,
    simulation: Option<Arc<dyn Simulation>>,
    sim: Option<Arc<sim_chain::World>>,
    cluster: ClusterId,
    name: &'static str,
    settings: Settings,
    quote_limit: Duration,
}

/// Connects to the configured world. An endpoint of another cluster is an error; one that cannot be reached is asked
/// again until it can. What is found out about the cluster is shared by the directory.
pub async fn reach(
    config: &Config,
    directory: Arc<dyn Directory>,
    clock: Arc<dyn Clock>,
    random: Random,
    shutdown: &Shutdown,
) -> anyhow::Result<World> {
    let reached = match config.chain.order_venue_mode {
        VenueMode::Sim => simulated::reach(config, &clock, &random, shutdown).await?,
        VenueMode::Live => live::reach(config, &clock, &random, shutdown).await?,
    };
    let world = World::of(reached, config, directory, clock, random)?;
    let pools = Arc::clone(&world.pools);
    shutdown.spawn_until_soft(async move { pools.attend().await });
    Ok(world)
}

impl World {
    /// The cluster as an endpoint with this genesis hash shows it, for those who only look.
    pub(crate) fn through(
        config: &Config,
        asked: &Asked,
        genesis: Hash,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let reached = match config.chain.live_cluster() {
            Some(cluster) => live::through(config, cluster, asked.clone(), genesis),
            None => simulated::through(config, asked.rpc.clone()),
        };
        Self::of(
            reached,
            config,
            Arc::new(Blank),
            clock,
            Random::from_system(),
        )
    }

    fn of(
        reached: Reached,
        config: &Config,
        directory: Arc<dyn Directory>,
        clock: Arc<dyn Clock>,
        random: Random,
    ) -> anyhow::Result<Self> {
        let transactions = &config.transactions;
        let settings = Settings {
            quote_age_max: config.chain.quote_max_age(),
            fees: FeePolicy {
                level: transactions.tx_fee_level,
                most: Lamports::new(transactions.tx_fee_max_lamports),
            },
            simulating: match config.simulates() {
                Switch::On => Simulating::On,
                Switch::Off => Simulating::Off,
            },
            ..reached.settings
        };
        let rpc = reached.rpc;
        let births = reached.sockets.clone().map(|sockets| {
            let places = discovery::places(&settings.programs);
            let (clock, random) = (clock.clone(), random.clone());
            Arc::new(BirthSocket::new(sockets, places, clock, random))
        });
        let known = Known {
            births: births.clone().map(|births| births as Arc<dyn PoolBirths>),
            directory: Some(Arc::clone(&directory)),
            listed: config.pools.pools_file.clone(),
        };
        let pools = PoolReader::finding(rpc.clone(), clock.clone(), &settings, known);
        let pools = match reached.sockets.clone() {
            Some(sockets) => {
                let slot = settings.pace.slot;
                let socket = AccountSocket::new(sockets, slot, clock.clone(), random.clone());
                pools.told_by(Arc::new(socket))
            }
            None => pools,
        };
        let pools = Arc::new(pools);
        let tokens = config.chain.tokens();
        let listed = tokens.listings().iter().map(|listing| listing.asset);
        let listed = listed.collect();
        let valve = match &reached.endpoints {
            Some(endpoints) => endpoints.valve(),
            None => Arc::new(Valve::shut_at_first(Arc::clone(&clock))),
        };
        let mut router = Router::new(pools.clone(), reached.quote_limit, tokens);
        if let Some(endpoints) = &reached.endpoints
            && endpoints.members().len() > 1
        {
            router = router.with_elsewhere(Arc::new(Elsewhere::than(pools.clone())));
        }
        Ok(Self {
            router: router
                .with_gates(gates_of(config)?)
                .with_limits(limits_of(config)),
            assets: Arc::new(ChainAssets::new(rpc.clone(), clock.clone(), directory)),
            simulation: reached.simulation,
            cluster: reached.cluster,
            sim: reached.sim,
            name: reached.name,
            rpc,
            endpoints: reached.endpoints,
            sockets: reached.sockets,
            births,
            pools,
            uses: None,
            clock,
            random,
            settings,
            listed,
            valve,
        })
    }
}

/// How far routes may reach.
fn limits_of(config: &Config) -> Limits {
    let transactions = &config.transactions;
    Limits {
        legs: transactions.route_max_legs.into(),
        hops: transactions.route_max_hops.into(),
        simulates: config.simulates() == Switch::On,
        lead_seconds: match config.chain.order_venue_mode {
            VenueMode::Sim if config.sim.sim_latency_scale < 1.0 => 0,
            VenueMode::Sim | VenueMode::Live => LEAD_SECONDS_MAX,
        },
        unit_price: match transactions.tx_fee_level {
            FeeLevel::Priced(price) => price,
            FeeLevel::Ranked(_) => UNIT_PRICE_MIN,
        },
    }
}

/// Which pools may be used.
fn gates_of(config: &Config) -> Result<Gates, Invalid> {
    Ok(Gates {
        min_depth: match config.min_depth()? {
            MinDepth::Any => gates::MinDepth::Any,
            MinDepth::Of(depths) => gates::MinDepth::Of(depths),
            MinDepth::TimesOrder(times) => gates::MinDepth::TimesOrder(times),
        },
        max_deviation_bps: config.max_deviation_bps(),
    })
}
