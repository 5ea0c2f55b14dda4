//! The promises of [`ports::operations`], by their numbers.

mod binding;

use std::sync::Arc;

use domain::{ClientId, EventData, OrderId};
use ports::Store;
use ports::operations::DeadRetry;
use ports::order_store::{Withdrawal, Withdrawn};
use tokio::task::JoinSet;

pub use binding::*;

use super::given::{confirmed, failed};
use super::{Given, StoreFixture};

async fn dead(store: &Arc<dyn Store>) -> Vec<OrderId> {
    let orders = store.dead(None, 100).await.expect("dead answers");
    orders.iter().map(|order| order.id).collect()
}

async fn a_failed_order(given: &Given, store: &Arc<dyn Store>) -> OrderId {
    let order = given.accepted(store).await;
    let mut lease = given.leased(store, order).await;
    given
        .record(store, &mut lease, EventData::RoutingStarted)
        .await;
    given.record(store, &mut lease, failed()).await;
    order
}

/// 1: paused.
pub async fn a_pause_survives_a_crash(fixture: &impl StoreFixture) {
    let store = fixture.store();
    assert!(!store.is_paused().await.expect("is_paused answers"));

    store
        .set_paused(true, "admin")
        .await
        .expect("set_paused answers");

    let found = fixture.after_a_crash().await;
    assert!(found.is_paused().await.expect("is_paused answers"));
}

/// 2: logged.
pub async fn every_act_is_in_the_audit_log(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = a_failed_order(&given, &store).await;
    for paused in [true, false] {
        store
            .set_paused(paused, "loopback")
            .await
            .expect("set_paused answers");
    }
    store
        .retry_dead(order, given.order(), "admin")
        .await
        .expect("retry_dead answers");

    store
        .note_act("admin", "sim_faults", "outage true")
        .await
        .expect("note_act answers");

    let entries = store.audit(None, 100).await.expect("audit answers");

    assert_eq!(entries[0].detail.as_deref(), Some("outage true"));
    let acts: Vec<_> = entries
        .iter()
        .map(|e| (e.actor.as_str(), e.action.as_str(), e.subject.clone()))
        .collect();
    let expected = [
        ("admin", "sim_faults", None),
        ("admin", "retry", Some(order.to_string())),
        ("loopback", "resume", None),
        ("loopback", "pause", None),
    ];
    assert_eq!(acts, expected);
    let older = store.audit(Some(entries[0].id), 1).await;
    assert_eq!(older.expect("audit answers"), entries[1..2]);
}

/// 3: listed until retried.
pub async fn a_failed_order_is_dead_until_retried(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (one, two) = (
        a_failed_order(&given, &store).await,
        a_failed_order(&given, &store).await,
    );
    assert_eq!(dead(&store).await, [two, one]);
    let older = store.dead(Some(two), 100).await.expect("dead answers");
    assert_eq!(older.len(), 1);
    assert_eq!(older[0].id, one);
    let replacement = given.order();

    let retried = store.retry_dead(one, replacement.clone(), "admin").await;

    let retried = retried.expect("retry_dead answers");
    let DeadRetry::Accepted { event, client } = retried else {
        panic!("not retried: {retried:?}");
    };
    assert_eq!(client, ClientId::anyone());
    assert_eq!(event.order_id, replacement.id);
    assert_eq!(dead(&store).await, [two]);
    given.leased(&store, replacement.id).await;
}

/// 3: once.
pub async fn a_dead_order_is_retried_at_most_once(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = a_failed_order(&given, &store).await;
    let mut retries = JoinSet::new();
    for _ in 0..20 {
        let (store, replacement) = (Arc::clone(&store), given.order());
        retries.spawn(async move {
            let retried = store.retry_dead(order, replacement, "admin").await;
            retried.expect("retry_dead answers")
        });
    }

    let answers = retries.join_all().await;

    let taken = answers.iter().filter(|a| **a != DeadRetry::NotDead);
    assert_eq!(taken.count(), 1);
    let counts = store.counts().await.expect("counts answer");
    assert_eq!(counts.by_status[0], 1);
    assert_eq!(
        store.audit(None, 100).await.expect("audit answers").len(),
        1
    );
}

/// 3: the lost reply.
pub async fn a_repeated_retry_gives_the_true_answer(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = a_failed_order(&given, &store).await;
    let replacement = given.order();
    let call = async || {
        let retried = store.retry_dead(order, replacement.clone(), "admin").await;
        retried.expect("retry_dead answers")
    };

    let first = call().await;
    let again = call().await;

    assert!(matches!(first, DeadRetry::Accepted { .. }), "{first:?}");
    assert_eq!(again, first);
    assert_eq!(
        store.audit(None, 100).await.expect("audit answers").len(),
        1
    );
}

/// 3: only failed ones.
pub async fn only_failed_orders_are_dead(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let open = given.accepted(&store).await;
    let cancelled = given.accepted(&store).await;
    let event = given.event_id();
    let withdrawn = store.withdraw(cancelled, None, event, Withdrawal::Cancelled, "no");
    let withdrawn = withdrawn.await.expect("withdraw answers");
    assert!(matches!(withdrawn, Withdrawn::Won { .. }));
    let done = given.accepted(&store).await;
    let mut lease = given.leased(&store, done).await;
    given.build(&store, &mut lease).await;
    let transaction = given.submit(&store, &mut lease).await;
    given
        .record(&store, &mut lease, confirmed(&transaction))
        .await;

    assert_eq!(dead(&store).await, []);
    for order in [open, cancelled, done, given.order_id()] {
        let retried = store.retry_dead(order, given.order(), "admin").await;
        assert_eq!(retried.expect("retry_dead answers"), DeadRetry::NotDead);
    }
}

/// Readiness.
pub async fn a_store_that_works_answers_a_ping(fixture: &impl StoreFixture) {
    let pinged = fixture.store().ping().await;

    pinged.expect("ping answers");
}
