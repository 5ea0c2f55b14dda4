//! The promises of [`ports::worker_registry`], by their numbers. What leases owe to them is in
//! `order_store/claiming.rs`.

use std::sync::Arc;
use std::time::Duration;

use domain::WorkerId;
use ports::Store;
use ports::worker_registry::Heartbeat;

use super::given::granted;
use super::{Given, StoreFixture};

const A_LITTLE: Duration = Duration::from_millis(50);

/// 1: alive.
pub async fn a_heartbeat_keeps_a_worker_alive(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (one, other) = (given.worker(&store).await, given.worker(&store).await);
    for _ in 0..6 {
        fixture.advance(fixture.lease() / 4).await;
        store.heartbeat(other, 0).await.expect("heartbeat answers");

        let beat = store.heartbeat(one, 0).await;

        let alive = Heartbeat::Alive {
            paused: false,
            live_workers: 2,
        };
        assert_eq!(beat.expect("heartbeat answers"), alive);
    }
}

/// 2: gone.
pub async fn a_silent_worker_is_gone_for_ever(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let worker = given.worker(&store).await;

    fixture.advance(fixture.lease() + A_LITTLE).await;

    for _ in 0..3 {
        let beat = store.heartbeat(worker, 0).await.expect("heartbeat answers");
        assert_eq!(beat, Heartbeat::Gone);
    }
    let rows = store.workers().await.expect("workers answer");
    assert_eq!(rows, []);
}

/// 2: never here.
pub async fn an_unknown_worker_is_gone(fixture: &impl StoreFixture) {
    let given = Given::new();

    let beat = fixture.store().heartbeat(given.worker_id(), 0).await;

    assert_eq!(beat.expect("heartbeat answers"), Heartbeat::Gone);
}

/// 3: retired.
pub async fn a_retired_worker_is_gone(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let worker = given.worker(&store).await;

    store.retire(worker).await.expect("retire answers");
    // A repeat, or a retirement of somebody unknown, is nothing special.
    store.retire(worker).await.expect("retire answers");

    let beat = store.heartbeat(worker, 0).await.expect("heartbeat answers");
    assert_eq!(beat, Heartbeat::Gone);
}

/// 2: the reaper.
pub async fn the_silent_are_buried_once(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let silent = given.worker(&store).await;
    assert_eq!(store.bury_silent().await.expect("bury answers"), []);
    fixture.advance(fixture.lease() + A_LITTLE).await;
    let alive = given.worker(&store).await;

    let buried = store.bury_silent().await.expect("bury answers");
    let again = store.bury_silent().await.expect("bury answers");

    assert_eq!(buried, [silent]);
    assert_eq!(again, []);
    let beat = store.heartbeat(alive, 0).await.expect("heartbeat answers");
    let expected = Heartbeat::Alive {
        paused: false,
        live_workers: 1,
    };
    assert_eq!(beat, expected);
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
    for paused in [true, false] {
        other
            .set_paused(paused, "admin")
            .await
            .expect("set_paused answers");

        let beat = store.heartbeat(worker, 0).await.expect("heartbeat answers");

        let live_workers = 1;
        let expected = Heartbeat::Alive {
            paused,
            live_workers,
        };
        assert_eq!(beat, expected);
    }
}

/// 5: counted when asked.
pub async fn a_listed_worker_runs_what_it_holds_now(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    let worker = given.worker(&store).await;
    let idle = given.worker(&store).await;
    // What it says of itself is from another moment.
    store.heartbeat(worker, 9).await.expect("heartbeat answers");
    let mut leases = Vec::new();
    for _ in 0..3 {
        let order = given.accepted(&store).await;
        leases.push(granted(&store, order, worker).await);
    }
    assert_eq!(running(&other, worker).await, 3);

    store
        .release(&leases[0], Duration::ZERO)
        .await
        .expect("release answers");
    given.confirm(&store, &mut leases[1]).await;

    assert_eq!(running(&other, worker).await, 1);
    assert_eq!(running(&other, idle).await, 0);
}

async fn running(store: &Arc<dyn Store>, worker: WorkerId) -> u32 {
    let rows = store.workers().await.expect("workers answer");
    let row = rows.iter().find(|row| row.id == worker);
    row.expect("the worker is listed").running
}
