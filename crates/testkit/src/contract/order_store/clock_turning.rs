//! Promise 9, and 6 of the registry: the store's clock is set back and forth.

use std::sync::Arc;
use std::time::Duration;

use domain::{Event, EventData, OrderId, Seq};
use ports::Store;
use ports::order_store::{Claim, DuePage, Recorded, Withdrawal, Withdrawn};
use ports::worker_registry::Heartbeat;

use crate::contract::given::{beat, eventually, failed, retry_after, submitted};
use crate::contract::{Given, StoreFixture};

const HOUR_MS: i64 = 3_600_000;
const A_LITTLE: Duration = Duration::from_millis(50);

/// Sets the clock back by more than the longest delay; returns by how much.
async fn turn_far_back(fixture: &impl StoreFixture) -> i64 {
    let rest_ms = i64::try_from(fixture.longest_rest().as_millis()).expect("a rest is short");
    let by_ms = rest_ms + HOUR_MS;
    fixture.turn_clock(-by_ms).await;
    by_ms
}

/// What `due` lists page by page, and what `due_fairly` does.
async fn due_ids(store: &Arc<dyn Store>) -> [Vec<OrderId>; 2] {
    let mut listed = Vec::new();
    let mut page = DuePage {
        grace: Duration::ZERO,
        after: None,
        limit: 2,
    };
    loop {
        let orders = store.due(page).await.expect("due answers");
        let Some(last) = orders.last() else { break };
        page.after = Some((last.due_at, last.id));
        listed.extend(orders);
    }
    let fairly = store.due_fairly(100, 100).await;
    [listed, fairly.expect("due_fairly answers")].map(|orders| {
        let mut ids: Vec<_> = orders.iter().map(|order| order.id).collect();
        ids.sort();
        ids
    })
}

/// 9: due whatever the clock says now, and counted as waiting.
pub async fn orders_wait_for_no_clock_that_was_set_back(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    let mut orders = Vec::new();
    for _ in 0..3 {
        orders.push(given.accepted(&store).await);
    }
    let by_ms = turn_far_back(fixture).await;
    for _ in 0..2 {
        orders.push(given.accepted(&store).await);
    }

    for handle in [&store, &other] {
        assert_eq!(due_ids(handle).await, [orders.clone(), orders.clone()]);
        let counts = handle.counts().await.expect("counts answer");
        assert_eq!((counts.waiting, counts.delayed), (5, 0));
    }
    let mut lease = given.leased(&store, orders[0]).await;
    given.record(&store, &mut lease, failed()).await;
    fixture.turn_clock(by_ms).await;
    assert_eq!(
        due_ids(&other).await,
        [orders[1..].to_vec(), orders[1..].to_vec()]
    );
    given.leased(&other, orders[1]).await;
}

/// 9: their age is reported as well as possible.
pub async fn the_oldest_ages_although_the_clock_was_set_back(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    turn_far_back(fixture).await;
    let oldest = async || {
        let counts = store.counts().await.expect("counts answer");
        counts.oldest_waiting_ms
    };
    assert!(oldest().await.is_some());

    eventually("the oldest to age", || async {
        fixture.advance(A_LITTLE).await;
        (oldest().await > Some(0)).then_some(())
    })
    .await;

    let mut lease = given.leased(&store, order).await;
    assert_eq!(oldest().await, None);
    given.record(&store, &mut lease, failed()).await;
}

/// 9: a delayed order keeps waiting, unless the clock is set back by more than the longest delay.
pub async fn a_rest_outlasts_a_clock_set_back_by_no_more_than_it(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let retry = retry_after(Duration::from_secs(1_800));
    given.record(&store, &mut lease, retry).await;
    let worker = lease.worker;

    fixture.turn_clock(-HOUR_MS).await;
    let early = store.claim(order, worker).await.expect("claim answers");
    assert!(matches!(early, Claim::NotDue { .. }), "{early:?}");
    assert_eq!(due_ids(&store).await, [[], []]);

    turn_far_back(fixture).await;
    assert_eq!(due_ids(&store).await, [[order], [order]]);
    given.leased(&store, order).await;
}

