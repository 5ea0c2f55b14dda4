//! What version 1 stored of the order of [`super::terms`] and its events, and the check that a
//! store reads it whole. Which rows it stands in only the backend's own tests know.

use std::sync::Arc;

use domain::route::{Leg, PoolRef};
use domain::venue::Program;
use domain::{BaseUnits, EventData, OrderId, Route, Seq, State, WorkerId};
use ports::Store;
use ports::order_history::Watch;
use ports::order_store::Claim;

use super::terms;

pub const TERMS: &str = r#"{"order_type":"market","token_in":"SOL","token_out":"USDC","amount_in":"1500000000","slippage":50,"min_amount_out":null,"venues":3,"client_order_id":null,"valid_for_seconds":null}"#;
/// Its event at [`ROUTED_AT`].
pub const ROUTED: &str = r#"{"type":"routed","route":{"choice":{"venue":"meteora","pool":"damm_v2","expected_amount_out":"225000000","min_amount_out":"223875000"},"quotes":[]}}"#;
/// The place of `routed` in an order's first execution.
pub const ROUTED_AT: Seq = Seq::new(2);

/// An order whose last event is [`ROUTED`], and which no worker has: every way to read it completes
/// the event with the order's terms.
///
/// # Panics
/// If one does not.
pub async fn check(store: &Arc<dyn Store>, order: OrderId, worker: WorkerId) {
    let watch = Watch {
        order_id: order,
        next: ROUTED_AT,
    };

    let read = store.order(order, None).await;
    let read = read.expect("order answers").expect("it is there");
    let events = store.events(order, ROUTED_AT).await;
    let missed = store.events_for(&[watch]).await;
    let claimed = store.claim(order, worker).await.expect("claim answers");

    assert_eq!(read.terms, terms());
    check_route(&read.state);
    let events = events.expect("events answers");
    assert_eq!(missed.expect("events_for answers"), events);
    let [last] = events.as_slice() else {
        panic!("one event was to come: {events:?}");
    };
    let EventData::Routed { decision } = last.data.clone() else {
        panic!("{last:?}");
    };
    check_route(&State::Building { decision });
    let Claim::Granted(lease) = claimed else {
        panic!("{claimed:?}");
    };
    check_route(&lease.order.state);
}

#[track_caller]
fn check_route(state: &State) {
    let State::Building { decision } = state else {
        panic!("{state:?}");
    };
    let terms = terms();
    let completed = Route::of(Leg {
        pool: PoolRef::unaddressed(Program::DammV2),
        asset_in: terms.asset_in,
        asset_out: terms.asset_out,
        amount_in: terms.amount_in,
        amount_out: BaseUnits::new(225_000_000),
    });
    assert_eq!(decision.choice.route, completed);
}
