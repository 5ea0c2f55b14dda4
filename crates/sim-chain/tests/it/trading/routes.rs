//! Routes of several legs, from the router's choice to what the ledger says of each.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use amm::{Direction, Pool};
use chain_solana::keys::Wallet;
use chain_solana::settings::{Settings, Simulating};
use dex_router::pools::FoundPool;
use dex_router::request::QuoteRequest;
use dex_router::room::{self, Swap};
use dex_router::router::RouteRequest;
use dex_router::{Limits, Router};
use domain::quote::{Choice, Fill};
use domain::route::Leg;
use domain::transaction::SignedTransaction;
use domain::venue::Program;
use domain::{Asset, BaseUnits, Mint, OrderId, TokenList};
use ports::Landing as _;
use ports::chain::Revert;
use ports::landing::Fate;
use ports::simulation::{Simulation as _, Trade};
use ports::transaction_builder::{Error, Execution, TransactionBuilder as _};
use sim_chain::cluster::GENESIS_HASH;
use uuid::Uuid;

use super::stage::{Stage, settings};
use crate::node::served::SOL;

const PAIR: (Asset, Asset) = (Asset::SOL, Asset::USDC);
const USDT: Asset = Asset::token(
    Mint::literal("Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"),
    6,
);

/// A stage on which nothing is simulated before it is signed.
fn plain() -> Stage {
    let settings = Settings {
        simulating: Simulating::Off,
        ..settings()
    };
    Stage::of(Wallet::of_simulated_cluster(&GENESIS_HASH), settings)
}

async fn choice(stage: &Stage, reach: (usize, usize), sol: u64) -> Choice {
    chosen(stage, reach, PAIR, sol * SOL).await
}

pub(super) async fn chosen(
    stage: &Stage,
    reach: (usize, usize),
    pair: (Asset, Asset),
    amount: u64,
) -> Choice {
    let quote = QuoteRequest {
        asset_in: pair.0,
        asset_out: pair.1,
        amount_in: BaseUnits::new(amount),
        amount_out: None,
    };
    chosen_for(stage, reach, quote).await
}

pub(super) async fn chosen_for(
    stage: &Stage,
    (legs, hops): (usize, usize),
    quote: QuoteRequest,
) -> Choice {
    let tokens = Arc::new(TokenList::mainnet());
    let router = Router::new(stage.pools.clone(), Duration::from_secs(60), tokens);
    let router = router.with_limits(Limits {
        legs,
        hops,
        // Also where nothing is.
        simulates: true,
        ..Limits::ONE_POOL
    });
    router.route(&RouteRequest::of(quote)).await.unwrap().choice
}

pub(super) async fn built(
    stage: &Stage,
    number: u128,
    choice: &Choice,
) -> Result<SignedTransaction, Error> {
    let order = OrderId::new(Uuid::from_u128(number));
    let execution = Execution::of(order, 1, choice).unwrap();
    stage.chain.build(&execution).await
}

fn total(legs: &[Leg], of: fn(&Leg) -> BaseUnits) -> u64 {
    legs.iter().map(|leg| of(leg).get()).sum()
}

/// What a transaction that has landed did, of which each leg did what was quoted: nobody else traded.
pub(super) async fn filled_as_quoted(
    stage: &Stage,
    choice: &Choice,
    built: &SignedTransaction,
) -> Fill {
    let Fate::Landed {
        amount_in,
        amount_out,
        legs,
        receipt,
    } = stage.chain.fate(built).await.unwrap()
    else {
        panic!("it landed")
    };
    let quoted = choice.route.legs().iter();
    let quoted: Vec<_> = quoted.map(|leg| (leg.amount_in, leg.amount_out)).collect();
    assert_eq!(legs, quoted);
    assert_eq!(amount_in, choice.route.amount_in());
    let fill = choice.filled(built.signature.clone(), (amount_in, amount_out), receipt);
    let fill = fill.exchanged(&legs);
    assert_eq!(fill.route, choice.route);
    fill
}

/// Somebody else sells so much SOL into the pool of a leg.
async fn sell_into(stage: &Stage, pool: domain::Address, sol: u64) {
    let trade = Trade {
        pool,
        mint_in: Mint::SOL,
        amount_in: BaseUnits::new(sol * SOL),
    };
    stage.world.trade(&trade).await.unwrap();
    stage.pass_blocks().await;
}

