use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::event::FailureCode;
use crate::price::Price;
use crate::quote::Receipt;
use crate::route::{Leg, PoolRef, Route};
use crate::venue::Program;
use crate::waiting::{Misses, Seen, Trail};

fn terms() -> Terms {
    Terms {
        order_type: OrderType::Market,
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(1_500_000_000),
        amount_out: None,
        slippage: Bps::DEFAULT,
        min_amount_out: None,
        venues: VenueSet::ALL,
        client_order_id: None,
        valid_for_seconds: None,
        fee_level: None,
        max_impact: None,
        wallet: None,
        oco_group: None,
    }
}

fn choice() -> Choice {
    let amount_out = BaseUnits::new(225_000_000);
    Choice {
        route: Route::of(Leg {
            pool: PoolRef::unaddressed(Program::DammV2),
            asset_in: Asset::SOL,
            asset_out: Asset::USDC,
            amount_in: BaseUnits::new(1_500_000_000),
            amount_out,
        }),
        expected_amount_out: amount_out,
        min_amount_out: BaseUnits::new(223_875_000),
        max_amount_in: None,
        quoted_at: 300_000_000,
    }
}

fn receipt() -> Receipt {
    Receipt {
        fee_lamports: 5_100,
        priority_fee_lamports: 100,
        rent_paid_lamports: 0,
        rent_returned_lamports: 0,
        compute_units: None,
        slot: 300_000_004,
        is_final: false,
        leftover: Vec::new(),
    }
}

fn failure() -> Failure {
    Failure {
        code: FailureCode::NoQuote,
        reason: "no venue answered in time".to_owned(),
        landing: None,
        paid_lamports: None,
    }
}

fn every_event() -> Vec<EventData> {
    let signature = Signature::from_bytes(&[7; 64]);
    let amounts = (terms().amount_in, BaseUnits::new(224_000_000));
    vec![
        EventData::Accepted,
        EventData::RoutingStarted,
        EventData::Triggered {
            seen: Seen {
                price: "150.25".to_owned(),
                slot: 300_000_000,
                at: Timestamp::from_millis(1_000),
            },
        },
        EventData::Routed {
            decision: Decision {
                choice: choice(),
                quotes: Vec::new(),
                pools: Vec::new(),
            },
        },
        EventData::Submitted {
            choice: choice(),
            signature: signature.clone(),
        },
        EventData::Confirmed {
            fill: choice().filled(signature, amounts, receipt()),
        },
        EventData::RetryScheduled {
            failure: failure(),
            delay_ms: 1_000,
        },
        EventData::WaitingAgain {
            failure: failure(),
            rest_ms: 1_000,
            misses: Misses::default(),
        },
        EventData::Failed { failure: failure() },
        EventData::Cancelled {
            reason: "cancelled by the client".to_owned(),
        },
        EventData::Expired {
            reason: "ran out of time".to_owned(),
        },
    ]
}

fn order_after(data: EventData) -> Order {
    let event = Event {
        order_id: OrderId::new(Uuid::from_u128(1)),
        seq: Seq::new(3),
        at: Timestamp::from_millis(1_000),
        executions: 1,
        data,
    };
    Order::from_last_event(
        ClientId::anyone(),
        terms(),
        Timestamp::from_millis(0),
        event,
    )
}

/// The transition table written a second time, by hand.
fn may_follow(from: Status, event: &EventData) -> bool {
    use Status as S;
    let to: &[&str] = match from {
        S::Pending => &["routing", "failed", "cancelled", "expired"],
        S::Routing => &["building", "retry", "failed", "cancelled", "expired"],
        S::Building => &["submitted", "retry", "failed", "cancelled", "expired"],
        S::Submitted => &["confirmed", "retry", "failed"],
        S::Confirmed | S::Failed | S::Cancelled | S::Expired => &[],
    };
    let name = match event {
        EventData::Accepted => "accepted",
        EventData::RetryScheduled { .. } | EventData::WaitingAgain { .. } => "retry",
        other => other.status().name(),
    };
    to.contains(&name)
}

