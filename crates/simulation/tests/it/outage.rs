//! The cluster is out of reach for five minutes while orders are submitted and not settled, some of which land meanwhile.
//! The real worker, landing list, store and simulated cluster, in virtual time.
//!
//! 1. All of them end once it is back, and none is executed twice.
//! 2. Looking at them costs two writes for each order and look, and looks become rare.

use std::sync::Arc;
use std::time::Duration;

use domain::Status;
use ports::simulation::Faults;
use testkit::VirtualClock;

use crate::world::{Worker, World};

const OUTAGE: Duration = Duration::from_secs(300);
/// A transaction's life, the proof of its death, and another one's landing, for all that fit into the slots at once.
const RECOVERY: Duration = Duration::from_secs(300);
/// Looks at an order outside its slot within an outage: after 2, 4, 8 and 16 s, and then every 30 s, each up to an
/// eighth earlier.
const LOOKS_MAX: u64 = 4 + 11;

async fn all_settle_after_an_outage(orders: usize) {
    // Slots as long as on mainnet.
    let world = World::new(Arc::new(VirtualClock::new()), 1.0);
    let worker = world.start(Worker {
        // So that all are submitted before the first of them dies.
        concurrency: 2_000,
        ..Worker::inside(1.0)
    });
    let nothing_arrives = Faults {
        send_dropped: 1.0,
        ..Faults::default()
    };
    world.set_faults(nothing_arrives).await;
    let accepted = world.accept(orders).await;
    world.until(orders, Status::Submitted).await;

    // Some of what is sent again arrives, and lands while nobody can be asked.
    let half_arrives = Faults {
        send_dropped: 0.5,
        ..Faults::default()
    };
    world.set_faults(half_arrives).await;
    tokio::time::sleep(Duration::from_millis(1_900)).await;
    let outage = Faults {
        outage: true,
        ..Faults::default()
    };
    world.set_faults(outage).await;
    let before = world.writes();
    tokio::time::sleep(OUTAGE).await;
    let during = world.writes().since(before);

    assert_eq!(world.count(Status::Submitted).await, orders);
    let count = u64::try_from(orders).unwrap();
    assert!(during.looks >= 5 * count, "{during:?}");
    assert!(during.looks <= LOOKS_MAX * count, "{during:?}");
    // Each order was in a slot when the outage began, and left it.
    assert!(during.all <= 2 * during.looks + count, "{during:?}");

    world.set_faults(Faults::default()).await;
    let settling = world.until(orders, Status::Confirmed);
    let settled = tokio::time::timeout(RECOVERY, settling).await;

    settled.expect("all orders are settled");
    let (first, later) = world.executions(&accepted).await;
    assert!(first > 0, "some landed during the outage");
    assert!(later > 0, "some died and were executed anew");
    // What the cluster itself says, whoever sent it.
    assert_eq!(world.landed().await.len(), orders);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn unsettled_orders_all_settle_after_an_outage_of_five_minutes() {
    all_settle_after_an_outage(200).await;
}

#[tokio::test(start_paused = true)]
#[ignore = "minutes in a debug build; scripts/test --full runs it"]
async fn six_thousand_unsettled_orders_all_settle_after_an_outage_of_five_minutes() {
    all_settle_after_an_outage(6_000).await;
}