#[tokio::test]
async fn a_divided_order_is_simulated_lands_and_its_receipt_tells_each_legs_real_amounts() {
    let stage = Stage::open();
    let alone = choice(&stage, (1, 1), 5_000).await;
    let choice = choice(&stage, (2, 1), 5_000).await;
    let expected = choice.expected_amount_out;
    assert_eq!(choice.route.legs().len(), 2);
    assert!(expected > alone.expected_amount_out);

    let built = built(&stage, 1, &choice).await.unwrap();
    assert!(built.bytes.len() <= room::BYTES_MAX);
    assert_eq!(stage.land(&built.bytes).await.outcome, Ok(()));

    let fill = filled_as_quoted(&stage, &choice, &built).await;
    assert_eq!(fill.amount_out, expected);
    assert_eq!(fill.receipt.unwrap().leftover, []);
}

/// The token program keeps a tenth of a percent of a PYUSD leg, and of a large one no more than a thousand.
#[tokio::test]
async fn each_leg_of_a_token_with_a_capped_fee_is_told_to_the_unit() {
    let stage = Stage::open();
    let pyusd = TokenList::mainnet().find("PYUSD").unwrap();
    let (pair, most) = ((Asset::SOL, pyusd), 1_000_000_000_000);
    let choice = chosen(&stage, (2, 1), pair, 14_700 * SOL).await;
    let [one, other] = choice.route.legs() else {
        panic!("{choice:?}")
    };
    let paid = [one, other].map(|leg| leg.amount_out.get());
    let is_capped = paid.map(|it| it > most);
    assert_ne!(is_capped[0], is_capped[1], "{paid:?}");

    let built = built(&stage, 1, &choice).await.unwrap();
    assert_eq!(stage.land(&built.bytes).await.outcome, Ok(()));

    filled_as_quoted(&stage, &choice, &built).await;
}

#[tokio::test]
async fn a_leg_that_would_pay_too_little_undoes_the_others() {
    let stage = plain();
    let choice = choice(&stage, (2, 1), 5_000).await;
    let [first, second] = choice.route.legs() else {
        panic!("{choice:?}")
    };
    let held = async |leg: &Leg| {
        let (_, found) = stage.found(PAIR).await;
        let pool = found.into_iter().find(|it| it.pool == leg.pool).unwrap();
        pool.holds
    };
    let built = built(&stage, 1, &choice).await.unwrap();
    sell_into(&stage, second.pool.address.unwrap(), 2_000).await;
    let before = held(first).await;

    let landed = stage.land(&built.bytes).await;

    assert!(landed.outcome.is_err());
    let fate = stage.chain.fate(&built).await.unwrap();
    let Fate::Reverted { reason, .. } = fate else {
        panic!("{fate:?}")
    };
    let Revert::LegPastLimit { leg: 1, limit } = reason else {
        panic!("{reason:?}")
    };
    assert!(limit > BaseUnits::new(0) && limit < second.amount_out);
    assert_eq!(held(first).await, before);
}

#[tokio::test]
async fn a_first_leg_that_pays_less_than_the_second_takes_is_told_as_such() {
    let stage = plain();
    let (_, direct) = stage.found(PAIR).await;
    for pool in &direct {
        sell_into(&stage, pool.pool.address.unwrap(), 3_000).await;
    }
    stage.clock.advance(Duration::from_secs(5));
    let choice = choice(&stage, (2, 2), 100).await;
    let [first, second] = choice.route.legs() else {
        panic!("{choice:?}")
    };
    let built = built(&stage, 1, &choice).await.unwrap();
    sell_into(&stage, first.pool.address.unwrap(), 2_000).await;

    let landed = stage.land(&built.bytes).await;

    assert!(landed.outcome.is_err());
    let fate = stage.chain.fate(&built).await.unwrap();
    let Fate::Reverted { reason, .. } = fate else {
        panic!("{fate:?}")
    };
    let limit = second.amount_in;
    assert_eq!(reason, Revert::LegPastLimit { leg: 0, limit });
}