#[test]
fn every_pair_of_state_and_event_is_as_the_table_says() {
    let mut legal = 0;

    for last in every_event() {
        for next in every_event() {
            let order = order_after(last.clone());
            let expected = may_follow(order.status(), &next);

            let proposed = order.propose(EventId::new(Uuid::from_u128(9)), next.clone());

            assert_eq!(proposed.is_ok(), expected, "{last:?} then {next:?}");
            legal += usize::from(expected);
        }
    }
    // Three events lead to pending and two to routing, so what may follow counts as often.
    assert_eq!(legal, 3 * 5 + 2 * 6 + 6 + 4);
}

#[test]
fn an_event_out_of_place_is_refused() {
    let order = order_after(EventData::Accepted);
    let event = Event {
        order_id: order.id,
        seq: Seq::new(5),
        at: order.updated_at,
        executions: 1,
        data: EventData::RoutingStarted,
    };

    let applied = order.apply(event);

    let expected = IllegalTransition::OutOfOrder {
        expected: Seq::new(4),
        got: Seq::new(5),
    };
    assert_eq!(applied, Err(expected));
}

proptest! {
    #[test]
    fn any_sequence_of_events_keeps_the_rules(picks in prop::collection::vec(0usize..11, 0..60)) {
        let events = every_event();
        let mut order = Order::from_last_event(
            ClientId::anyone(),
            terms(),
            Timestamp::from_millis(0),
            Order::accepted(OrderId::new(Uuid::from_u128(1)), EventId::new(Uuid::from_u128(2)))
                .recorded(Timestamp::from_millis(0)),
        );
        let (mut begun, mut taken) = (0, 0);

        for (index, pick) in picks.into_iter().enumerate() {
            let before = order.clone();
            let Ok(new) = order.propose(EventId::new(Uuid::from_u128(index as u128)), events[pick].clone())
            else {
                prop_assert_eq!(&order, &before);
                continue;
            };
            prop_assert!(!before.status().is_terminal());
            taken += 1;
            begun += u32::from(new.data.status() == Status::Routing);
            order = order.apply(new.recorded(Timestamp::from_millis(0))).unwrap();

            // Without gaps, counted right, and equal whether folded from all events or read from
            // the last one.
            prop_assert_eq!(order.seq, Seq::new(taken));
            prop_assert_eq!(order.executions, begun);
            prop_assert!(order.executions_ended() <= begun);
            if order.status().is_terminal() {
                prop_assert_eq!(order.executions_ended(), begun);
            }
        }
    }
}

/// Version 2 stores an asset with its mint.
const TERMS: &str = r#"{"order_type":"market","asset_in":{"mint":"So11111111111111111111111111111111111111112","decimals":9,"program":"token"},"asset_out":{"mint":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v","decimals":6,"program":"token"},"amount_in":"1500000000","slippage":50,"min_amount_out":null,"venues":3,"client_order_id":null,"valid_for_seconds":null}"#;
/// Version 1 stored its symbol.
const TERMS_OF_VERSION_1: &str = r#"{"order_type":"market","token_in":"SOL","token_out":"USDC","amount_in":"1500000000","slippage":50,"min_amount_out":null,"venues":3,"client_order_id":null,"valid_for_seconds":null}"#;

/// What only some orders say stands behind the rest, and where it is not said, nothing does.
const TERMS_WITH_LIMITS: &str = r#""valid_for_seconds":null,"fee_level":"high","max_impact":300,"wallet":"So11111111111111111111111111111111111111112"}"#;

#[test]
fn the_persisted_form_of_terms_is_stable() {
    let limited = Terms {
        fee_level: FeeLevel::parse("high").ok(),
        max_impact: MaxImpact::new(300),
        wallet: Some(Asset::SOL.mint.address()),
        ..terms()
    };
    let stored = serde_json::to_string(&limited).unwrap();
    assert!(stored.ends_with(TERMS_WITH_LIMITS), "{stored}");
    assert_eq!(serde_json::from_str::<Terms>(&stored).unwrap(), limited);
    assert_eq!(serde_json::to_string(&terms()).unwrap(), TERMS);
    for stored in [TERMS, TERMS_OF_VERSION_1] {
        assert_eq!(serde_json::from_str::<Terms>(stored).unwrap(), terms());
    }
}

