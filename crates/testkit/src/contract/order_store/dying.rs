//! Promise 11: workers that died with an order in their hands are counted, and no others.

use std::sync::Arc;
use std::time::Duration;

use domain::{EventData, OrderId};
use ports::Store;
use ports::order_store::{Claim, Lease, POISON_DEATHS};

use crate::contract::given::failed;
use crate::contract::{Given, StoreFixture};

async fn dies(fixture: &impl StoreFixture) {
    fixture
        .advance(fixture.lease() + Duration::from_millis(50))
        .await;
}

async fn claim_alone(given: &Given, store: &Arc<dyn Store>, order: OrderId) -> Lease {
    let worker = given.worker(store).await;
    let claim = store.claim_alone(order, worker).await;
    match claim.expect("claim_alone answers") {
        Claim::Granted(lease) => *lease,
        other => panic!("not granted: {other:?}"),
    }
}

/// 11: counted, and only the order itself can cause the last death.
pub async fn workers_that_die_with_an_order_are_counted(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    let order = given.accepted(&store).await;
    for deaths in 0..POISON_DEATHS - 1 {
        let lease = given.leased(&store, order).await;
        assert_eq!(lease.deaths, deaths);
        dies(fixture).await;
    }
    for handle in [&store, &other, &store] {
        let worker = given.worker(handle).await;
        let claim = handle.claim(order, worker).await.expect("claim answers");
        assert!(matches!(claim, Claim::OnlyAlone), "{claim:?}");
    }

    let alone = claim_alone(&given, &store, order).await;
    assert_eq!(alone.deaths, POISON_DEATHS - 1);
    dies(fixture).await;

    // The next worker only ends the order.
    let mut lease = given.leased(&store, order).await;
    assert_eq!(lease.deaths, POISON_DEATHS);
    given.record(&store, &mut lease, failed()).await;
    let worker = given.worker(&store).await;
    let claim = store.claim(order, worker).await.expect("claim answers");
    assert!(matches!(claim, Claim::Ended), "{claim:?}");
}

/// 11: whether or not it was marked dead.
pub async fn a_buried_worker_has_died(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let lease = given.leased(&store, order).await;
    dies(fixture).await;

    let buried = store
        .mark_silent_dead()
        .await
        .expect("mark_silent_dead answers");

    assert_eq!(buried, [lease.worker]);
    assert_eq!(given.leased(&store, order).await.deaths, 1);
}

/// 11: on purpose, in time or late.
pub async fn who_retires_has_not_died(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    for round in 0..2 * POISON_DEATHS {
        let lease = given.leased(&store, order).await;
        assert_eq!(lease.deaths, 0, "round {round}");
        if round % 3 > 0 {
            // It was frozen, or the clock was set forward, and it notices before others do.
            dies(fixture).await;
        }
        if round % 3 > 1 {
            store
                .mark_silent_dead()
                .await
                .expect("mark_silent_dead answers");
        }
        store.retire(lease.worker).await.expect("retire answers");
    }
}

/// 11: since its last event.
pub async fn an_event_ends_the_count_of_deaths(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    given.leased(&store, order).await;
    dies(fixture).await;
    let mut lease = given.leased(&store, order).await;
    assert_eq!(lease.deaths, 1);
    given
        .record(&store, &mut lease, EventData::RoutingStarted)
        .await;
    let released = store.release(&lease, Duration::ZERO).await;
    released.expect("release answers");

    let mut lease = given.leased(&store, order).await;

    assert_eq!(lease.deaths, 0);
    given
        .record(&store, &mut lease, crate::contract::given::routed())
        .await;
    // A death after the last event is the first one since.
    dies(fixture).await;
    assert_eq!(given.leased(&store, order).await.deaths, 1);
}

/// 11: a release is neither a death nor the end of the count.
pub async fn a_deliberate_release_is_no_death(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let release = async |lease: &Lease| {
        let released = store.release(lease, Duration::ZERO).await;
        released.expect("release answers");
    };
    for _ in 0..2 * POISON_DEATHS {
        let lease = given.leased(&store, order).await;
        assert_eq!(lease.deaths, 0);
        release(&lease).await;
    }
    given.leased(&store, order).await;
    dies(fixture).await;
    let lease = given.leased(&store, order).await;
    assert_eq!(lease.deaths, 1);

    release(&lease).await;

    assert_eq!(given.leased(&store, order).await.deaths, 1);
}

/// 11: only the chain can end it.
pub async fn an_order_with_a_live_attempt_is_granted_in_company(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    given.submit(&store, &mut lease).await;

    for deaths in 1..=2 * POISON_DEATHS {
        dies(fixture).await;
        assert_eq!(given.leased(&store, order).await.deaths, deaths);
    }
}
