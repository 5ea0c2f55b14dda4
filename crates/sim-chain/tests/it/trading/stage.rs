//! A quiet market on a clock that stands still, and a builder that asks it through somebody who may lie.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amm::token::TransferFees;
use amm::{Address, Conditions, Direction, Pool};
use async_trait::async_trait;
use chain_solana::fees::FeePolicy;
use chain_solana::keys::Wallet;
use chain_solana::rpc::{At, Error, History, Lamports, Rpc, Simulated, SimulationRequest, Status};
use chain_solana::settings::{Settings, Simulating};
use chain_solana::{PoolReader, SolanaChain};
use dex_router::PoolSource as _;
use dex_router::pools::FoundPool;
use domain::fee::UnitPrice;
use domain::{Asset, BaseUnits, FeeLevel, Venue};
use ports::simulation::{Simulation as _, Trade};
use ports::transaction_builder::Execution;
use ports::{Random, Shutdown};
use sim_chain::cluster::GENESIS_HASH;
use sim_chain::market::Mode;
use sim_chain::{SimConfig, World};
use testkit::ManualClock;

use crate::execution;
use crate::twisted::{Twist, Twisted};

/// What is wrong with the next simulations, one after the other; those after them are right.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lie {
    /// Nothing.
    Truth,
    /// The program that holds this pool pays so many units more or less.
    Pays(domain::Address, i64),
    /// Before it, somebody else trades with this pool.
    Traded(domain::Address),
}

/// Somebody who may lie about simulations.
#[derive(Debug)]
pub(super) struct Liar {
    world: Arc<World>,
    clock: Arc<ManualClock>,
    lies: Mutex<VecDeque<Lie>>,
    /// How often it simulated.
    asked: Mutex<usize>,
}

pub(super) struct Stage {
    pub(super) world: Arc<World>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) liar: Arc<Liar>,
    pub(super) pools: Arc<PoolReader>,
    pub(super) chain: SolanaChain,
    pub(super) rpc: Arc<dyn Rpc>,
}

pub(super) fn settings() -> Settings {
    Settings {
        simulating: Simulating::On,
        // One price: nothing is asked about others'.
        fees: FeePolicy {
            level: FeeLevel::Priced(UnitPrice::new(10_000).unwrap()),
            most: Lamports::new(1_000_000),
        },
        shared_for: Duration::ZERO,
        ..Settings::simulated(0.0)
    }
}

impl Stage {
    /// The engine's wallet.
    pub(super) fn open() -> Self {
        let wallet = Wallet::of_simulated_cluster(&GENESIS_HASH);
        Self::of(wallet, settings())
    }

    pub(super) fn of(wallet: Wallet, settings: Settings) -> Self {
        Self::in_market(Mode::Still, wallet, settings)
    }

    pub(super) fn in_market(market: Mode, wallet: Wallet, settings: Settings) -> Self {
        let config = SimConfig {
            latency_scale: 0.0,
            seed: Some(7),
            market,
            ..SimConfig::default()
        };
        let clock = Arc::<ManualClock>::default();
        let shutdown = Shutdown::new();
        let world = World::open(&config, clock.clone(), &Random::seeded(7), &shutdown).unwrap();
        let liar = Arc::new(Liar {
            world: world.clone(),
            clock: clock.clone(),
            lies: Mutex::default(),
            asked: Mutex::default(),
        });
        let rpc: Arc<dyn Rpc> = Arc::new(Twisted {
            rpc: world.rpc(),
            twist: liar.clone(),
        });
        let pools = Arc::new(PoolReader::new(rpc.clone(), clock.clone(), &settings));
        let wallet = Arc::new(wallet);
        let chain = SolanaChain::new(pools.clone(), rpc.clone(), wallet, clock.clone(), settings);
        Self {
            world,
            clock,
            liar,
            pools,
            chain,
            rpc,
        }
    }