#[test]
fn the_persisted_form_of_a_purchase_is_stable() {
    let bought = Terms {
        amount_in: BaseUnits::new(7),
        amount_out: Some(BaseUnits::new(150_000_000)),
        ..terms()
    };

    let stored = serde_json::to_string(&bought).unwrap();

    let amounts = r#""amount_in":"7","amount_out":"150000000","slippage""#;
    assert!(stored.contains(amounts), "{stored}");
    assert_eq!(serde_json::from_str::<Terms>(&stored).unwrap(), bought);
    assert_eq!(bought.max_amount_in(), Some(BaseUnits::new(7)));
    let choice = Choice {
        max_amount_in: Some(BaseUnits::new(7)),
        ..choice()
    };
    let stored = serde_json::to_string(&choice).unwrap();
    assert!(stored.contains(r#""max_amount_in":"7""#), "{stored}");
    assert_eq!(serde_json::from_str::<Choice>(&stored).unwrap(), choice);
}

const WAITS: &str = r#""valid_for_seconds":null,"oco_group":"pair 1"}"#;

#[test]
fn the_persisted_form_of_a_limit_is_stable() {
    let limit = waiting(|price| OrderType::Limit { price });
    let limit = Terms {
        oco_group: OcoGroup::parse("pair 1").ok(),
        ..limit
    };
    let stored = serde_json::to_string(&limit).unwrap();

    assert!(
        stored.starts_with(r#"{"order_type":{"limit":{"price":"150"}},"#),
        "{stored}"
    );
    assert!(stored.ends_with(WAITS), "{stored}");
    assert_eq!(serde_json::from_str::<Terms>(&stored).unwrap(), limit);
    let bought = Terms {
        amount_out: Some(BaseUnits::new(1)),
        ..terms()
    };
    let versions = [terms(), limit, bought].map(|terms| terms.schema_version());
    assert_eq!(versions, [2, 3, 4]);
}

#[test]
fn the_persisted_form_of_a_trailing_stop_is_stable() {
    let trailing = |activation: Option<&str>| Terms {
        order_type: OrderType::TrailingStop {
            trail: Trail::new(250).unwrap(),
            activation: activation.map(|text| Price::parse(text).unwrap()),
        },
        ..terms()
    };
    for (terms, begins) in [
        (
            trailing(None),
            r#"{"order_type":{"trailing_stop":{"trail":250}},"#,
        ),
        (
            trailing(Some("160")),
            r#"{"order_type":{"trailing_stop":{"trail":250,"activation":"160"}},"#,
        ),
    ] {
        let stored = serde_json::to_string(&terms).unwrap();
        assert!(stored.starts_with(begins), "{stored}");
        assert_eq!(serde_json::from_str::<Terms>(&stored).unwrap(), terms);
        assert_eq!(terms.schema_version(), 4);
        assert!(
            !terms.holds_at(BaseUnits::new(1)),
            "its amount says nothing"
        );
        assert_eq!(terms.floor(), None);
    }
}

/// One and a half SOL at 150 are 225 USDC.
fn waiting(kind: fn(Price) -> OrderType) -> Terms {
    Terms {
        order_type: kind(Price::parse("150").unwrap()),
        ..terms()
    }
}

#[test]
fn a_condition_holds_from_its_price_on() {
    let limit = waiting(|price| OrderType::Limit { price });
    let stop = waiting(|price| OrderType::Stop { price });
    let profit = waiting(|price| OrderType::TakeProfit { price });
    let at = |terms: &Terms| {
        [224_999_999, 225_000_000, 225_000_001].map(|out| terms.holds_at(BaseUnits::new(out)))
    };

    assert_eq!(at(&limit), [false, true, true]);
    assert_eq!(at(&profit), [false, true, true]);
    assert_eq!(at(&stop), [true, true, false]);
    let least = |own: u64| Terms {
        min_amount_out: Some(BaseUnits::new(own)),
        ..limit.clone()
    };
    assert_eq!(at(&least(1)), [false, true, true]);
    assert_eq!(at(&least(225_000_001)), [false, false, true]);
}

#[test]
fn the_floor_of_a_limit_is_the_higher_of_its_two() {
    let limit = waiting(|price| OrderType::Limit { price });
    let with = |own: u64| Terms {
        min_amount_out: Some(BaseUnits::new(own)),
        ..limit.clone()
    };

    assert_eq!(limit.floor(), Some(BaseUnits::new(225_000_000)));
    assert_eq!(with(1).floor(), limit.floor());
    assert_eq!(with(226_000_000).floor(), Some(BaseUnits::new(226_000_000)));
    assert_eq!(waiting(|price| OrderType::Stop { price }).floor(), None);
}
