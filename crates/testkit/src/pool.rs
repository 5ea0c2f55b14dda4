//! A pool of Raydium's CPMM as the program keeps it, for tests that need a price and no chain.

use std::sync::Arc;

use amm::cpmm::Deployment;
use amm::cpmm::account::{ConfigAccount, PoolAccount};
use amm::cpmm::state::State;
use amm::{ChainTime, Pool};
use dex_router::pools::{FoundPool, Holds, MintFacts, PairPools};
use domain::route::PoolRef;
use domain::venue::Program;
use domain::{Address, BaseUnits, Mint};

/// What the pool charges, in millionths.
pub const FEE_PPM: u64 = 2_500;

/// An open pool that holds so much of each mint.
#[must_use]
pub fn pool(address: Address, holding: [(Mint, u64); 2]) -> FoundPool {
    let [one, other] = holding;
    let [first, second] = if one.0 < other.0 {
        [one, other]
    } else {
        [other, one]
    };
    let mut account = PoolAccount::empty();
    for (field, (mint, _)) in [
        (PoolAccount::MINT_FIRST, first),
        (PoolAccount::MINT_SECOND, second),
    ] {
        account.set(field, amm::Address(*mint.address().bytes()));
    }
    let mut config = ConfigAccount::empty();
    config.set(ConfigAccount::TRADE_FEE_RATE, FEE_PPM);
    let pool = account
        .pool(&config, (first.1, second.1))
        .expect("invariant: an account without fees owed is a pool");
    let state = State {
        deployment: Deployment::MAINNET,
        address: amm::Address(*address.bytes()),
        account,
        config,
        observation: None,
        pool,
    };
    FoundPool {
        pool: PoolRef {
            program: Program::Cpmm,
            address: Some(address),
        },
        state: Ok(Arc::new(Pool::Cpmm(state))),
        holds: Some(Holds(
            holding.map(|(mint, amount)| (mint, BaseUnits::new(amount))),
        )),
    }
}

/// What a venue has in a slot, of mints whose transfers cost nothing.
#[must_use]
pub fn pair_pools(slot: u64, pools: Vec<FoundPool>) -> PairPools {
    PairPools {
        slot,
        now: ChainTime {
            slot,
            epoch: 810,
            unix_time: 1_780_000_000,
        },
        mints: Some((MintFacts::default(), MintFacts::default())),
        pools: pools.into(),
        lead_seconds: 0,
    }
}
