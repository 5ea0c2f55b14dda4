use domain::event::{Failure, FailureCode};
use domain::landing::LandingReport;
use domain::order::{OrderType, Terms};
use domain::quote::{Decision, Fill, Receipt};
use domain::route::{Leg, PoolRef};
use domain::transaction::Signature;
use domain::venue::{Program, VenueSet};
use domain::{Asset, BaseUnits, Bps, ClientId, MaxImpact, OrderId, Seq, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

fn order(state: State) -> Order {
    Order {
        id: OrderId::new(Uuid::nil()),
        client: ClientId::anyone(),
        terms: Terms {
            order_type: OrderType::Market,
            asset_in: Asset::SOL,
            asset_out: Asset::USDC,
            amount_in: BaseUnits::new(100_000_000),
            amount_out: None,
            slippage: Bps::DEFAULT,
            min_amount_out: Some(BaseUnits::new(15_000_000)),
            venues: VenueSet::ALL,
            client_order_id: None,
            valid_for_seconds: Some(60),
            fee_level: None,
            max_impact: Some(MaxImpact::new(300).unwrap()),
            wallet: None,
            oco_group: None,
        },
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(1),
        seq: Seq::new(4),
        executions: 1,
        state,
    }
}

fn shown(state: State) -> Value {
    serde_json::to_value(OrderView::new(&order(state), &TokenList::mainnet())).unwrap()
}

#[test]
fn what_is_not_known_is_null() {
    let shown = shown(State::Routing);

    assert_eq!(shown["status"], "routing");
    assert_eq!(shown["amountIn"], "0.1");
    assert_eq!(shown["minAmountOut"], "15");
    assert_eq!(shown["maxPriceImpactBps"], 300);
    assert_eq!(shown["expiresAt"], "1970-01-01T00:01:00.000Z");
    assert_eq!(shown["nativeSol"], "wrapped_before_swap");
    for field in [
        "clientOrderId",
        "feeLevel",
        "dex",
        "dexType",
        "pool",
        "executedPrice",
        "amountOut",
        "txHash",
        "errorReason",
        "errorCode",
        "route",
        "receipt",
        "quality",
        "landing",
        "doubt",
        "explorerUrl",
        "poolAddress",
        "wallet",
        "lastError",
        "reason",
    ] {
        assert_eq!(shown.get(field), Some(&Value::Null), "{field}");
    }
}

#[test]
fn a_confirmed_order_shows_what_was_bought() {
    let signature = Signature::from_bytes(&[1; 64]);

    let shown = shown(State::Confirmed {
        fill: Fill {
            route: Route::of(Leg {
                pool: PoolRef::unaddressed(Program::DammV2),
                asset_in: Asset::SOL,
                asset_out: Asset::USDC,
                amount_in: BaseUnits::new(100_000_000),
                amount_out: BaseUnits::new(15_025_000),
            }),
            signature: signature.clone(),
            amount_out: BaseUnits::new(15_025_000),
            receipt: Some(Box::new(Receipt {
                fee_lamports: 5_000,
                priority_fee_lamports: 0,
                rent_paid_lamports: 0,
                rent_returned_lamports: 0,
                compute_units: Some(61_234),
                slot: 9,
                is_final: false,
                leftover: Vec::new(),
            })),
        },
    });

    assert_eq!(shown["dexType"], "meteora");
    assert_eq!(shown["pool"], "damm_v2");
    assert_eq!(shown["executedPrice"], "150.25");
    assert_eq!(shown["amountOut"], "15.025");
    assert_eq!(shown["txHash"], signature.as_str());
    assert_eq!(shown["attempts"], json!(1));
    assert_eq!(shown["route"][0]["pool"], "damm_v2");
    assert_eq!(shown["route"][0]["amountOut"], "15.025");
    assert_eq!(shown["receipt"]["slot"], 9);
    assert_eq!(shown["receipt"]["confirmedAt"], "1970-01-01T00:00:00.001Z");
    for field in ["finalizedAt", "vanishedAt", "diedAt"] {
        assert_eq!(shown["receipt"].get(field), Some(&Value::Null), "{field}");
    }
}

#[test]
fn a_failed_order_says_why_and_a_waiting_one_what_it_waits_after() {
    let failure = || Failure {
        code: FailureCode::NoQuote,
        reason: "nobody sells".to_owned(),
        landing: None,
        paid_lamports: None,
    };

    let failed = shown(State::Failed { failure: failure() });
    let waiting = shown(State::Pending {
        last_failure: Some(failure()),
    });

    assert_eq!(failed["errorReason"], "nobody sells");
    assert_eq!(failed["errorCode"], "no_quote");
    assert_eq!(waiting["errorReason"], Value::Null);
    assert_eq!(waiting["lastError"], "nobody sells");
    assert_eq!(waiting["landing"], Value::Null);
}

#[test]
fn an_order_whose_transaction_did_not_land_shows_how_it_fared() {
    let report = LandingReport {
        blocks_lived: Some(182),
        unit_price: 10_000,
        unit_limit: 90_000,
        fee_lamports: 5_900,
        fee_percentile: Some(12),
        ..LandingReport::default()
    };
    let failure = || Failure {
        code: FailureCode::TransactionExpired,
        reason: "it went by".to_owned(),
        landing: Some(Box::new(report)),
        paid_lamports: None,
    };

    let failed = shown(State::Failed { failure: failure() });
    let waiting = shown(State::Pending {
        last_failure: Some(failure()),
    });

    let expected = json!({
        "blocksLived": 182, "sendsTaken": null, "unitPrice": 10_000, "unitLimit": 90_000,
        "feeLamports": 5_900, "feePercentile": 12, "usualUnitPrice": null, "simulatedUnits": null,
        "rolledBack": null,
    });
    assert_eq!(failed["landing"], expected);
    assert_eq!(waiting["landing"], expected);
}

#[test]
fn an_order_that_nobody_signs_says_since_when() {
    let route = Route::of(Leg {
        pool: PoolRef::unaddressed(Program::DammV2),
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(100_000_000),
        amount_out: BaseUnits::new(15_025_000),
    });
    let building = order(State::Building {
        decision: Decision {
            choice: Choice {
                route,
                expected_amount_out: BaseUnits::new(15_025_000),
                min_amount_out: BaseUnits::new(15_000_000),
                max_amount_in: None,
                quoted_at: 9,
            },
            quotes: Vec::new(),
            pools: Vec::new(),
        },
    });
    let waits = |order: &Order, seconds| {
        let mut view = OrderView::new(order, &TokenList::mainnet());
        let now = order.updated_at.plus(Duration::from_secs(seconds));
        view.add_late_signature(order, now);
        view.waiting.map(|it| (it.what, it.detail))
    };

    assert_eq!(waits(&building, 10), None);
    let (what, detail) = waits(&building, 11).expect("it waits");
    assert_eq!(what, WaitingFor::Signature);
    assert!(
        detail.contains("since 1970-01-01T00:00:00.001Z"),
        "{detail}"
    );
    assert_eq!(waits(&order(State::Routing), 3_600), None);
}
