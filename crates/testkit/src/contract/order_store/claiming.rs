//! Promises 4, 10, 12 and 15: one worker at a time has the lease, until it ends; a pause holds starts back; what a release
//! says of a transaction is kept.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::landing::LandingReport;
use domain::{EventData, OrderId, WorkerId};
use ports::Store;
use ports::order_store::{Claim, Lease, Recorded};
use ports::worker_registry::Heartbeat;
use tokio::task::JoinSet;

use crate::contract::given::{beat, granted, retry_after, standing};
use crate::contract::{Given, StoreFixture};

async fn claim(store: &Arc<dyn Store>, order: OrderId, worker: WorkerId) -> Claim {
    store.claim(order, worker).await.expect("claim answers")
}

/// 4: one of many.
pub async fn fifty_concurrent_claims_grant_one(fixture: &impl StoreFixture) {
    let given = Given::new();
    let handles = [fixture.store(), fixture.second_handle().await];
    for _ in 0..5 {
        let order = given.accepted(&handles[0]).await;
        let mut claims = JoinSet::new();
        for index in 0..50 {
            let store = Arc::clone(&handles[index % 2]);
            let worker = given.worker(&store).await;
            claims.spawn(async move { claim(&store, order, worker).await });
        }

        let answers = claims.join_all().await;

        let granted = answers.iter().filter(|a| matches!(a, Claim::Granted(_)));
        assert_eq!(granted.count(), 1);
        let held = answers.iter().filter(|a| matches!(a, Claim::Held));
        assert_eq!(held.count(), 49);
    }
}

/// 4: while the worker with the lease is alive, whoever asks.
pub async fn a_held_order_is_not_granted_again(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let holder = given.leased(&store, order).await.worker;
    let other = given.worker(&store).await;

    assert!(matches!(claim(&store, order, other).await, Claim::Held));
    granted(&store, order, holder).await;
    assert!(matches!(claim(&store, order, other).await, Claim::Held));
}

/// 4: fencing.
pub async fn a_grant_makes_the_earlier_lease_worthless(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let old = given.leased(&store, order).await;
    store.retire(old.worker).await.expect("retire answers");
    let mut new = given.leased(&store, order).await;
    assert!(new.fence > old.fence);

    let late = given.next(&old.order, EventData::RoutingStarted);
    let refused = store.record(&old, &late).await.expect("record answers");

    assert_eq!(refused, Recorded::LeaseLost);
    given
        .record(&store, &mut new, EventData::RoutingStarted)
        .await;
}

/// 4: nothing there.
pub async fn an_unknown_order_is_not_granted(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let worker = given.worker(&store).await;

    let answer = claim(&store, given.order_id(), worker).await;

    assert!(matches!(answer, Claim::Unknown));
}

/// 4: the grant loads the order.
pub async fn a_granted_lease_tells_all_that_is_stored(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let new = given.order();
    let order = given.accept(&store, new.clone()).await;
    let mut first = given.leased(&store, order).await;
    assert_eq!(first.trace_context, new.trace_context);
    assert_eq!(first.live_transaction, None);
    given.build(&store, &mut first).await;
    let transaction = given.submit(&store, &mut first).await;
    store.retire(first.worker).await.expect("retire answers");

    let second = given.leased(&store, order).await;

    assert_eq!(second.order, first.order);
    assert_eq!(second.order.terms, new.terms);
    assert_eq!(second.live_transaction, Some(transaction));
    assert_eq!(second.trace_context, new.trace_context);
}

/// 10: released.
pub async fn a_release_ends_the_lease(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let lease = given.leased(&store, order).await;

    let released = store.release(&lease, Duration::ZERO).await;

    released.expect("release answers");
    let event = given.next(&lease.order, EventData::RoutingStarted);
    let late = store.record(&lease, &event).await.expect("record answers");
    assert_eq!(late, Recorded::LeaseLost);
    let next = given.leased(&store, order).await;
    assert!(next.fence > lease.fence);
}

/// 10: only the newest lease gives the order back.
pub async fn a_release_under_an_old_lease_changes_nothing(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let old = given.leased(&store, order).await;
    store.retire(old.worker).await.expect("retire answers");
    let mut new = given.leased(&store, order).await;

    store
        .release(&old, Duration::from_secs(3_600))
        .await
        .expect("release answers");

    let other = given.worker(&store).await;
    assert!(matches!(claim(&store, order, other).await, Claim::Held));
    given
        .record(&store, &mut new, EventData::RoutingStarted)
        .await;
}

fn fares(blocks: u64) -> Option<LandingReport> {
    Some(LandingReport {
        blocks_lived: Some(blocks),
        unit_price: 10_000,
        ..LandingReport::default()
    })
}

