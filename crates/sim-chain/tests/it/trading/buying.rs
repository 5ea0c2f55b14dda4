//! Purchases of exact amounts, from the router's choice to what the ledger says, with the pools of all four programs.

use chain_solana::keys::Wallet;
use chain_solana::settings::{Settings, Simulating};
use dex_router::request::QuoteRequest;
use dex_router::room;
use domain::quote::Choice;
use domain::route::{Leg, Route};
use domain::venue::Program;
use domain::{Asset, BaseUnits, OrderId};
use ports::Landing as _;
use ports::chain::Revert;
use ports::landing::Fate;
use ports::simulation::{Simulation as _, Trade};
use ports::transaction_builder::{Error, Execution, TransactionBuilder as _};
use uuid::Uuid;

use sim_chain::cluster::GENESIS_HASH;

use super::routes::{chosen_for, filled_as_quoted};
use super::stage::{Stage, settings};
use crate::node::served::SOL;

const PAIR: (Asset, Asset) = (Asset::SOL, Asset::USDC);
/// Some odd amount of USDC.
const WANTED: u64 = 1_234_567_891;

/// Buys it of the pair's pool of this program, for so many hundredths of a percent more than it asks at most.
async fn choice(stage: &Stage, program: Program, more_bps: u64) -> Choice {
    let (slot, found) = stage.found(PAIR).await;
    let pool = found.iter().find(|it| it.pool.program == program).unwrap();
    let state = pool.state.as_deref().unwrap();
    let at = stage.conditions(state, PAIR).await;
    let asked = state.quote_out(WANTED, &at).unwrap().amount_in;
    Choice {
        route: Route::of(Leg {
            pool: pool.pool,
            asset_in: PAIR.0,
            asset_out: PAIR.1,
            amount_in: BaseUnits::new(asked),
            amount_out: BaseUnits::new(WANTED),
        }),
        expected_amount_out: BaseUnits::new(WANTED),
        min_amount_out: BaseUnits::new(WANTED),
        max_amount_in: Some(BaseUnits::new(asked + asked * more_bps / 10_000)),
        quoted_at: slot,
    }
}

fn execution(number: u128, choice: &Choice) -> Execution {
    let order = OrderId::new(Uuid::from_u128(number));
    Execution::of(order, 1, choice).unwrap()
}

#[tokio::test]
async fn each_program_gives_exactly_what_is_bought_for_what_it_asked() {
    let stage = Stage::open();
    for (number, program) in (1..).zip(Program::ALL) {
        let choice = choice(&stage, program, 50).await;

        let built = stage
            .chain
            .build(&execution(number, &choice))
            .await
            .unwrap();
        assert_eq!(
            stage.land(&built.bytes).await.outcome,
            Ok(()),
            "{program:?}"
        );

        let Fate::Landed {
            amount_in,
            amount_out,
            receipt,
            ..
        } = stage.chain.fate(&built).await.unwrap()
        else {
            panic!("{program:?}: it landed")
        };
        // Nobody else traded: it costs what was quoted, and what was wrapped beyond that came back.
        assert_eq!(amount_out.get(), WANTED, "{program:?}");
        assert_eq!(amount_in, choice.route.amount_in(), "{program:?}");
        let fill = choice.filled(built.signature.clone(), (amount_in, amount_out), receipt);
        assert_eq!(fill.route, choice.route, "{program:?}");
    }
}

#[tokio::test]
async fn a_purchase_that_would_cost_more_than_its_most_is_not_signed() {
    let stage = Stage::open();
    for (number, program) in (1..).zip(Program::ALL) {
        let choice = choice(&stage, program, 10).await;
        // Somebody else buys the pool dearer by some percent.
        let dearer = Trade {
            pool: choice.route.legs()[0].pool.address.unwrap(),
            mint_in: PAIR.0.mint,
            amount_in: BaseUnits::new(2_000 * SOL),
        };
        stage.world.trade(&dearer).await.unwrap();
        stage.pass_blocks().await;

        let refused = stage.chain.build(&execution(number, &choice)).await;

        let expected = Error::WouldFail(Revert::SlippageExceeded);
        assert_eq!(refused, Err(expected), "{program:?}");
    }
}

/// Half a million USDC for SOL: some percent of each pool.
const LARGE: u64 = 500_000_000_000;

async fn bought(stage: &Stage, legs: usize, pair: (Asset, Asset), amount_out: u64) -> Choice {
    let quote = QuoteRequest {
        asset_in: pair.0,
        asset_out: pair.1,
        amount_in: BaseUnits::new(0),
        amount_out: Some(BaseUnits::new(amount_out)),
    };
    chosen_for(stage, (legs, 2), quote).await
}

#[tokio::test]
async fn a_divided_purchase_lands_whole_and_its_receipt_tells_what_each_leg_cost() {
    let stage = Stage::open();
    // With SOL, of which the most is wrapped and the rest comes back, and for SOL.
    let pairs = [(PAIR, LARGE), ((PAIR.1, PAIR.0), 3_000 * SOL)];
    for (number, (pair, wanted)) in (1..).zip(pairs) {
        let alone = bought(&stage, 1, pair, wanted).await;
        let choice = bought(&stage, 2, pair, wanted).await;
        assert_eq!(choice.route.legs().len(), 2);
        assert!(choice.route.amount_in() < alone.route.amount_in());

        let built = stage.chain.build(&execution(number, &choice)).await;
        let built = built.unwrap();
        assert!(built.bytes.len() <= room::BYTES_MAX);
        assert_eq!(stage.land(&built.bytes).await.outcome, Ok(()));

        let fill = filled_as_quoted(&stage, &choice, &built).await;
        assert_eq!(fill.amount_out.get(), wanted);
    }
}

#[tokio::test]
async fn a_leg_that_would_cost_too_much_undoes_a_whole_purchase() {
    let settings = Settings {
        simulating: Simulating::Off,
        ..settings()
    };
    let stage = Stage::of(Wallet::of_simulated_cluster(&GENESIS_HASH), settings);
    let choice = bought(&stage, 2, PAIR, LARGE).await;
    let [_, second] = choice.route.legs() else {
        panic!("{choice:?}")
    };
    let built = stage.chain.build(&execution(1, &choice)).await.unwrap();
    let dearer = Trade {
        pool: second.pool.address.unwrap(),
        mint_in: PAIR.0.mint,
        amount_in: BaseUnits::new(2_000 * SOL),
    };
    stage.world.trade(&dearer).await.unwrap();
    stage.pass_blocks().await;

    assert!(stage.land(&built.bytes).await.outcome.is_err());

    let fate = stage.chain.fate(&built).await.unwrap();
    let Fate::Reverted { reason, .. } = fate else {
        panic!("{fate:?}")
    };
    // More than it was quoted at, and less than the whole purchase may cost.
    let most = choice.max_amount_in.unwrap();
    let is_its_part = |limit| (second.amount_in..most).contains(&limit);
    assert!(
        matches!(reason, Revert::LegPastLimit { leg: 1, limit } if is_its_part(limit)),
        "{reason:?}"
    );
}
