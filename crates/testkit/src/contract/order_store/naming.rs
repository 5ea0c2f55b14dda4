//! Promises 4 and 10 with lost answers: a repeated claim, and leases that heartbeats stop naming.

use std::sync::Arc;
use std::time::Duration;

use domain::{EventData, OrderId, WorkerId};
use ports::Store;
use ports::order_store::{Claim, DuePage, Lease};
use ports::worker_registry::{Beat, Heartbeat};

use crate::contract::given::granted;
use crate::contract::{Given, StoreFixture};

/// A heartbeat whose list was written when the answer to `heard` had arrived.
async fn beat(
    store: &Arc<dyn Store>,
    worker: WorkerId,
    (number, heard): (u64, u64),
    holding: &[OrderId],
) {
    let beat = Beat {
        number,
        heard,
        holding: holding.to_vec(),
    };
    let answer = store.heartbeat(worker, &beat).await;
    let answer = answer.expect("heartbeat answers");
    assert!(matches!(answer, Heartbeat::Alive { .. }), "{answer:?}");
}

async fn check_held(given: &Given, store: &Arc<dyn Store>, order: OrderId) {
    let other = given.worker(store).await;
    let claim = store.claim(order, other).await.expect("claim answers");
    assert!(matches!(claim, Claim::Held), "{claim:?}");
    assert!(!is_due(store, order).await, "a held order is not due");
}

async fn is_due(store: &Arc<dyn Store>, order: OrderId) -> bool {
    let page = DuePage {
        grace: Duration::ZERO,
        after: None,
        limit: 100,
    };
    let due = store.due(page).await.expect("due answers");
    let fairly = store.due_fairly(100, 100).await.expect("due answers");
    assert_eq!(due.len(), fairly.len());
    due.iter().any(|due| due.id == order)
}

/// An order, and the lease of a newly registered worker.
async fn leased(given: &Given, store: &Arc<dyn Store>) -> Lease {
    let order = given.accepted(store).await;
    given.leased(store, order).await
}

/// 4: the answer was lost, so the worker claims again.
pub async fn a_repeated_claim_tells_of_the_lease_that_it_has(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    let first = leased(&given, &store).await;
    let order = first.order.id;

    for handle in [&store, &other] {
        let again = granted(handle, order, first.worker).await;
        assert_eq!(again.fence, first.fence);
        assert_eq!(again.order, first.order);
        assert_eq!(again.deaths, 0);
    }

    check_held(&given, &store, order).await;
    let mut lease = first;
    given
        .record(&store, &mut lease, EventData::RoutingStarted)
        .await;
    let again = granted(&store, order, lease.worker).await;
    assert_eq!((again.fence, &again.order), (lease.fence, &lease.order));
}

/// 4: including what only a resumed order has.
pub async fn a_repeated_claim_tells_of_the_live_attempt(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut lease = leased(&given, &store).await;
    given.build(&store, &mut lease).await;
    let transaction = given.submit(&store, &mut lease).await;

    let again = granted(&store, lease.order.id, lease.worker).await;

    assert_eq!(again.live_transaction, Some(transaction));
    assert_eq!(again.order, lease.order);
}

/// 12: if the grant's answer was lost, the execution has not begun.
pub async fn a_pause_holds_a_repeated_claim_back(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let lease = leased(&given, &store).await;
    let paused = store.set_paused(true, "admin").await;
    paused.expect("set_paused answers");

    let again = store.claim(lease.order.id, lease.worker).await;

    let again = again.expect("claim answers");
    assert!(matches!(again, Claim::Paused), "{again:?}");
}

/// 10: named.
pub async fn an_order_that_heartbeats_name_stays_held(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let lease = leased(&given, &store).await;
    let order = lease.order.id;

    for number in 1..5 {
        beat(&store, lease.worker, (number, number - 1), &[order]).await;
        check_held(&given, &store, order).await;
    }
}

/// 10: granted, but its worker never got the answer.
pub async fn an_order_that_heartbeats_do_not_name_is_free_after_two(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    let lease = leased(&given, &store).await;
    let (order, holder) = (lease.order.id, lease.worker);
    let mut kept = leased(&given, &store).await;
    let named = granted(&store, given.accepted(&store).await, holder).await;

    beat(&store, holder, (1, 0), &[named.order.id]).await;
    // The grant may have been on its way when the list was written.
    check_held(&given, &other, order).await;
    beat(&store, holder, (2, 1), &[named.order.id]).await;

    assert!(is_due(&other, order).await, "it is due again");
    let next = given.leased(&other, order).await;
    assert!(next.fence > lease.fence);
    assert_eq!(next.deaths, 0, "nobody died");
    // Leases of other workers, and the orders that it names, are untouched.
    check_held(&given, &store, named.order.id).await;
    given
        .record(&store, &mut kept, EventData::RoutingStarted)
        .await;
}

