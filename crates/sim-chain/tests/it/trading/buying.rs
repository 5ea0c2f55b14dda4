//! Purchases of exact amounts, from the router's choice to what the ledger says, with the pools of all four programs.

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

use super::stage::Stage;
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
