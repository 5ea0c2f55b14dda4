//! The simulated world as one thing: cluster and market, with what goes wrong on purpose.

mod placing;
mod simulation;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ports::{Clock, Random, Shutdown};
use solana_address::Address;

use crate::bank::Runtime;
use crate::cluster::{self, Cluster, Founding, GENESIS_HASH, OpenBlock, Settings, Trader};
use crate::market::{self, Failed, Market, Mode, NotOpened};
use crate::rpc::SimRpc;
use crate::service::{Service, ServiceSettings};

/// How many blocks pass between two looks at whether the engine's wallet has to be filled up.
const TOP_UP_BLOCKS: u64 = 16;

/// What a simulated world is made from.
#[derive(Debug, Clone)]
pub struct SimConfig {
    /// Multiplies every delay and the time of a slot; 0 means no delays.
    pub latency_scale: f64,
    /// The chance, drawn for each call, that it fails in a retryable way.
    pub failure_rate: f64,
    /// Determines prices, delays and failures. Without one the ledger's own seed is used; a fresh ledger draws one.
    pub seed: Option<u64>,
    pub market: Mode,
    /// The engine's wallets beside the one that is always there.
    pub wallets: Vec<domain::Address>,
    /// How many blocks after it is confirmed a block is finalized.
    pub finality_blocks: u64,
    /// The ledger's file. Without one everything is in memory.
    pub ledger_path: Option<PathBuf>,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            latency_scale: 1.0,
            failure_rate: 0.0,
            seed: None,
            market: Mode::Moving,
            wallets: Vec::new(),
            finality_blocks: Settings::default().finality_blocks,
            ledger_path: None,
        }
    }
}

/// Why a world cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Chain(#[from] cluster::OpenError),
    #[error(transparent)]
    Market(#[from] NotOpened),
}

/// A cluster with its market.
#[derive(Debug)]
pub struct World {
    cluster: Arc<Cluster>,
    market: Arc<Tending>,
    service: Arc<Service>,
}

impl World {
    /// Opens the world where its ledger left it, or makes a new one.
    pub fn open(
        config: &SimConfig,
        clock: Arc<dyn Clock>,
        random: &Random,
        shutdown: &Shutdown,
    ) -> Result<Arc<Self>, OpenError> {
        Self::open_on(None, config, clock, random, shutdown)
    }

    /// The same, where another runtime executes its transactions.
    pub fn open_on(
        runtime: Option<Arc<dyn Runtime>>,
        config: &SimConfig,
        clock: Arc<dyn Clock>,
        random: &Random,
        shutdown: &Shutdown,
    ) -> Result<Arc<Self>, OpenError> {
        let settings = Settings {
            latency_scale: config.latency_scale,
            finality_blocks: config.finality_blocks,
            ..Settings::default()
        };
        let path = config.ledger_path.as_deref();
        let mut founding = Founding::open(settings, path, config.seed, clock.clone(), random)?;
        if let Some(runtime) = runtime {
            founding.bank_mut().set_runtime(runtime);
        }
        let height = founding.height();
        if config.seed.is_none() && founding.is_new() {
            founding.set_seed(market::seed_from(founding.seed(), height));
        }
        let seed = founding.seed();
        let mut market = Market::open(
            founding.bank_mut(),
            &GENESIS_HASH,
            seed,
            config.market,
            height,
        )?;
        let wallets = config.wallets.iter();
        let wallets: Vec<Address> = wallets.map(|it| Address::from(*it.bytes())).collect();
        market.fill_up_too(&wallets);
        // What came since the last start has nothing yet.
        let filled_at = if config.wallets.is_empty() { height } else { 0 };
        let cluster = founding.finish()?;
        let market = Arc::new(Tending(Mutex::new(Tended { market, filled_at })));
        cluster.set_trader(market.clone());
        let settings = ServiceSettings {
            latency_scale: config.latency_scale,
            failure_rate: config.failure_rate,
            seed,
            shutdown: shutdown.clone(),
        };
        Ok(Arc::new(Self {
            service: Service::new(cluster.clone(), settings, clock),
            cluster,
            market,
        }))
    }

    /// The cluster.
    #[must_use]
    pub const fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// The cluster as clients reach it, for a node that serves it.
    #[must_use]
    pub const fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// The cluster as the engine asks it in this process.
    #[must_use]
    pub fn rpc(&self) -> Arc<dyn chain_solana::Rpc> {
        Arc::new(SimRpc::new(self.service.clone()))
    }
}

/// The market, for a cluster that is looked at.
#[derive(Debug)]
struct Tending(Mutex<Tended>);

#[derive(Debug)]
struct Tended {
    market: Market,
    /// At which height the engine's wallet was last looked at.
    filled_at: u64,
}

impl Tending {
    /// The cluster is always locked before it.
    fn lock(&self) -> MutexGuard<'_, Tended> {
        // A panic leaves the market with whole pools: it only remembers when it looked after them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trader for Tending {
    fn touch(&self, block: &mut OpenBlock<'_>, keys: &[Address]) -> u64 {
        let mut tended = self.lock();
        let height = block.height();
        for processed in tended.market.touch(block.bank_mut(), keys, height) {
            block.add(processed);
        }
        if height.saturating_sub(tended.filled_at) >= TOP_UP_BLOCKS {
            tended.filled_at = height;
            if let Err(error) = tended.fill_up(block) {
                tracing::error!(%error, "the engine's wallet cannot be filled up");
            }
        }
        tended.market.shown_from(keys)
    }
}

impl Tended {
    fn fill_up(&mut self, block: &mut OpenBlock<'_>) -> Result<(), Failed> {
        for processed in self.market.top_up(block.bank_mut())? {
            block.add(processed);
        }
        Ok(())
    }
}
