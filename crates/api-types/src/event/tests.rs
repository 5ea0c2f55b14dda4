use domain::asset::Mint;
use domain::event::{Failure, FailureCode};
use domain::landing::LandingReport;
use domain::quote::{Answer, Choice, Offer, PoolQuote, Quote, Receipt};
use domain::route::Leftover;
use domain::route::PoolRef;
use domain::transaction::Signature;
use domain::venue::Program;
use domain::{Address, Asset, OrderId, Seq, Timestamp, Venue};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

const ORDER: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

const POOL: &str = "7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5";
/// It has no symbol.
const UNLISTED: &str = "9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump";

/// Two SOL for this much USDC.
fn leg(program: Program, amount_out: u64) -> Leg {
    Leg {
        pool: PoolRef::unaddressed(program),
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(2_000_000_000),
        amount_out: BaseUnits::new(amount_out),
    }
}

fn event(seq: u32, executions: u32, data: EventData) -> Event {
    Event {
        order_id: OrderId::new(Uuid::parse_str(ORDER).unwrap()),
        seq: Seq::new(seq),
        at: Timestamp::from_millis(1_769_851_800_125),
        executions,
        data,
    }
}

fn failure() -> Failure {
    Failure {
        code: FailureCode::SlippageExceeded,
        reason: "too \"little\"".to_owned(),
        landing: None,
        paid_lamports: None,
    }
}

fn choice() -> Choice {
    Choice {
        route: Route::of(leg(Program::DammV2, 300_500_000)),
        expected_amount_out: BaseUnits::new(300_500_000),
        min_amount_out: BaseUnits::new(299_000_000),
        max_amount_in: None,
        quoted_at: 9,
    }
}

#[track_caller]
fn check(event: &Event, adds: &Value) {
    let mut expected = json!({
        "orderId": ORDER,
        "seq": event.seq.get(),
        "status": event.data.status().name(),
        "timestamp": "2026-01-31T09:30:00.125Z",
        "attempt": event.execution(),
    });
    let fields = expected.as_object_mut().unwrap();
    fields.extend(adds.as_object().unwrap().clone());

    let rendered: Value = serde_json::from_str(&render(event, &TokenList::mainnet())).unwrap();

    assert_eq!(rendered, expected);
}

#[test]
fn the_first_event_has_the_base_fields_alone() {
    check(&event(0, 0, EventData::Accepted), &json!({}));
    check(&event(1, 1, EventData::RoutingStarted), &json!({}));
}

#[test]
fn a_retry_says_when_and_why_and_counts_the_attempt_to_come() {
    let data = EventData::RetryScheduled {
        failure: failure(),
        delay_ms: 1_500,
    };

    let retry = event(3, 1, data);

    assert_eq!(retry.execution(), 2);
    check(
        &retry,
        &json!({"retryAt": "2026-01-31T09:30:01.625Z", "error": "too \"little\""}),
    );
}

#[test]
fn a_retry_after_a_transaction_that_did_not_land_shows_how_it_fared() {
    let report = LandingReport {
        sends_taken: Some(4),
        unit_price: 10_000,
        ..LandingReport::default()
    };
    let failure = Failure {
        landing: Some(Box::new(report)),
        paid_lamports: None,
        ..failure()
    };

    let shown = render(
        &event(
            3,
            1,
            EventData::RetryScheduled {
                failure,
                delay_ms: 1,
            },
        ),
        &TokenList::mainnet(),
    );

    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["landing"]["sendsTaken"], 4);
    assert_eq!(shown["landing"]["blocksLived"], Value::Null);
}

