//! Pools for tests, and a source that has them.

use std::collections::BTreeMap;

use amm::dlmm::quote::{Bin, FeeCollection, Parameters, Volatility};
use amm::{Address, ChainTime, Pool, amm_v4, cpmm, damm_v2, dlmm};
use async_trait::async_trait;
use domain::Mint;
use domain::route::PoolRef;
use domain::venue::Program;

use super::super::*;
use crate::pools::{FoundPool, Holds, MintFacts, PairPools};

/// One SOL, which most tests sell.
pub(super) const SOL: u64 = 1_000_000_000;
pub(super) const NOW: ChainTime = ChainTime {
    slot: 350_000_000,
    epoch: 810,
    unix_time: 1_780_000_000,
};

fn mints() -> (Address, Address) {
    [Asset::SOL, Asset::USDC]
        .map(|asset| Address(*asset.mint.address().bytes()))
        .into()
}

pub(super) fn cpmm_of(sol: u64, usdc: u64) -> cpmm::state::State {
    let mut account = cpmm::account::PoolAccount::empty();
    account.set(cpmm::account::PoolAccount::MINT_FIRST, mints().0);
    account.set(cpmm::account::PoolAccount::MINT_SECOND, mints().1);
    cpmm::state::State {
        deployment: cpmm::Deployment::MAINNET,
        address: Address([1; 32]),
        account,
        config: cpmm::account::ConfigAccount::empty(),
        observation: None,
        pool: cpmm::quote::Pool::with_trade_fee(sol, usdc, 2_500),
    }
}

/// A CPMM pool that takes 0.25 %.
pub(super) fn cpmm(sol: u64, usdc: u64) -> Pool {
    Pool::Cpmm(cpmm_of(sol, usdc))
}

/// A CPMM pool that opens in a minute.
pub(super) fn opening(sol: u64, usdc: u64) -> Pool {
    let mut state = cpmm_of(sol, usdc);
    state.pool.open_time = NOW.unix_time + 60;
    Pool::Cpmm(state)
}

/// An AMM v4 pool that takes 0.25 %.
pub(super) fn amm_v4(sol: u64, usdc: u64) -> Pool {
    let mut account = amm_v4::account::PoolAccount::empty();
    account.set(amm_v4::account::PoolAccount::MINT_COIN, mints().0);
    account.set(amm_v4::account::PoolAccount::MINT_PC, mints().1);
    Pool::AmmV4(amm_v4::state::State {
        deployment: amm_v4::Deployment::MAINNET,
        address: Address([2; 32]),
        account,
        pool: amm_v4::quote::Pool {
            vault_coin: sol.into(),
            vault_pc: usdc.into(),
            need_take_pnl_coin: 0,
            need_take_pnl_pc: 0,
            swap_fee_numerator: 25,
            swap_fee_denominator: 10_000,
            status: amm_v4::quote::Status::Open,
        },
    })
}

/// A DAMM v2 pool that takes 0.3 %, with the tokens the other way round.
pub(super) fn damm_v2(sol: u64, usdc: u64) -> Pool {
    let mut account = damm_v2::account::PoolAccount::empty();
    account.set(damm_v2::account::PoolAccount::MINT_FIRST, mints().1);
    account.set(damm_v2::account::PoolAccount::MINT_SECOND, mints().0);
    Pool::DammV2(damm_v2::state::State {
        deployment: damm_v2::Deployment::MAINNET,
        address: Address([3; 32]),
        account,
        pool: damm_v2::quote::Pool::from_reserves(usdc, sol, 3_000_000).unwrap(),
    })
}

