//! A cluster, several endpoints of it with faults of their own, and the engine's way to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chain_solana::keys::Wallet;
use chain_solana::pools::PoolReader;
use chain_solana::rpc::{At, Blockhash, Error, Signature, View};
use chain_solana::{Endpoints, Rpc, Settings, SolanaChain};
use domain::transaction::{Height, SignedTransaction};
use domain::venue::Program;
use domain::{Asset, BaseUnits};
use ports::landing::Fate;
use ports::simulation::Faults;
use ports::{Random, Shutdown, TransactionBuilder as _, transaction_builder};
use sim_chain::bank::address;
use sim_chain::cluster::{Commitment, GENESIS_HASH};
use sim_chain::market::Mode;
use sim_chain::service::{Service, ServiceSettings};
use sim_chain::{SimConfig, World};
use testkit::ManualClock;
use tokio::task::JoinSet;

use super::memory::{Memory, Trait};
use crate::execution;
use crate::node::served::SOL;
use crate::rpc::stand::Way;
use crate::twisted::Twisted;

const SLOT: Duration = Duration::from_millis(20);
/// The cluster's age in slots. It skips one of 32.
const OLD: u32 = 4_000;

pub(super) struct Scene {
    pub(super) chain: SolanaChain,
    world: Arc<World>,
    clock: Arc<ManualClock>,
    services: Vec<Arc<Service>>,
    endpoints: Arc<Endpoints>,
    is_blind: Arc<AtomicBool>,
    held_from: Arc<AtomicU64>,
    pool: domain::Address,
    signed: AtomicU64,
    _running: JoinSet<()>,
    _servers: Vec<JoinSet<std::io::Result<()>>>,
}

impl Scene {
    /// An endpoint for each trait.
    pub(super) async fn new(traits: &[Trait], way: Way) -> Self {
        let clock = Arc::new(ManualClock::default());
        let config = SimConfig {
            latency_scale: 0.0,
            market: Mode::Still,
            ..SimConfig::default()
        };
        let shutdown = Shutdown::new();
        let random = Random::seeded(5);
        let world = World::open(&config, clock.clone(), &random, &shutdown).unwrap();
        let (is_blind, held_from) = (Arc::default(), Arc::default());
        let (mut services, mut servers, mut endpoints) = (Vec::new(), Vec::new(), Vec::new());
        for (place, of) in traits.iter().enumerate() {
            let settings = ServiceSettings {
                latency_scale: 0.0,
                failure_rate: 0.0,
                seed: 5,
                shutdown: shutdown.clone(),
            };
            let service = Service::new(world.cluster().clone(), settings, clock.clone());
            let (rpc, server) = way.to(&service, Duration::from_secs(20));
            servers.push(server);
            let twist = Arc::new(Memory {
                of: *of,
                is_blind: Arc::clone(&is_blind),
                held_from: Arc::clone(&held_from),
            });
            services.push(service);
            let endpoint: Arc<dyn Rpc> = Arc::new(Twisted { rpc, twist });
            endpoints.push((format!("endpoint{place}"), endpoint));
        }
        let endpoints = Endpoints::new(endpoints, GENESIS_HASH, clock.clone()).unwrap();
        let endpoints = Arc::new(endpoints);
        let settings = Settings::simulated(0.0);
        let pools = PoolReader::new(world.rpc(), clock.clone(), &settings);
        let chain = SolanaChain::new(
            Arc::new(pools),
            endpoints.clone(),
            Arc::new(Wallet::of_simulated_cluster(&GENESIS_HASH)),
            clock.clone(),
            settings,
        );
        let mut running = JoinSet::new();
        if traits.len() > 1 {
            let watched = endpoints.clone();
            running.spawn(async move { watched.watch().await });
        }
        let scene = Self {
            chain: chain.with_witnesses(&endpoints),
            pool: pool(&world),
            world,
            clock,
            services,
            endpoints,
            is_blind,
            held_from,
            signed: AtomicU64::new(0),
            _running: running,
            _servers: servers,
        };
        // So that heights are far enough behind slots.
        scene.pass(OLD).await;
        scene
    }

    /// Lets slots pass.
    pub(super) async fn pass(&self, slots: u32) {
        self.wait(SLOT * slots).await;
    }

    pub(super) async fn wait(&self, time: Duration) {
        // Long times in steps, so that nobody sleeps through all of them.
        let steps = time.as_millis().div_ceil(SLOT.as_millis()).clamp(1, 400);
        for _ in 0..steps {
            self.clock.advance(time / u32::try_from(steps).unwrap());
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
        }
    }