#[test]
fn building_shows_every_venues_offer() {
    let offered = Quote {
        venue: Venue::Meteora,
        answer: Answer::Offered(Offer {
            pool: PoolRef::unaddressed(Program::DammV2),
            amount_out: BaseUnits::new(300_500_000),
            fee_ppm: 3_000,
            impact_ppm: 12,
            amount_in: None,
        }),
    };
    let declined = Quote {
        venue: Venue::Raydium,
        answer: Answer::Declined {
            reason: "asleep".to_owned(),
        },
    };
    let decision = Decision {
        choice: choice(),
        quotes: vec![declined, offered],
        pools: Vec::new(),
    };

    check(
        &event(2, 1, EventData::Routed { decision }),
        &json!({
            "dex": "meteora", "pool": "damm_v2",
            "route": [{
                "dex": "meteora", "pool": "damm_v2", "poolAddress": null,
                "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "2", "amountOut": "300.5",
            }],
            "expectedAmountOut": "300.5", "minAmountOut": "299", "gainBps": 0, "pools": [],
            "quotes": [
                {"dex": "raydium", "pool": null, "price": null, "fee": null,
                 "amountOut": null, "priceImpact": null, "error": "asleep"},
                {"dex": "meteora", "pool": "damm_v2", "price": "150.25", "fee": "0.003",
                 "amountOut": "300.5", "priceImpact": "0.000012", "error": null},
            ],
        }),
    );
}

/// Two pools of one venue and one of the other; the route takes two of them.
#[test]
fn building_shows_every_pool_that_competed_the_best_first_and_what_the_route_gains() {
    let pool = |program| PoolRef {
        program,
        address: Some(Address::literal(POOL)),
    };
    let offers = |program, amount_out| PoolQuote {
        pool: pool(program),
        answer: Answer::Offered(Offer {
            pool: pool(program),
            amount_out: BaseUnits::new(amount_out),
            fee_ppm: 2_500,
            impact_ppm: 40,
            amount_in: None,
        }),
    };
    let closed = PoolQuote {
        pool: PoolRef::unaddressed(Program::Dlmm),
        answer: Answer::Declined {
            reason: "it is not open yet".to_owned(),
        },
    };
    let half = |program, amount_out| Leg {
        pool: pool(program),
        amount_in: BaseUnits::new(1_000_000_000),
        ..leg(program, amount_out)
    };
    let legs = vec![
        half(Program::Cpmm, 150_300_000),
        half(Program::DammV2, 150_300_000),
    ];
    let decision = Decision {
        choice: Choice {
            route: Route::try_from(legs).unwrap(),
            expected_amount_out: BaseUnits::new(300_600_000),
            ..choice()
        },
        quotes: vec![Quote {
            venue: Venue::Raydium,
            answer: offers(Program::Cpmm, 300_000_000).answer,
        }],
        pools: vec![
            closed,
            offers(Program::AmmV4, 299_000_000),
            offers(Program::Cpmm, 300_000_000),
        ],
    };

    let event = event(2, 1, EventData::Routed { decision });
    let shown = serde_json::to_value(EventView::new(&event, &TokenList::mainnet())).unwrap();

    assert_eq!(shown["gainBps"], 20);
    assert_eq!(shown["poolAddress"], POOL);
    assert_eq!(
        shown["pools"],
        json!([
            {"dex": "raydium", "pool": "cpmm", "poolAddress": POOL, "amountOut": "300",
             "fee": "0.0025", "priceImpact": "0.00004", "error": null},
            {"dex": "raydium", "pool": "amm_v4", "poolAddress": POOL, "amountOut": "299",
             "fee": "0.0025", "priceImpact": "0.00004", "error": null},
            {"dex": "meteora", "pool": "dlmm", "poolAddress": null, "amountOut": null,
             "fee": null, "priceImpact": null, "error": "it is not open yet"},
        ])
    );
}

#[test]
fn submitted_names_venue_and_signature() {
    let signature = Signature::from_bytes(&[7; 64]);
    let data = EventData::Submitted {
        choice: choice(),
        signature: signature.clone(),
    };

    check(
        &event(3, 1, data),
        &json!({"dex": "meteora", "txHash": signature.as_str()}),
    );
}

#[test]
fn a_fill_shows_what_was_paid_and_no_receipt_where_there_is_none() {
    let signature = Signature::from_bytes(&[7; 64]);
    let fill = Fill {
        route: Route::of(leg(Program::DammV2, 300_000_001)),
        signature: signature.clone(),
        amount_out: BaseUnits::new(300_000_001),
        receipt: None,
    };

    check(
        &event(4, 1, EventData::Confirmed { fill }),
        &json!({
            "dex": "meteora", "dexType": "meteora", "pool": "damm_v2", "txHash": signature.as_str(),
            "executedPrice": "150.0000005", "amountOut": "300.000001",
            "route": [{
                "dex": "meteora", "pool": "damm_v2", "poolAddress": null,
                "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "2", "amountOut": "300.000001",
            }],
        }),
    );
}

