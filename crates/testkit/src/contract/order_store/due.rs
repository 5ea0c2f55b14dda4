//! Promise 9: the store's clock decides about due times and expiries; and what `due` and `overdue`
//! list.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{EventData, OrderId, Seq, Status};
use ports::Store;
use ports::order_store::{Claim, DueOrder, DuePage, Withdrawal, Withdrawn};

use crate::contract::given::{failed, retry_after};
use crate::contract::{Given, StoreFixture};

const EVERYTHING: DuePage = DuePage {
    grace: Duration::ZERO,
    after: None,
    limit: 1_000,
};

async fn due(store: &Arc<dyn Store>, page: DuePage) -> Vec<DueOrder> {
    store.due(page).await.expect("due answers")
}

async fn due_ids(store: &Arc<dyn Store>) -> Vec<OrderId> {
    let mut ids: Vec<_> = due(store, EVERYTHING).await.iter().map(|d| d.id).collect();
    ids.sort();
    ids
}

/// 9: due times.
pub async fn due_times_are_judged_by_the_stores_clock(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let lease = given.leased(&store, order).await;
    let delay = Duration::from_secs(2);
    store.release(&lease, delay).await.expect("release answers");
    let early = store.claim(order, lease.worker).await;
    let early = early.expect("claim answers");
    assert!(matches!(early, Claim::NotDue { .. }), "{early:?}");
    assert_eq!(due_ids(&store).await, []);

    fixture.advance(delay + Duration::from_millis(50)).await;

    assert_eq!(due_ids(&store).await, [order]);
    given.leased(&store, order).await;
}

/// 9: expiry.
pub async fn expiry_is_judged_by_the_stores_clock(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let expiring = |seconds| {
        let mut order = given.order();
        order.terms.valid_for_seconds = Some(seconds);
        order
    };
    let soon = given.accept(&store, expiring(1)).await;
    let late = given.accept(&store, expiring(3_600)).await;
    let never = given.accepted(&store).await;
    let gone = given.accept(&store, expiring(3_600)).await;
    let mut lease = given.leased(&store, gone).await;
    given.build(&store, &mut lease).await;
    given.submit(&store, &mut lease).await;
    let expire = async |order| {
        let event = given.event_id();
        let call = store.withdraw(order, None, event, Withdrawal::Expired, "out of time");
        call.await.expect("withdraw answers")
    };
    let status = Status::Pending;
    assert_eq!(expire(soon).await, Withdrawn::TooLate { status });

    fixture.advance(Duration::from_millis(1_050)).await;

    let overdue = store.overdue(100).await.expect("overdue answers");
    assert_eq!(overdue, [soon]);
    assert_eq!(expire(late).await, Withdrawn::TooLate { status });
    assert_eq!(expire(never).await, Withdrawn::TooLate { status });
    let expired = expire(soon).await;
    let Withdrawn::Won { event, .. } = expired else {
        panic!("not expired: {expired:?}");
    };
    assert_eq!(event.data.status(), Status::Expired);
    let overdue = store.overdue(100).await.expect("overdue answers");
    assert_eq!(overdue, []);
}

/// What the sweeper reads.
pub async fn due_orders_are_listed_page_by_page(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut accepted = Vec::new();
    for _ in 0..25 {
        accepted.push(given.accepted(&store).await);
    }
    let mut listed = Vec::new();
    let mut page = DuePage {
        limit: 10,
        ..EVERYTHING
    };

    loop {
        let orders = due(&store, page).await;
        let Some(last) = orders.last() else { break };
        page.after = Some((last.due_at, last.id));
        assert!(orders.len() <= page.limit);
        listed.extend(orders);
        assert!(listed.len() <= accepted.len(), "an order was repeated");
    }

    assert!(listed.is_sorted_by_key(|order| order.due_at));
    let mut ids: Vec<_> = listed.iter().map(|order| order.id).collect();
    ids.sort();
    assert_eq!(ids, accepted);
}

/// What the sweeper leaves alone.
pub async fn held_and_ended_orders_are_not_due(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (waiting, held) = (given.accepted(&store).await, given.accepted(&store).await);
    let ended = given.accepted(&store).await;
    let holder = given.leased(&store, held).await;
    let mut lease = given.leased(&store, ended).await;
    given.record(&store, &mut lease, failed()).await;
    assert_eq!(due_ids(&store).await, [waiting]);

    store.retire(holder.worker).await.expect("retire answers");

    assert_eq!(due_ids(&store).await, [waiting, held]);
}