/// Registry 7: live workers keep their leases.
pub async fn a_clock_set_back_ends_no_lease(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    turn_far_back(fixture).await;

    let buried = store
        .mark_silent_dead()
        .await
        .expect("mark_silent_dead answers");

    assert_eq!(buried, []);
    let worker = given.worker(&store).await;
    let claim = store.claim(order, worker).await.expect("claim answers");
    assert!(matches!(claim, Claim::Held), "{claim:?}");
    given
        .record(&store, &mut lease, EventData::RoutingStarted)
        .await;
    let answer = store.heartbeat(lease.worker, &beat(1, &[order])).await;
    let answer = answer.expect("heartbeat answers");
    assert!(matches!(answer, Heartbeat::Alive { .. }), "{answer:?}");
}

/// Registry 7: dead workers keep theirs no longer than usual.
pub async fn the_dead_hold_nothing_until_the_clock_is_where_it_was(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let dead = given.leased(&store, order).await.worker;
    turn_far_back(fixture).await;
    store
        .mark_silent_dead()
        .await
        .expect("mark_silent_dead answers");

    fixture.advance(fixture.lease() + A_LITTLE).await;

    let buried = store
        .mark_silent_dead()
        .await
        .expect("mark_silent_dead answers");
    assert_eq!(buried, [dead]);
    turn_far_back(fixture).await;
    let answer = store.heartbeat(dead, &beat(1, &[order])).await;
    assert_eq!(answer.expect("heartbeat answers"), Heartbeat::Gone);
    assert_eq!(given.leased(&store, order).await.deaths, 1);
}

fn check_times(events: &[Event]) {
    assert!(events.is_sorted_by_key(|event| event.at), "{events:?}");
}

/// 9: an order's own time.
pub async fn the_times_of_an_orders_events_never_go_back(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    let mut orders = Vec::new();
    for _ in 0..2 {
        let order = given.accepted(&store).await;
        let lease = given.leased(&store, order).await;
        orders.push(lease);
    }
    let by_ms = turn_far_back(fixture).await;
    for lease in &mut orders {
        given.build(&store, lease).await;
    }

    let confirmed = orders[0].order.id;
    let transaction = given.submit(&store, &mut orders[0]).await;
    fixture.turn_clock(by_ms).await;
    let paid = crate::contract::given::confirmed(&transaction);
    given.record(&store, &mut orders[0], paid).await;
    turn_far_back(fixture).await;
    let (order, event) = (orders[1].order.id, given.event_id());
    let withdrawn = store.withdraw(order, None, event, Withdrawal::Cancelled, "enough");
    let withdrawn = withdrawn.await.expect("withdraw answers");

    assert!(matches!(withdrawn, Withdrawn::Won { .. }), "{withdrawn:?}");
    for (order, count) in [(confirmed, 5), (order, 4)] {
        let events = other
            .events(order, Seq::FIRST)
            .await
            .expect("events answer");
        assert_eq!(events.len(), count);
        check_times(&events);
    }
}

/// 9 and 13: an order that has expired by its own time stays expired.
pub async fn a_clock_set_back_gives_no_order_its_time_again(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut order = given.order();
    order.terms.valid_for_seconds = Some(1);
    let order = given.accept(&store, order).await;
    let mut lease = given.leased(&store, order).await;
    fixture.advance(Duration::from_secs(2)).await;
    given.build(&store, &mut lease).await;
    turn_far_back(fixture).await;
    let transaction = given.transaction();
    let event = given.next(&lease.order, submitted(&transaction));

    let late = store.record_submission(&lease, &event, &transaction).await;

    assert_eq!(late.expect("record_submission answers"), Recorded::Expired);
    let event = given.event_id();
    let expired = store.withdraw(order, None, event, Withdrawal::Expired, "out of time");
    let expired = expired.await.expect("withdraw answers");
    assert!(matches!(expired, Withdrawn::Won { .. }), "{expired:?}");
}

/// Counts of the last minute are of the last minute.
pub async fn what_ended_before_the_clock_was_set_back_is_soon_forgotten(
    fixture: &impl StoreFixture,
) {
    let given = Given::new();
    let store = fixture.store();
    let confirm = async || {
        let order = given.accepted(&store).await;
        let mut lease = given.leased(&store, order).await;
        given.confirm(&store, &mut lease).await;
    };
    let ended = async || {
        let counts = store.counts().await.expect("counts answer");
        counts.ended_last_minute
    };
    confirm().await;
    assert_eq!(ended().await, 1);
    turn_far_back(fixture).await;

    fixture.advance(Duration::from_secs(61)).await;

    assert_eq!(ended().await, 0);
    confirm().await;
    assert_eq!(ended().await, 1);
}
