use super::*;
use crate::address::Address;
use crate::amount::BaseUnits;
use crate::asset::Asset;
use crate::quote::{Answer, Offer, PoolQuote, Quote, Receipt};
use crate::route::Leftover;
use crate::route::{Leg, PoolRef, Route};
use crate::venue::{Program, Venue};

const SLOT: u64 = 300_000_000;
const POOL: &str = "7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5";
const TERMS_OF_VERSION_1: &str = r#"{"order_type":"market","token_in":"SOL","token_out":"USDC","amount_in":"1500000000","slippage":50,"min_amount_out":null,"venues":3,"client_order_id":null,"valid_for_seconds":null}"#;
/// The stored form of a leg but for its pool and what it pays out.
const SOL_TO_USDC: &str = r#""asset_in":{"mint":"So11111111111111111111111111111111111111112","decimals":9,"program":"token"},"asset_out":{"mint":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v","decimals":6,"program":"token"},"amount_in":"1500000000""#;

#[track_caller]
fn check(data: &EventData, json: &str) {
    assert_eq!(serde_json::to_string(data).unwrap(), json);
    assert_eq!(&EventData::read(json, None).unwrap(), data);
}

/// Version 1 is read with its order's terms alone.
#[track_caller]
fn check_version_1(json: &str, data: &EventData) {
    let read = EventData::read(json, Some(TERMS_OF_VERSION_1));

    assert_eq!(&read.unwrap(), data);
    assert!(EventData::read(json, None).is_err());
}

fn addressed() -> PoolRef {
    PoolRef {
        program: Program::Cpmm,
        address: Some(Address::literal(POOL)),
    }
}

fn route(pool: PoolRef, amount_out: u64) -> Route {
    Route::of(Leg {
        pool,
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(1_500_000_000),
        amount_out: BaseUnits::new(amount_out),
    })
}

fn choice(pool: PoolRef, quoted_at: u64) -> Choice {
    Choice {
        route: route(pool, 10),
        expected_amount_out: BaseUnits::new(10),
        min_amount_out: BaseUnits::new(9),
        max_amount_in: None,
        quoted_at,
    }
}

fn offer(pool: PoolRef) -> Answer {
    Answer::Offered(Offer {
        pool,
        amount_out: BaseUnits::new(10),
        fee_ppm: 2_500,
        impact_ppm: 12,
        amount_in: None,
    })
}

fn routed(pool: PoolRef, quoted_at: u64, pools: Vec<PoolQuote>) -> EventData {
    let offered = Quote {
        venue: Venue::Raydium,
        answer: offer(pool),
    };
    let declined = Quote {
        venue: Venue::Meteora,
        answer: Answer::Declined {
            reason: "late".to_owned(),
        },
    };
    EventData::Routed {
        decision: Decision {
            choice: choice(pool, quoted_at),
            quotes: vec![offered, declined],
            pools,
        },
    }
}

/// Two pools that competed: one made an offer, one none.
fn competitors(pool: PoolRef) -> Vec<PoolQuote> {
    let declined = Answer::Declined {
        reason: "too shallow".to_owned(),
    };
    let other = PoolRef {
        program: Program::Dlmm,
        ..pool
    };
    vec![
        PoolQuote {
            pool,
            answer: offer(pool),
        },
        PoolQuote {
            pool: other,
            answer: declined,
        },
    ]
}

fn signature() -> Signature {
    Signature::from_bytes(&[7; 64])
}

fn confirmed(pool: PoolRef, receipt: Option<Box<Receipt>>) -> EventData {
    EventData::Confirmed {
        fill: Fill {
            route: route(pool, 11),
            signature: signature(),
            amount_out: BaseUnits::new(11),
            receipt,
        },
    }
}

fn receipt(compute_units: Option<u64>) -> Box<Receipt> {
    Box::new(Receipt {
        fee_lamports: 5_100,
        priority_fee_lamports: 100,
        rent_paid_lamports: 2_039_280,
        rent_returned_lamports: 0,
        compute_units,
        slot: 300_000_001,
        is_final: false,
        leftover: vec![Leftover {
            asset: Asset::SOL,
            amount: BaseUnits::new(3),
        }],
    })
}