/// 11: nobody had the order in hand when the worker died.
pub async fn who_dies_with_an_order_that_it_did_not_name_is_not_counted(
    fixture: &impl StoreFixture,
) {
    let given = Given::new();
    let store = fixture.store();
    let unnamed = leased(&given, &store).await;
    let holder = unnamed.worker;
    let named = granted(&store, given.accepted(&store).await, holder).await;
    for number in 1..4 {
        beat(&store, holder, (number, number - 1), &[named.order.id]).await;
    }

    fixture
        .advance(fixture.lease() + Duration::from_millis(50))
        .await;

    assert_eq!(given.leased(&store, unnamed.order.id).await.deaths, 0);
    assert_eq!(given.leased(&store, named.order.id).await.deaths, 1);
}

/// 10: the answer to a heartbeat is lost, and the next heartbeat's list was written before the
/// claim.
pub async fn a_lost_answer_to_a_heartbeat_frees_nothing(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let worker = given.worker(&store).await;
    let order = given.accepted(&store).await;
    beat(&store, worker, (1, 0), &[]).await;
    beat(&store, worker, (2, 1), &[]).await;

    granted(&store, order, worker).await;

    // Written before the claim was sent, and again with the claim on its way.
    for number in 3..7 {
        beat(&store, worker, (number, 2), &[]).await;
        check_held(&given, &store, order).await;
    }
    beat(&store, worker, (7, 6), &[order]).await;
    check_held(&given, &store, order).await;
}

/// 10: after a heartbeat's list is written and before it arrives, a worker claims again an order
/// that it had given up.
pub async fn a_claim_repeated_while_a_heartbeat_is_on_its_way_keeps_the_order(
    fixture: &impl StoreFixture,
) {
    let given = Given::new();
    let store = fixture.store();
    let lease = leased(&given, &store).await;
    let (order, worker) = (lease.order.id, lease.worker);
    beat(&store, worker, (1, 0), &[order]).await;
    beat(&store, worker, (2, 1), &[order]).await;
    // The third heartbeat's list is written here, without the order.

    let again = granted(&store, order, worker).await;
    beat(&store, worker, (3, 2), &[]).await;

    assert_eq!(again.fence, lease.fence);
    check_held(&given, &store, order).await;
    beat(&store, worker, (4, 3), &[order]).await;
    check_held(&given, &store, order).await;
}

/// Registry 6: a frozen server executes an old one last.
pub async fn a_heartbeat_that_arrives_late_changes_nothing(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    let lease = leased(&given, &store).await;
    let (order, worker) = (lease.order.id, lease.worker);
    beat(&store, worker, (5, 4), &[order]).await;

    beat(&other, worker, (4, 3), &[]).await;
    beat(&store, worker, (5, 4), &[]).await;

    check_held(&given, &store, order).await;
    let rows = other.workers().await.expect("workers answer");
    let row = rows.iter().find(|row| row.id == worker);
    assert_eq!(row.expect("the worker is listed").running, 1);
}

/// 10: the numbers of heartbeats decide, whatever the clock says.
pub async fn a_clock_that_is_set_back_frees_nothing_that_is_named(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let lease = leased(&given, &store).await;
    let (order, worker) = (lease.order.id, lease.worker);
    beat(&store, worker, (1, 0), &[order]).await;

    for (number, by_ms) in [(2, -3_600_000), (3, -1_800_000), (4, -600_000)] {
        fixture.turn_clock(by_ms).await;
        store
            .mark_silent_dead()
            .await
            .expect("mark_silent_dead answers");
        beat(&store, worker, (number, number - 1), &[order]).await;
        let other = given.worker(&store).await;
        let claim = store.claim(order, other).await.expect("claim answers");
        // By the clock as it is now, the order was not yet due when it was granted.
        let is_kept = matches!(claim, Claim::Held | Claim::NotDue { .. });
        assert!(is_kept, "{claim:?}");
    }
}