/// A DLMM pair that takes 0.2 % and holds so much USDC in its only bin, at one for one thousandth of a SOL.
pub(super) fn dlmm(usdc: u64) -> Pool {
    let mut account = dlmm::account::PairAccount::empty();
    account.set(dlmm::account::PairAccount::MINT_FIRST, mints().0);
    account.set(dlmm::account::PairAccount::MINT_SECOND, mints().1);
    let price = dlmm::quote::price(0, 20).unwrap();
    Pool::Dlmm(dlmm::state::State {
        deployment: dlmm::Deployment::MAINNET,
        address: Address([4; 32]),
        account,
        arrays: BTreeMap::new(),
        oracle: None,
        pool: dlmm::quote::Pool {
            parameters: Parameters {
                base_factor: 10_000,
                base_fee_power: 0,
                filter_period: 30,
                decay_period: 600,
                reduction_factor: 5_000,
                variable_fee_control: 0,
                max_volatility_accumulator: 350_000,
                protocol_share_bps: 500,
            },
            volatility: Volatility::default(),
            active_id: 0,
            bin_step: 20,
            collection: FeeCollection::InputToken,
            limit_orders: false,
            activation: None,
            enabled: true,
            bins: [(0, Bin::provided(0, usdc, price).unwrap())]
                .into_iter()
                .collect(),
            missing_arrays: std::collections::BTreeSet::new(),
        },
    })
}

/// The pool at an address that is this number.
pub(super) fn at(number: u8, pool: Pool) -> FoundPool {
    let program = match &pool {
        Pool::Cpmm(_) => Program::Cpmm,
        Pool::AmmV4(_) => Program::AmmV4,
        Pool::DammV2(_) => Program::DammV2,
        Pool::Dlmm(_) => Program::Dlmm,
    };
    FoundPool {
        pool: pool_ref(program, number),
        state: Ok(Arc::new(pool)),
        holds: None,
    }
}

/// The same with what it holds.
pub(super) fn holding(pool: FoundPool, sol: u64, usdc: u64) -> FoundPool {
    let held = [(Mint::SOL, sol), (Asset::USDC.mint, usdc)];
    FoundPool {
        holds: Some(Holds(
            held.map(|(mint, amount)| (mint, BaseUnits::new(amount))),
        )),
        ..pool
    }
}

pub(super) fn pool_ref(program: Program, number: u8) -> PoolRef {
    PoolRef {
        program,
        address: Some(domain::Address::new([number; 32])),
    }
}

/// What one venue answers, and after which time.
#[derive(Debug, Clone)]
pub(super) struct Answering {
    pub(super) pools: Result<PairPools, Unavailable>,
    pub(super) after: Duration,
}

pub(super) fn has(pools: Vec<FoundPool>) -> Answering {
    Answering {
        pools: Ok(PairPools {
            slot: 1_000,
            now: NOW,
            mints: Some(<(MintFacts, MintFacts)>::default()),
            pools: pools.into(),
            lead_seconds: 0,
        }),
        after: Duration::ZERO,
    }
}

pub(super) fn fails(why: &str) -> Answering {
    Answering {
        pools: Err(Unavailable(why.to_owned())),
        after: Duration::ZERO,
    }
}

impl Answering {
    pub(super) fn after_ms(self, millis: u64) -> Self {
        let after = Duration::from_millis(millis);
        Self { after, ..self }
    }

    pub(super) fn in_slot(mut self, slot: u64) -> Self {
        self.pools.as_mut().unwrap().slot = slot;
        self
    }

    pub(super) fn with_mints(mut self, mints: (MintFacts, MintFacts)) -> Self {
        self.pools.as_mut().unwrap().mints = Some(mints);
        self
    }
}

/// Raydium's answer and Meteora's.
#[derive(Debug)]
pub(super) struct Scripted {
    pub(super) raydium: Answering,
    pub(super) meteora: Answering,
}

#[async_trait]
impl PoolSource for Scripted {
    async fn pools(&self, venue: Venue, pair: (Mint, Mint)) -> Result<PairPools, Unavailable> {
        assert!(pair == (Asset::SOL.mint, Asset::USDC.mint) || pair.0 == Asset::USDC.mint);
        let answering = match venue {
            Venue::Raydium => &self.raydium,
            Venue::Meteora => &self.meteora,
        };
        tokio::time::sleep(answering.after).await;
        answering.pools.clone()
    }

    fn doubt(&self, _: (Mint, Mint)) {}
}

pub(super) fn router(raydium: Answering, meteora: Answering) -> Router {
    let source = Scripted { raydium, meteora };
    let tokens = Arc::new(TokenList::mainnet());
    Router::new(Arc::new(source), Duration::from_secs(1), tokens)
}

pub(super) fn request() -> RouteRequest {
    RouteRequest::of(QuoteRequest {
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(SOL),
        amount_out: None,
    })
}