/// What needs a permit of a limiter.
pub async fn due_tells_starts_from_resumes(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut starts = HashMap::new();
    for steps in 0..4 {
        let order = given.accepted(&store).await;
        let mut lease = given.leased(&store, order).await;
        if steps == 1 {
            given
                .record(&store, &mut lease, EventData::RoutingStarted)
                .await;
        }
        if steps >= 2 {
            given.build(&store, &mut lease).await;
        }
        if steps == 3 {
            let retry = retry_after(Duration::ZERO);
            given.record(&store, &mut lease, retry).await;
        }
        store.retire(lease.worker).await.expect("retire answers");
        starts.insert(order, steps == 0 || steps == 3);
    }

    let listed = due(&store, EVERYTHING).await;
    let fairly = store.due_fairly(10, 10).await.expect("due_fairly answers");

    for orders in [listed, fairly] {
        assert_eq!(orders.len(), starts.len());
        for order in orders {
            assert_eq!(order.starts_execution, starts[&order.id]);
            assert_eq!(order.client, domain::ClientId::anyone());
        }
    }
}

/// Orders that are just being pushed are left out.
pub async fn the_grace_leaves_fresh_orders_alone(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let grace = Duration::from_secs(2);
    let page = DuePage {
        grace,
        ..EVERYTHING
    };
    given.accepted(&store).await;
    assert_eq!(due(&store, page).await, []);

    fixture.advance(grace + Duration::from_millis(50)).await;

    assert_eq!(due(&store, page).await.len(), 1);
}

/// Without a queue, one client's backlog does not hide another's order.
pub async fn due_orders_are_taken_in_turn_between_clients(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (flood, single) = (given.client("flood"), given.client("single"));
    for _ in 0..30 {
        given.accept(&store, given.order_of(&flood)).await;
    }
    given.accept(&store, given.order_of(&single)).await;

    let two_each = store.due_fairly(2, 100).await.expect("due_fairly answers");
    let two_at_all = store.due_fairly(2, 2).await.expect("due_fairly answers");

    let of = |orders: &[DueOrder], client| orders.iter().filter(|o| &o.client == client).count();
    assert_eq!((of(&two_each, &flood), of(&two_each, &single)), (2, 1));
    assert_eq!((of(&two_at_all, &flood), of(&two_at_all, &single)), (1, 1));
}

/// 14: submitted orders that wait, and nothing else of them.
pub async fn news_of_a_transaction_make_its_order_due(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let rest = Duration::from_secs(30);
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let (lease, _) = given.submitted(&store).await;
        store.release(&lease, rest).await.expect("release answers");
        waiting.push(lease.order.id);
    }
    let [one, other, left] = &waiting[..] else {
        unreachable!("three were made");
    };
    assert_eq!(due_ids(&store).await, []);

    let told = make_due(&store, &[*one, *other, *one]).await;
    let again = fixture.second_handle().await;
    let again = make_due(&again, &[*one]).await;

    assert_eq!(told, [*one, *other]);
    assert_eq!(again, [*one], "it is due, so it is told again");
    assert_eq!(due_ids(&store).await, [*one, *other]);
    let events = store.events(*one, Seq::FIRST).await.expect("events answer");
    assert_eq!(events.len(), 4, "being due is no event");
    let lease = given.leased(&store, *one).await;
    assert!(lease.live_transaction.is_some());
    let early = store.claim(*left, lease.worker).await;
    let early = early.expect("claim answers");
    assert!(matches!(early, Claim::NotDue { .. }), "{early:?}");
    let counts = store.counts().await.expect("counts answer");
    assert_eq!(counts.delayed, 1);
}

/// 14: held, ended, not submitted, or unknown.
pub async fn nothing_else_is_made_due(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (holder, _) = given.submitted(&store).await;
    let held = holder.order.id;
    let (mut lease, _) = given.submitted(&store).await;
    let ended = lease.order.id;
    given.record(&store, &mut lease, failed()).await;
    let retried = given.accepted(&store).await;
    let mut lease = given.leased(&store, retried).await;
    given
        .record(&store, &mut lease, EventData::RoutingStarted)
        .await;
    let retry = retry_after(Duration::from_secs(30));
    given.record(&store, &mut lease, retry).await;
    let all = [held, ended, retried, given.order_id()];

    assert_eq!(make_due(&store, &all).await, []);
    assert_eq!(due_ids(&store).await, []);

    store.retire(holder.worker).await.expect("retire answers");
    assert_eq!(make_due(&store, &all).await, [held]);
}

/// Which orders are due by this, in order.
async fn make_due(store: &Arc<dyn Store>, orders: &[OrderId]) -> Vec<OrderId> {
    let due = store.make_due(orders).await.expect("make_due answers");
    assert!(due.iter().all(|order| !order.starts_execution));
    let mut ids: Vec<_> = due.iter().map(|order| order.id).collect();
    ids.sort();
    ids.dedup();
    ids
}