    pub(super) fn set(&self, endpoint: usize, change: impl FnOnce(&mut Faults)) {
        let mut faults = Faults::default();
        change(&mut faults);
        self.services[endpoint].set_faults(&faults);
    }

    /// An endpoint does not answer the next look at it, and is back right after that.
    pub(super) async fn fail_once(&self, endpoint: usize) {
        self.set(endpoint, |faults| faults.outage = true);
        self.wait(Duration::from_secs(2)).await;
        assert!(self.endpoints.members()[endpoint].is_away());
        self.set(endpoint, |_| {});
    }

    /// What an endpoint is sent is executed at this height.
    pub(super) fn hold(&self, endpoint: usize, height: Height) {
        let faults = self.services[endpoint].planned();
        faults.hold_next_until(1_000, height);
    }

    /// Those that can be blind see nothing of any transaction, or see again.
    pub(super) fn make_blind(&self, is_blind: bool) {
        self.is_blind.store(is_blind, Ordering::Relaxed);
    }

    /// Those that can lose their history lose it up to a moment ago.
    pub(super) fn purge(&self) {
        let slot = self.world.cluster().in_block(|block| block.slot());
        self.held_from.store(slot - 400, Ordering::Relaxed);
    }

    /// What is final.
    pub(super) fn height(&self) -> u64 {
        let cluster = self.world.cluster();
        cluster.read(Commitment::Finalized, |chain| chain.height())
    }

    pub(super) fn landed_at(&self, transaction: &SignedTransaction) -> Option<u64> {
        let signature = transaction.signature.as_str().parse().unwrap();
        self.world.cluster().read(Commitment::Finalized, |chain| {
            let landed = chain.history().by_signature(&signature)?;
            Some(chain.header(landed.slot).height)
        })
    }

    pub(super) async fn hash(&self) -> Result<At<Blockhash>, Error> {
        self.endpoints.latest_blockhash(View::CONFIRMED).await
    }

    /// Hands its bytes to all endpoints, once.
    pub(super) async fn send(&self, transaction: &SignedTransaction) -> Result<Signature, Error> {
        self.endpoints.send(&transaction.bytes).await
    }

    /// One more transaction of the engine's, which nobody has sent yet.
    pub(super) async fn signed(&self) -> SignedTransaction {
        self.signed_for(1).await
    }

    /// The same, which will be rolled back: it asks for more than the pool can pay.
    pub(super) async fn signed_in_vain(&self) -> SignedTransaction {
        self.signed_for(u64::MAX / 2).await
    }

    async fn signed_for(&self, least: u64) -> SignedTransaction {
        // Not over the last one's blockhash.
        self.pass(10).await;
        let number = self.signed.fetch_add(1, Ordering::Relaxed) + 1;
        let pool = (Program::Cpmm, self.pool);
        let mut sale = execution::sale(number, pool, (Asset::SOL, Asset::USDC), SOL);
        sale.legs[0].min_amount_out = BaseUnits::new(least);
        for _ in 0..TRIES_MAX {
            // A blockhash that an honest endpoint gives makes no sense beside a height that another one lied about: it
            // is asked for again, as for an order.
            match self.chain.build(&sale).await {
                Err(
                    transaction_builder::Error::Unavailable(_)
                    | transaction_builder::Error::Outdated(_),
                ) => self.pass(1).await,
                built => return built.unwrap(),
            }
        }
        panic!("nothing was built in {TRIES_MAX} tries")
    }
}

/// Tries to build a transaction.
const TRIES_MAX: u32 = 10;

/// The CPMM pool of SOL and USDC.
fn pool(world: &World) -> domain::Address {
    let (sol, usdc) = (Asset::SOL.mint.address(), Asset::USDC.mint.address());
    let is_it = |data: &[u8]| {
        data.len() == 637 && data[168..200] == *sol.bytes() && data[200..232] == *usdc.bytes()
    };
    world.cluster().in_block(|block| {
        let mut accounts = block.bank().accounts().iter();
        let found = accounts.find(|(_, it)| it.owner == address::RAYDIUM_CPMM && is_it(&it.data));
        domain::Address::new(found.unwrap().0.to_bytes())
    })
}

pub(super) fn is_landed(fate: &Fate) -> bool {
    matches!(fate, Fate::Landed { .. })
}