#[tokio::test]
async fn an_order_goes_over_a_third_token_and_what_stays_behind_is_told() {
    let stage = Stage::open();
    let (_, direct) = stage.found(PAIR).await;
    for pool in &direct {
        sell_into(&stage, pool.pool.address.unwrap(), 3_000).await;
    }
    stage.clock.advance(Duration::from_secs(5));
    let choice = choice(&stage, (2, 2), 100).await;
    let [first, second] = choice.route.legs() else {
        panic!("{choice:?}")
    };
    assert_eq!((first.asset_out, second.asset_in), (USDT, USDT));

    let built = built(&stage, 1, &choice).await.unwrap();
    assert_eq!(stage.land(&built.bytes).await.outcome, Ok(()));

    let Fate::Landed {
        amount_in,
        amount_out,
        legs,
        receipt,
    } = stage.chain.fate(&built).await.unwrap()
    else {
        panic!("it landed")
    };
    assert_eq!(amount_in, BaseUnits::new(100 * SOL));
    assert_eq!(amount_out, choice.expected_amount_out);
    let fill = choice.filled(built.signature.clone(), (amount_in, amount_out), receipt);
    let fill = fill.exchanged(&legs);
    let left = fill.receipt.unwrap().leftover;
    assert_eq!((left.len(), left[0].asset), (1, USDT));
    let kept = first.amount_out.get() - second.amount_in.get();
    assert_eq!(left[0].amount.get(), kept);
    assert!(kept > 0 && kept <= first.amount_out.get() / 1_000);
}

/// Every two pools of the pair, and every three: the router's idea of a transaction's length is never too short, and
/// what it holds for too long does not fit.
#[tokio::test]
async fn the_length_of_a_transaction_is_known_before_it_is_made() {
    let stage = plain();
    for (number, pair) in [PAIR, (PAIR.1, PAIR.0)].into_iter().enumerate() {
        let (slot, found) = stage.found(pair).await;
        let kinds: BTreeSet<Program> = found.iter().map(|it| it.pool.program).collect();
        assert_eq!(kinds.len(), Program::ALL.len());
        for set in 1_u32..(1 << found.len()) {
            let used = found.iter().enumerate();
            let used = used.filter(|(place, _)| set & (1 << place) != 0);
            let used: Vec<&FoundPool> = used.map(|(_, pool)| pool).collect();
            let length = room::length(used.iter().map(|pool| swap(pool, pair)), &[]);
            let known = length.transaction;
            check_room(&used, length);
            let choice = divided(&used, pair, slot);
            let number = u128::from(set) + ((number as u128 + 1) << 64);

            match built(&stage, number, &choice).await {
                Ok(built) => assert_eq!(built.bytes.len(), known, "{used:?}"),
                Err(Error::TooLarge { bytes }) => assert_eq!(bytes, known, "{used:?}"),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Which pools fit together, as the router's page of it says.
#[track_caller]
fn check_room(used: &[&FoundPool], length: room::Length) {
    let has = |program| used.iter().any(|it| it.pool.program == program);
    let longest = length.transaction.max(length.simulation);
    match used.len() {
        1 => assert!(longest <= room::BYTES_MAX, "{longest}"),
        2 if !has(Program::AmmV4) => {
            assert!(length.transaction <= room::BYTES_MAX, "{length:?}");
            if !has(Program::Dlmm) {
                assert!(longest <= room::BYTES_MAX, "{longest}");
            }
        }
        _ => {}
    }
}

pub(super) fn swap(pool: &FoundPool, pair: (Asset, Asset)) -> Swap<'_> {
    let state: &Pool = pool.state.as_deref().unwrap();
    let [input, output] = [pair.0, pair.1].map(|it| amm::Address(*it.mint.address().bytes()));
    Swap {
        pool: state,
        direction: Direction::between(state.mints(), input, output).unwrap(),
        assets: pair,
    }
}

/// One of what is sold into each of these.
pub(super) fn divided(pools: &[&FoundPool], pair: (Asset, Asset), slot: u64) -> Choice {
    let one = 10_u64.pow(pair.0.decimals.into());
    let legs = pools.iter().map(|pool| Leg {
        pool: pool.pool,
        asset_in: pair.0,
        asset_out: pair.1,
        amount_in: BaseUnits::new(one),
        amount_out: BaseUnits::new(1_000),
    });
    let legs: Vec<Leg> = legs.collect();
    Choice {
        expected_amount_out: BaseUnits::new(total(&legs, |leg| leg.amount_out)),
        min_amount_out: BaseUnits::new(1),
        max_amount_in: None,
        route: legs.try_into().unwrap(),
        quoted_at: slot.saturating_sub(1),
    }
}
