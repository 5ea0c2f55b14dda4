//! The promises of [`ports::worker_registry`], by their numbers. Those about leases are in
//! `order_store/claiming.rs`.

use std::sync::Arc;
use std::time::Duration;

use domain::WorkerId;
use ports::Store;
use ports::worker_registry::Heartbeat;

use super::given::{beat, granted};
use super::{Given, StoreFixture};

const A_LITTLE: Duration = Duration::from_millis(50);

/// 1: alive.
pub async fn a_heartbeat_keeps_a_worker_alive(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (one, other) = (given.worker(&store).await, given.worker(&store).await);
    for number in 1..7 {
        fixture.advance(fixture.lease() / 4).await;
        let answer = store.heartbeat(other, &beat(number, &[])).await;
        answer.expect("heartbeat answers");

        let answer = store.heartbeat(one, &beat(number, &[])).await;

        let alive = Heartbeat::Alive {
            paused: false,
            live_workers: 2,
        };
        assert_eq!(answer.expect("heartbeat answers"), alive);
    }
}

/// 2: gone.
pub async fn a_silent_worker_is_gone_for_ever(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let worker = given.worker(&store).await;

    fixture.advance(fixture.lease() + A_LITTLE).await;

    for _ in 0..3 {
        let answer = store.heartbeat(worker, &beat(1, &[])).await;
        assert_eq!(answer.expect("heartbeat answers"), Heartbeat::Gone);
    }
    let rows = store.workers().await.expect("workers answer");
    assert_eq!(rows, []);
}

/// 2: never here.
pub async fn an_unknown_worker_is_gone(fixture: &impl StoreFixture) {
    let given = Given::new();

    let store = fixture.store();
    let answer = store.heartbeat(given.worker_id(), &beat(1, &[])).await;

    assert_eq!(answer.expect("heartbeat answers"), Heartbeat::Gone);
}

/// 3: retired.
pub async fn a_retired_worker_is_gone(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let worker = given.worker(&store).await;

    store.retire(worker).await.expect("retire answers");
    // Retiring again, or retiring an unknown worker, is allowed.
    store.retire(worker).await.expect("retire answers");

    let answer = store.heartbeat(worker, &beat(1, &[])).await;
    assert_eq!(answer.expect("heartbeat answers"), Heartbeat::Gone);
}

/// 2: the reaper.
pub async fn the_silent_are_buried_once(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let silent = given.worker(&store).await;
    assert_eq!(store.mark_silent_dead().await.expect("bury answers"), []);
    fixture.advance(fixture.lease() + A_LITTLE).await;
    let alive = given.worker(&store).await;

    let buried = store.mark_silent_dead().await.expect("bury answers");
    let again = store.mark_silent_dead().await.expect("bury answers");

    assert_eq!(buried, [silent]);
    assert_eq!(again, []);
    let answer = store.heartbeat(alive, &beat(1, &[])).await;
    let expected = Heartbeat::Alive {
        paused: false,
        live_workers: 1,
    };
    assert_eq!(answer.expect("heartbeat answers"), expected);
}

/// The list of the living.
pub async fn workers_are_listed_oldest_first(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let rows = [given.worker_row(), given.worker_row(), given.worker_row()];
    for row in &rows {
        store.enlist(row).await.expect("enlist answers");
        fixture.advance(Duration::from_millis(5)).await;
    }

    let listed = fixture.second_handle().await.workers().await;

    let listed = listed.expect("workers answer");
    assert_eq!(listed.len(), rows.len());
    for (row, listed) in rows.iter().zip(listed) {
        assert_eq!(listed.id, row.id);
        assert_eq!(listed.host, row.host);
        assert_eq!(listed.version, row.version);
        assert_eq!(listed.slots, row.slots);
    }
}

/// 4: paused.
pub async fn a_heartbeat_tells_of_a_pause(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    let worker = given.worker(&store).await;
    for (number, paused) in [(1, true), (2, false)] {
        other
            .set_paused(paused, "admin")
            .await
            .expect("set_paused answers");

        let answer = store.heartbeat(worker, &beat(number, &[])).await;

        let live_workers = 1;
        let expected = Heartbeat::Alive {
            paused,
            live_workers,
        };
        assert_eq!(answer.expect("heartbeat answers"), expected);
    }
}

/// 5: as it said itself.
pub async fn a_listed_worker_runs_what_it_named_last(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    let worker = given.worker(&store).await;
    let idle = given.worker(&store).await;
    let mut orders = Vec::new();
    for _ in 0..3 {
        let order = given.accepted(&store).await;
        orders.push(granted(&store, order, worker).await.order.id);
    }

    for (number, count) in [(1, 3), (2, 1), (3, 2)] {
        let beat = beat(number, &orders[..count]);
        let answer = store.heartbeat(worker, &beat).await;
        answer.expect("heartbeat answers");
        assert_eq!(
            running(&other, worker).await,
            u32::try_from(count).unwrap_or(0)
        );
    }
    assert_eq!(running(&other, idle).await, 0);
}

async fn running(store: &Arc<dyn Store>, worker: WorkerId) -> u32 {
    let rows = store.workers().await.expect("workers answer");
    let row = rows.iter().find(|row| row.id == worker);
    row.expect("the worker is listed").running
}
