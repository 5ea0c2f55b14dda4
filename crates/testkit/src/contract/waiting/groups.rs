//! Promise 4: of an OCO group at most one executes, and the one that is confirmed ends the others.

use std::sync::Arc;

use domain::{EventData, OcoGroup, OrderId, Status};
use ports::Store;
use ports::order_history::ListFilter;
use ports::order_store::{Accepted, NewOrder};
use ports::waiting::OCO_GROUP_MAX;

use super::{begin, cancel, fire, limit, status, taken, waiting_again, waits};
use crate::contract::given::{failed, retry_after};
use crate::contract::{Given, StoreFixture};

fn of_group(given: &Given, name: &str) -> NewOrder {
    let mut order = limit(given);
    order.terms.oco_group = OcoGroup::parse(name).ok();
    order
}

async fn accept_two(given: &Given, store: &Arc<dyn Store>) -> (OrderId, OrderId) {
    let one = given.accept(store, of_group(given, "pair")).await;
    let other = given.accept(store, of_group(given, "pair")).await;
    (one, other)
}

/// 4: one at a time.
pub async fn one_of_a_group_fires_at_a_time(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (one, other) = accept_two(&given, &store).await;
    let elsewhere = given.accept(&store, of_group(&given, "another")).await;

    assert_eq!(fire(&store, one).await.len(), 1);

    assert_eq!(fire(&store, other).await, []);
    assert!(waits(&store, other).await.is_some());
    assert_eq!(fire(&store, elsewhere).await.len(), 1, "another group");
}

/// 4: a confirmation ends the others in its write.
pub async fn a_confirmation_ends_the_others_of_its_group(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (one, other) = accept_two(&given, &store).await;
    let elsewhere = given.accept(&store, of_group(&given, "another")).await;
    let gone = given.accept(&store, of_group(&given, "pair")).await;
    cancel(&given, &store, gone).await;
    let before = store.counts().await.expect("counts answer");
    let mut lease = taken(&given, &store, one).await;

    given.confirm(&store, &mut lease).await;

    assert_eq!(status(&store, other).await, Status::Cancelled);
    assert_eq!(waits(&store, other).await, None);
    assert!(waits(&store, elsewhere).await.is_some());
    let ended = store.ended_by(one).await.expect("ended_by answers");
    let reason = "oco".to_owned();
    let of = |(event, _): &(domain::Event, domain::ClientId)| (event.order_id, event.data.clone());
    let ended: Vec<_> = ended.iter().map(of).collect();
    assert_eq!(ended, [(other, EventData::Cancelled { reason })]);
    assert_eq!(store.ended_by(other).await.expect("ended_by answers"), []);
    let counts = store.counts().await.expect("counts answer");
    assert_eq!((before.on_condition, counts.on_condition), (3, 1));
    assert_eq!(counts.by_status[Status::Pending.index()], 1);
    assert_eq!(counts.by_status[Status::Cancelled.index()], 2);
}

/// 4: nothing comes after the confirmation.
pub async fn a_group_that_has_confirmed_takes_in_no_more(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (one, _) = accept_two(&given, &store).await;
    let mut lease = taken(&given, &store, one).await;
    given.confirm(&store, &mut lease).await;
    let mut late = of_group(&given, "pair");
    late.idempotency = given.order_with_key("late", 1).idempotency;
    let id = late.id;

    let accepted = store.accept(late.clone()).await;

    assert_eq!(accepted.expect("accept answers"), Accepted::OcoGroupDone);
    assert_eq!(store.order(id, None).await.expect("order answers"), None);
    let again = store.accept(late).await.expect("accept answers");
    assert_eq!(again, Accepted::OcoGroupDone, "no key is kept");
    let mut others = of_group(&given, "pair");
    others.client = given.client("somebody");
    given.accept(&store, others).await;
}

/// 4: whatever else becomes of the holder.
pub async fn a_holder_gives_its_group_back(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (one, other) = accept_two(&given, &store).await;

    let mut lease = taken(&given, &store, one).await;
    begin(&given, &store, &mut lease).await;
    given.record(&store, &mut lease, waiting_again(0)).await;
    let mut lease = taken(&given, &store, other).await;
    begin(&given, &store, &mut lease).await;
    assert_eq!(fire(&store, one).await, []);
    given.record(&store, &mut lease, failed()).await;

    assert_eq!(fire(&store, one).await.len(), 1, "the other failed");
    let third = given.accept(&store, of_group(&given, "pair")).await;
    assert_eq!(fire(&store, third).await, []);
    cancel(&given, &store, one).await;
    assert_eq!(fire(&store, third).await.len(), 1, "one was cancelled");
    assert_eq!(status(&store, third).await, Status::Pending);
}

/// 4: a retry is no going back.
pub async fn a_retry_keeps_the_group(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (one, other) = accept_two(&given, &store).await;
    let mut lease = taken(&given, &store, one).await;
    begin(&given, &store, &mut lease).await;

    let retry = retry_after(std::time::Duration::ZERO);
    given.record(&store, &mut lease, retry).await;

    assert_eq!(fire(&store, other).await, []);
    assert_eq!(waits(&store, one).await, None);
    let mut lease = given.leased(&store, one).await;
    given.confirm(&store, &mut lease).await;
    assert_eq!(status(&store, other).await, Status::Cancelled);
}

/// 4: its bound.
pub async fn a_group_takes_in_so_many_orders(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut last = None;
    for _ in 0..OCO_GROUP_MAX {
        last = Some(given.accept(&store, of_group(&given, "pair")).await);
    }

    let accepted = store.accept(of_group(&given, "pair")).await;

    assert_eq!(accepted.expect("accept answers"), Accepted::OcoGroupFull);
    let filter = ListFilter {
        client: Some(given.order().client),
        oco_group: OcoGroup::parse("pair").ok(),
        limit: 100,
        ..ListFilter::default()
    };
    let page = store.list(&filter).await.expect("list answers");
    assert_eq!(
        page.orders.len(),
        usize::try_from(OCO_GROUP_MAX).unwrap_or(0)
    );
    assert_eq!(page.orders.first().map(|order| order.id), last);
}
