use super::*;
use crate::amount::BaseUnits;
use crate::quote::{Answer, Offer, Quote};
use crate::venue::{Pool, Venue};

#[track_caller]
fn check(data: &EventData, json: &str) {
    assert_eq!(serde_json::to_string(data).unwrap(), json);
    assert_eq!(&serde_json::from_str::<EventData>(json).unwrap(), data);
}

fn choice() -> Choice {
    Choice {
        venue: Venue::Raydium,
        pool: Pool::Cpmm,
        expected_amount_out: BaseUnits::new(10),
        min_amount_out: BaseUnits::new(9),
    }
}

#[test]
fn the_persisted_form_of_version_1_is_stable() {
    check(&EventData::Accepted, r#"{"type":"accepted"}"#);
    check(&EventData::RoutingStarted, r#"{"type":"routing_started"}"#);
    let offer = Offer {
        pool: Pool::Cpmm,
        amount_out: BaseUnits::new(10),
        fee_ppm: 2_500,
        impact_ppm: 12,
    };
    let quotes = vec![
        Quote {
            venue: Venue::Raydium,
            answer: Answer::Offered(offer),
        },
        Quote {
            venue: Venue::Meteora,
            answer: Answer::Declined {
                reason: "late".to_owned(),
            },
        },
    ];
    check(
        &EventData::Routed {
            route: Route {
                choice: choice(),
                quotes,
            },
        },
        r#"{"type":"routed","route":{"choice":{"venue":"raydium","pool":"cpmm","expected_amount_out":"10","min_amount_out":"9"},"quotes":[{"venue":"raydium","answer":{"offered":{"pool":"cpmm","amount_out":"10","fee_ppm":2500,"impact_ppm":12}}},{"venue":"meteora","answer":{"declined":{"reason":"late"}}}]}}"#,
    );
    check(
        &EventData::RetryScheduled {
            failure: Failure {
                code: FailureCode::SlippageExceeded,
                reason: "moved".to_owned(),
            },
            delay_ms: 1_000,
        },
        r#"{"type":"retry_scheduled","failure":{"code":"slippage_exceeded","reason":"moved"},"delay_ms":1000}"#,
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