/// A hop through a token without a symbol; nothing but the event says what it is.
#[test]
fn a_confirmed_event_shows_every_leg_and_the_receipt() {
    let signature = Signature::from_bytes(&[7; 64]);
    let unlisted = Asset::token(Mint::literal(UNLISTED), 4);
    let first = Leg {
        asset_out: unlisted,
        ..leg(Program::Cpmm, 70_000)
    };
    let second = Leg {
        pool: PoolRef {
            program: Program::Dlmm,
            address: Some(Address::literal(POOL)),
        },
        asset_in: unlisted,
        amount_in: BaseUnits::new(69_999),
        ..leg(Program::Dlmm, 300_000_000)
    };
    let receipt = Receipt {
        fee_lamports: 5_100,
        priority_fee_lamports: 100,
        rent_paid_lamports: 2_039_280,
        rent_returned_lamports: 0,
        compute_units: Some(61_234),
        slot: 300_000_001,
        is_final: false,
        leftover: vec![Leftover {
            asset: unlisted,
            amount: BaseUnits::new(1),
        }],
    };
    let fill = Fill {
        route: Route::try_from(vec![first, second]).unwrap(),
        signature: signature.clone(),
        amount_out: BaseUnits::new(300_000_000),
        receipt: Some(Box::new(receipt)),
    };

    check(
        &event(4, 1, EventData::Confirmed { fill }),
        &json!({
            "dex": "raydium", "dexType": "raydium", "pool": "cpmm", "txHash": signature.as_str(),
            "executedPrice": "150", "amountOut": "300",
            "route": [
                {"dex": "raydium", "pool": "cpmm", "poolAddress": null,
                 "tokenIn": "SOL", "tokenOut": UNLISTED, "amountIn": "2", "amountOut": "7"},
                {"dex": "meteora", "pool": "dlmm", "poolAddress": POOL,
                 "tokenIn": UNLISTED, "tokenOut": "USDC", "amountIn": "6.9999", "amountOut": "300"},
            ],
            "receipt": {
                "feeLamports": 5_100, "priorityFeeLamports": 100,
                "rentPaidLamports": 2_039_280, "rentReturnedLamports": 0,
                "computeUnits": 61_234, "slot": 300_000_001,
                "confirmedAt": "2026-01-31T09:30:00.125Z", "finalizedAt": null,
                "vanishedAt": null, "diedAt": null,
                "leftover": [{"mint": UNLISTED, "amount": "0.0001"}],
            },
        }),
    );
}

#[test]
fn every_end_says_why() {
    let reason = || "asked for".to_owned();

    check(
        &event(2, 1, EventData::Failed { failure: failure() }),
        &json!({
            "error": "too \"little\"", "errorReason": "too \"little\"",
            "errorCode": "slippage_exceeded",
        }),
    );
    check(
        &event(1, 0, EventData::Cancelled { reason: reason() }),
        &json!({"reason": "asked for"}),
    );
    check(
        &event(1, 0, EventData::Expired { reason: reason() }),
        &json!({"reason": "asked for"}),
    );
}

#[test]
fn the_account_stream_adds_its_cursor() {
    let rendered = render_with_cursor(
        &event(0, 0, EventData::Accepted),
        &TokenList::mainnet(),
        "a-1",
    );
    let rendered: Value = serde_json::from_str(&rendered).unwrap();

    assert_eq!(rendered["cursor"], "a-1");
    assert_eq!(rendered["seq"], 0);
}

#[test]
fn what_is_written_is_read_back() {
    let event = event(2, 1, EventData::Failed { failure: failure() });

    let tokens = TokenList::mainnet();

    let read: EventView = serde_json::from_str(&render(&event, &tokens)).unwrap();

    assert_eq!(read, EventView::new(&event, &tokens));
}
