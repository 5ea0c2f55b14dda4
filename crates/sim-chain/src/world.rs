//! The simulated world as one thing: cluster and market, with what goes wrong on purpose.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ports::simulation::Faults;
use ports::{Clock, Random, Shutdown};
use solana_address::Address;

use crate::cluster::{Cluster, GENESIS_HASH, Genesis, OpenBlock, Settings, Trader};
use crate::market::{Market, Mode, NotOpened};
use crate::rpc::SimRpc;
use crate::service::{Service, ServiceSettings};

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
            finality_blocks: Settings::default().finality_blocks,
            ledger_path: None,
        }
    }
}

/// A cluster with its market.
#[derive(Debug)]
pub struct World {
    cluster: Arc<Cluster>,
    service: Arc<Service>,
}

impl World {
    /// Opens the world where its ledger left it, or makes a new one.
    pub fn open(
        config: &SimConfig,
        clock: Arc<dyn Clock>,
        random: &Random,
        shutdown: &Shutdown,
    ) -> Result<Arc<Self>, NotOpened> {
        let settings = Settings {
            latency_scale: config.latency_scale,
            finality_blocks: config.finality_blocks,
            ..Settings::default()
        };
        let seed = config.seed.unwrap_or_else(|| random.bits());
        let cluster = Cluster::new(settings, Genesis::default(), clock.clone(), random);
        let market = cluster.in_block(|block| {
            let height = block.height();
            Market::open(block.bank_mut(), &GENESIS_HASH, seed, config.market, height)
        })?;
        cluster.set_trader(Arc::new(Tending(Mutex::new(market))));
        let settings = ServiceSettings {
            latency_scale: config.latency_scale,
            failure_rate: config.failure_rate,
            seed,
            shutdown: shutdown.clone(),
        };
        let service = Service::new(cluster.clone(), settings, clock);
        Ok(Arc::new(Self { cluster, service }))
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

    /// Lets these go wrong from now on, and nothing else.
    pub fn set_faults(&self, faults: &Faults) {
        self.service.set_faults(faults);
    }
}

/// The market, for a cluster that is looked at.
#[derive(Debug)]
struct Tending(Mutex<Market>);

impl Trader for Tending {
    fn touch(&self, block: &mut OpenBlock<'_>, keys: &[Address]) {
        // A panic leaves the market with whole pools: it only remembers when it looked after them.
        let mut market = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let height = block.height();
        for landed in market.touch(block.bank_mut(), keys, height) {
            block.add(landed);
        }
    }
}