/// 15: the newest, of this transaction alone.
pub async fn a_release_says_how_a_transaction_fares_until_it_is_dead(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (first, _) = given.submitted(&store).await;
    let (other, _) = given.submitted(&store).await;
    let order = first.order.id;
    let told = async |lease: &Lease, blocks| {
        let released = store.release_with(lease, Duration::ZERO, fares(blocks));
        released.await.expect("release_with answers");
        standing(&store, order).await.landing
    };
    assert_eq!(standing(&store, order).await.landing, None);

    assert_eq!(told(&first, 7).await, fares(7));
    let mut second = given.leased(&store, order).await;
    assert_eq!(told(&first, 8).await, fares(7), "of an old lease");
    assert_eq!(told(&second, 9).await, fares(9));

    assert_eq!(standing(&store, other.order.id).await.landing, None);
    second = given.leased(&store, order).await;
    given
        .record(&store, &mut second, retry_after(Duration::ZERO))
        .await;
    assert_eq!(standing(&store, order).await.landing, None);
    let mut third = given.leased(&store, order).await;
    given.build(&store, &mut third).await;
    given.submit(&store, &mut third).await;
    assert_eq!(standing(&store, order).await.landing, None);
}

/// 15: nothing said.
pub async fn a_release_without_a_word_keeps_what_was_said(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (lease, _) = given.submitted(&store).await;
    let order = lease.order.id;
    let released = store.release_with(&lease, Duration::ZERO, fares(7)).await;
    released.expect("release_with answers");
    let lease = given.leased(&store, order).await;

    let released = store.release(&lease, Duration::ZERO).await;

    released.expect("release answers");
    assert_eq!(standing(&store, order).await.landing, fares(7));
    given.leased(&store, order).await;
}

/// 10: retired.
pub async fn a_retired_workers_order_is_granted_at_once(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let lease = given.leased(&store, order).await;

    store.retire(lease.worker).await.expect("retire answers");

    let other = given.worker(&fixture.second_handle().await).await;
    granted(&store, order, other).await;
}

/// 10: silent.
pub async fn a_silent_workers_order_is_granted_after_the_lease_time(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let silent = given.leased(&store, order).await;

    fixture
        .advance(fixture.lease() + Duration::from_millis(50))
        .await;

    let other = given.leased(&store, order).await;
    assert!(other.fence > silent.fence);
    let event = given.next(&silent.order, EventData::RoutingStarted);
    let late = store.record(&silent, &event).await.expect("record answers");
    assert_eq!(late, Recorded::LeaseLost);
}

/// 10: not silent.
pub async fn a_beating_worker_keeps_its_lease(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let lease = given.leased(&store, order).await;

    for number in 1..7 {
        fixture.advance(fixture.lease() / 4).await;
        let answer = store.heartbeat(lease.worker, &beat(number, &[order])).await;
        let answer = answer.expect("heartbeat answers");
        assert!(matches!(answer, Heartbeat::Alive { .. }), "{answer:?}");
    }

    let other = given.worker(&store).await;
    assert!(matches!(claim(&store, order, other).await, Claim::Held));
}

async fn set_paused(store: &Arc<dyn Store>, paused: bool) {
    let done = store.set_paused(paused, "admin").await;
    done.expect("set_paused answers");
}

/// 12: for every worker, as long as it lasts, without any effect on the order.
pub async fn a_confirmed_pause_holds_every_start_back(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    let order = given.accepted(&store).await;
    let worker = given.worker(&store).await;
    set_paused(&other, true).await;

    for handle in [&store, &other, &store, &other] {
        let answer = claim(handle, order, worker).await;
        assert!(matches!(answer, Claim::Paused), "{answer:?}");
    }

    set_paused(&other, false).await;
    granted(&store, order, worker).await;
}

/// 12: an execution that has begun continues.
pub async fn a_pause_grants_what_is_further_on(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut left = Vec::new();
    for steps in 0..3 {
        let order = given.accepted(&store).await;
        let mut lease = given.leased(&store, order).await;
        if steps == 0 {
            given
                .record(&store, &mut lease, EventData::RoutingStarted)
                .await;
        } else {
            given.build(&store, &mut lease).await;
        }
        if steps == 2 {
            given.submit(&store, &mut lease).await;
        }
        store.retire(lease.worker).await.expect("retire answers");
        left.push(order);
    }
    set_paused(&store, true).await;

    for order in left {
        given.leased(&store, order).await;
    }
}

/// 12: claims that are under way when operators pause.
pub async fn no_start_is_granted_after_a_pause_was_confirmed(fixture: &impl StoreFixture) {
    let given = Given::new();
    let handles = [fixture.store(), fixture.second_handle().await];
    let worker = given.worker(&handles[0]).await;
    let (mut claims, mut orders) = (JoinSet::new(), Vec::new());
    for index in 0..60 {
        let order = given.accepted(&handles[0]).await;
        orders.push(order);
        let store = Arc::clone(&handles[index % 2]);
        claims.spawn(async move { claim(&store, order, worker).await });
    }

    set_paused(&handles[1], true).await;

    // Every order granted by now has a lease, and no other order gets one.
    let prober = given.worker(&handles[1]).await;
    let mut held_when_confirmed = HashSet::new();
    for order in &orders {
        match claim(&handles[1], *order, prober).await {
            Claim::Held => assert!(held_when_confirmed.insert(*order)),
            Claim::Paused => {}
            other => panic!("{other:?}"),
        }
    }
    let mut granted = HashSet::new();
    for answer in claims.join_all().await {
        match answer {
            Claim::Granted(lease) => assert!(granted.insert(lease.order.id)),
            Claim::Paused => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(granted, held_when_confirmed);
}