    /// Every pool of two assets, with the slot they were read at.
    pub(super) async fn found(&self, pair: (Asset, Asset)) -> (u64, Vec<FoundPool>) {
        let mut found = (0, Vec::new());
        for venue in Venue::ALL {
            let pools = self.pools.pools(venue, (pair.0.mint, pair.1.mint)).await;
            let pools = pools.unwrap();
            found.0 = found.0.max(pools.slot);
            found.1.extend(pools.pools.iter().cloned());
        }
        found
    }

    /// What quotes of a pool follow from beside it.
    pub(super) async fn conditions(&self, pool: &Pool, pair: (Asset, Asset)) -> Conditions {
        let venue = match pool {
            Pool::Cpmm(_) | Pool::AmmV4(_) => Venue::Raydium,
            Pool::DammV2(_) | Pool::Dlmm(_) => Venue::Meteora,
        };
        let pools = self.pools.pools(venue, (pair.0.mint, pair.1.mint)).await;
        let [input, output] = [pair.0, pair.1].map(|it| Address(*it.mint.address().bytes()));
        Conditions {
            direction: Direction::between(pool.mints(), input, output).unwrap(),
            transfer_fees: TransferFees::default(),
            now: pools.unwrap().now,
        }
    }

    /// A sale of so much into one pool.
    pub(super) fn sale(
        &self,
        number: u32,
        pool: &FoundPool,
        pair: (Asset, Asset),
        amount: u64,
    ) -> Execution {
        let pool = (pool.pool.program, pool.pool.address.unwrap());
        execution::sale(number.into(), pool, pair, amount)
    }

    /// Lets a block pass, so that what was sent before is confirmed.
    pub(super) async fn pass_blocks(&self) {
        pass_blocks(&self.world, &self.clock).await;
    }

    /// Sends a transaction, and waits for what it ends with.
    pub(super) async fn land(&self, bytes: &[u8]) -> Status {
        let signature = self.rpc.send(bytes).await.unwrap();
        self.pass_blocks().await;
        let signatures = [signature];
        let known = self.rpc.signature_statuses(&signatures, History::Recent);
        known.await.unwrap().value[0].clone().unwrap()
    }
}

async fn pass_blocks(world: &World, clock: &ManualClock) {
    for _ in 0..3 {
        // Of two slots at least one has a block.
        clock.advance(Duration::from_millis(40));
        world.cluster().settled().await;
    }
}

impl Liar {
    pub(super) fn lie(&self, lies: impl IntoIterator<Item = Lie>) {
        self.lies.lock().unwrap().extend(lies);
    }

    /// How often it simulated since it was last asked this.
    pub(super) fn asked(&self) -> usize {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    async fn trade(&self, pool: domain::Address) {
        let trade = Trade {
            pool,
            mint_in: Asset::USDC.mint,
            amount_in: BaseUnits::new(5_000_000_000),
        };
        self.world.trade(&trade).await.unwrap();
        pass_blocks(&self.world, &self.clock).await;
    }
}

/// What a transaction names, it names somewhere in its bytes.
fn names(bytes: &[u8], address: domain::Address) -> bool {
    bytes.windows(32).any(|it| it == address.bytes())
}

#[async_trait]
impl Twist for Liar {
    async fn simulate(
        &self,
        rpc: &dyn Rpc,
        request: &SimulationRequest<'_>,
    ) -> Result<At<Simulated>, Error> {
        *self.asked.lock().unwrap() += 1;
        let lie = self.lies.lock().unwrap().pop_front().unwrap_or(Lie::Truth);
        if let Lie::Traded(pool) = lie {
            self.trade(pool).await;
        }
        let mut answer = rpc.simulate(request).await?;
        if let Lie::Pays(pool, more) = lie
            && names(request.transaction, pool)
            && let Some(Some(account)) = answer.value.accounts.first_mut()
        {
            let (_, rest) = account.data.split_at_mut(64);
            let amount = rest.first_chunk_mut::<8>().unwrap();
            let paid = u64::from_le_bytes(*amount)
                .checked_add_signed(more)
                .unwrap();
            *amount = paid.to_le_bytes();
        }
        Ok(answer)
    }
}