#[test]
fn the_persisted_form_of_version_2_is_stable() {
    check(&EventData::Accepted, r#"{"type":"accepted"}"#);
    check(&EventData::RoutingStarted, r#"{"type":"routing_started"}"#);
    let pool = format!(r#"{{"program":"cpmm","address":"{POOL}"}}"#);
    let choice_json = format!(
        r#"{{"route":[{{"pool":{pool},{SOL_TO_USDC},"amount_out":"10"}}],"expected_amount_out":"10","min_amount_out":"9","quoted_at":300000000}}"#
    );
    let offered = format!(
        r#"{{"offered":{{"pool":{pool},"amount_out":"10","fee_ppm":2500,"impact_ppm":12}}}}"#
    );
    let quotes = format!(
        r#"[{{"venue":"raydium","answer":{offered}}},{{"venue":"meteora","answer":{{"declined":{{"reason":"late"}}}}}}]"#
    );
    let pools = format!(
        r#"[{{"pool":{pool},"answer":{{"offered":["10",2500,12]}}}},{{"pool":{{"program":"dlmm","address":"{POOL}"}},"answer":{{"declined":{{"reason":"too shallow"}}}}}}]"#
    );
    check(
        &routed(addressed(), SLOT, competitors(addressed())),
        &format!(
            r#"{{"type":"routed","decision":{{"choice":{choice_json},"quotes":{quotes},"pools":{pools}}}}}"#
        ),
    );
    let signature = signature();
    check(
        &EventData::Submitted {
            choice: choice(addressed(), SLOT),
            signature: signature.clone(),
        },
        &format!(r#"{{"type":"submitted","choice":{choice_json},"signature":"{signature}"}}"#),
    );
    check(
        &EventData::RetryScheduled {
            failure: Failure {
                code: FailureCode::SlippageExceeded,
                reason: "moved".to_owned(),
                landing: None,
                paid_lamports: None,
            },
            delay_ms: 1_000,
        },
        r#"{"type":"retry_scheduled","failure":{"code":"slippage_exceeded","reason":"moved"},"delay_ms":1000}"#,
    );
}

#[test]
fn the_persisted_form_of_a_failure_with_how_its_transaction_fared_is_stable() {
    let landing = LandingReport {
        blocks_lived: Some(182),
        sends_taken: None,
        unit_price: 10_000,
        unit_limit: 90_000,
        fee_lamports: 5_900,
        fee_percentile: Some(12),
        usual_unit_price: Some(70_000),
        simulated_units: None,
        rolled_back: None,
    };
    check(
        &EventData::Failed {
            failure: Failure {
                code: FailureCode::TransactionExpired,
                reason: "it went by".to_owned(),
                landing: Some(Box::new(landing)),
                paid_lamports: None,
            },
        },
        r#"{"type":"failed","failure":{"code":"transaction_expired","reason":"it went by","landing":{"blocks_lived":182,"sends_taken":null,"unit_price":10000,"unit_limit":90000,"fee_lamports":5900,"fee_percentile":12,"usual_unit_price":70000,"simulated_units":null}}}"#,
    );
}

#[test]
fn the_persisted_form_of_a_fill_is_stable_with_a_receipt_and_without() {
    let signature = signature();
    let leg = format!(r#"{{"pool":{{"program":"cpmm"}},{SOL_TO_USDC},"amount_out":"11"}}"#);

    check(
        &confirmed(PoolRef::unaddressed(Program::Cpmm), None),
        &format!(
            r#"{{"type":"confirmed","fill":{{"route":[{leg}],"signature":"{signature}","amount_out":"11"}}}}"#
        ),
    );
    for (compute_units, written) in [(Some(61_234), "61234"), (None, "null")] {
        check(
            &confirmed(
                PoolRef::unaddressed(Program::Cpmm),
                Some(receipt(compute_units)),
            ),
            &format!(
                r#"{{"type":"confirmed","fill":{{"route":[{leg}],"signature":"{signature}","amount_out":"11","receipt":{{"fee_lamports":5100,"priority_fee_lamports":100,"rent_paid_lamports":2039280,"rent_returned_lamports":0,"compute_units":{written},"slot":300000001,"leftover":[{{"asset":{{"mint":"So11111111111111111111111111111111111111112","decimals":9,"program":"token"}},"amount":"3"}}]}}}}}}"#
            ),
        );
    }
}

/// An early form of version 2, in which neither the slot nor the pools that competed are told.
#[test]
fn a_decision_without_slot_and_pools_is_read() {
    let stored = format!(
        r#"{{"type":"routed","decision":{{"choice":{{"route":[{{"pool":{{"program":"cpmm"}},{SOL_TO_USDC},"amount_out":"10"}}],"expected_amount_out":"10","min_amount_out":"9"}},"quotes":[{{"venue":"raydium","answer":{{"offered":{{"pool":{{"program":"cpmm"}},"amount_out":"10","fee_ppm":2500,"impact_ppm":12}}}}}},{{"venue":"meteora","answer":{{"declined":{{"reason":"late"}}}}}}]}}}}"#
    );

    let read = EventData::read(&stored, None);

    let pool = PoolRef::unaddressed(Program::Cpmm);
    assert_eq!(read.unwrap(), routed(pool, 0, Vec::new()));
}

#[test]
fn events_of_version_1_are_completed_with_their_orders_terms() {
    let pool = PoolRef::unaddressed(Program::Cpmm);
    let signature = signature();

    check_version_1(
        r#"{"type":"routed","route":{"choice":{"venue":"raydium","pool":"cpmm","expected_amount_out":"10","min_amount_out":"9"},"quotes":[{"venue":"raydium","answer":{"offered":{"pool":"cpmm","amount_out":"10","fee_ppm":2500,"impact_ppm":12}}},{"venue":"meteora","answer":{"declined":{"reason":"late"}}}]}}"#,
        &routed(pool, 0, Vec::new()),
    );
    check_version_1(
        &format!(
            r#"{{"type":"submitted","choice":{{"venue":"raydium","pool":"cpmm","expected_amount_out":"10","min_amount_out":"9"}},"signature":"{signature}"}}"#
        ),
        &EventData::Submitted {
            choice: choice(pool, 0),
            signature: signature.clone(),
        },
    );
    check_version_1(
        &format!(
            r#"{{"type":"confirmed","fill":{{"venue":"raydium","pool":"cpmm","signature":"{signature}","amount_out":"11"}}}}"#
        ),
        &confirmed(pool, None),
    );
}

#[test]
fn a_pending_event_speaks_of_the_next_execution() {
    let event = |executions, data| Event {
        order_id: OrderId::new(uuid::Uuid::from_u128(1)),
        seq: Seq::FIRST,
        at: Timestamp::from_millis(0),
        executions,
        data,
    };

    assert_eq!(event(0, EventData::Accepted).execution(), 1);
    assert_eq!(event(1, EventData::RoutingStarted).execution(), 1);
    let failure = Failure {
        code: FailureCode::NoQuote,
        reason: String::new(),
        landing: None,
        paid_lamports: None,
    };
    let retry = event(
        1,
        EventData::RetryScheduled {
            failure,
            delay_ms: 250,
        },
    );
    assert_eq!(retry.execution(), 2);
    assert_eq!(retry.retry_at(), Some(Timestamp::from_millis(250)));
}

#[test]
fn the_stored_form_of_firing_is_this() {
    let seen = Seen {
        price: "150.25".to_owned(),
        slot: SLOT,
        at: Timestamp::from_millis(1_700_000_000_000),
    };
    let failure = Failure {
        code: FailureCode::BelowMinimum,
        reason: "gone".to_owned(),
        landing: None,
        paid_lamports: None,
    };
    let misses = Misses {
        routed: 1,
        reverted: 2,
        uncounted: 3,
    };

    check(
        &EventData::Triggered { seen },
        r#"{"type":"triggered","seen":{"price":"150.25","slot":300000000,"at":1700000000000}}"#,
    );
    check(
        &EventData::WaitingAgain {
            failure,
            rest_ms: 1_000,
            misses,
        },
        r#"{"type":"waiting_again","failure":{"code":"below_minimum","reason":"gone"},"rest_ms":1000,"misses":{"routed":1,"reverted":2,"uncounted":3}}"#,
    );
}
