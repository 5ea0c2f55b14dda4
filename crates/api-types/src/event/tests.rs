use domain::event::{Failure, FailureCode};
use domain::order::OrderType;
use domain::quote::{Answer, Offer, Quote};
use domain::transaction::Signature;
use domain::venue::{Pool, VenueSet};
use domain::{Asset, Bps, OrderId, Seq, Timestamp, Venue};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

const ORDER: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn terms() -> Terms {
    Terms {
        order_type: OrderType::Market,
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(2_000_000_000),
        slippage: Bps::DEFAULT,
        min_amount_out: None,
        venues: VenueSet::ALL,
        client_order_id: None,
        valid_for_seconds: None,
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
    }
}

fn choice() -> Choice {
    Choice {
        venue: Venue::Meteora,
        pool: Pool::DammV2,
        expected_amount_out: BaseUnits::new(300_500_000),
        min_amount_out: BaseUnits::new(299_000_000),
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

    let rendered: Value = serde_json::from_str(&render(event, &terms())).unwrap();

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
fn building_shows_every_venues_offer() {
    let offered = Quote {
        venue: Venue::Meteora,
        answer: Answer::Offered(Offer {
            pool: Pool::DammV2,
            amount_out: BaseUnits::new(300_500_000),
            fee_ppm: 3_000,
            impact_ppm: 12,
        }),
    };
    let declined = Quote {
        venue: Venue::Raydium,
        answer: Answer::Declined {
            reason: "asleep".to_owned(),
        },
    };
    let route = Route {
        choice: choice(),
        quotes: vec![declined, offered],
    };

    check(
        &event(2, 1, EventData::Routed { route }),
        &json!({
            "dex": "meteora", "pool": "damm_v2",
            "expectedAmountOut": "300.5", "minAmountOut": "299",
            "quotes": [
                {"dex": "raydium", "pool": null, "price": null, "fee": null,
                 "amountOut": null, "priceImpact": null, "error": "asleep"},
                {"dex": "meteora", "pool": "damm_v2", "price": "150.25", "fee": "0.003",
                 "amountOut": "300.5", "priceImpact": "0.000012", "error": null},
            ],
        }),
    );
}

#[test]
fn submitted_and_confirmed_name_venue_and_signature() {
    let signature = Signature::from_bytes(&[7; 64]);
    let fill = Fill {
        venue: Venue::Raydium,
        pool: Pool::Cpmm,
        signature: signature.clone(),
        amount_out: BaseUnits::new(300_000_001),
    };
    let data = EventData::Submitted {
        choice: choice(),
        signature: signature.clone(),
    };

    check(
        &event(3, 1, data),
        &json!({"dex": "meteora", "txHash": signature.as_str()}),
    );
    check(
        &event(4, 1, EventData::Confirmed { fill }),
        &json!({
            "dex": "raydium", "dexType": "raydium", "pool": "cpmm", "txHash": signature.as_str(),
            "executedPrice": "150.0000005", "amountOut": "300.000001",
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
    let rendered = render_with_cursor(&event(0, 0, EventData::Accepted), &terms(), "a-1");
    let rendered: Value = serde_json::from_str(&rendered).unwrap();

    assert_eq!(rendered["cursor"], "a-1");
    assert_eq!(rendered["seq"], 0);
}

#[test]
fn what_is_written_is_read_back() {
    let event = event(2, 1, EventData::Failed { failure: failure() });

    let read: EventView = serde_json::from_str(&render(&event, &terms())).unwrap();

    assert_eq!(read, EventView::new(&event, &terms()));
}
