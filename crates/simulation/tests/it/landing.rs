//! Orders over JSON-RPC, with what goes wrong between an engine and a real node (FAILURES.md, 29 to 39). The witness is
//! the cluster's own ledger.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chain_solana::pace::Pace;
use chain_solana::rpc::Commitment;
use domain::{EventData, OrderId, Status};
use ports::SystemClock;
use ports::simulation::Faults;

use crate::world::{Way, Worker, World};

/// A tenth of mainnet's times: a slot is 40 ms, and a transaction lives 6 s.
const SCALE: f64 = 0.1;
/// Far longer than any of these takes.
const LIMIT: Duration = Duration::from_secs(120);

fn world(scale: f64) -> World {
    World::new(Arc::new(SystemClock::new()), scale)
}

/// A worker with everything that it has on a real cluster, whose slots are shorter.
fn worker() -> Worker {
    let pace = Pace::simulated(SCALE);
    Worker {
        way: Way::WithSocket,
        pace: Pace {
            // As many sends in a transaction's life as on a real cluster.
            resend_min: pace.slot,
            looks_per_slot: 1,
            ..pace
        },
        ..Worker::inside(SCALE)
    }
}

/// Waits until all have ended; returns how many were confirmed.
async fn ended(world: &World, orders: &[OrderId]) -> usize {
    let ending = async {
        loop {
            let confirmed = world.count(Status::Confirmed).await;
            if confirmed + world.count(Status::Failed).await == orders.len() {
                return confirmed;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let ended = tokio::time::timeout(LIMIT, ending).await;
    ended.expect("all orders end")
}

/// The swaps that took effect are those that confirmed orders name, each once.
async fn check_each_once(world: &World, orders: &[OrderId]) {
    let mut named = BTreeSet::new();
    for order in orders {
        for event in world.events(*order).await {
            if let EventData::Confirmed { fill } = event.data {
                let signature = fill.signature.as_str().to_owned();
                assert!(named.insert((signature, fill.amount_out)));
            }
        }
    }
    let landed = world.landed().await;
    assert_eq!(landed.len(), named.len());
    let of_ledger = landed
        .iter()
        .map(|entry| (entry.signature.as_str().to_owned(), entry.amount_out));
    assert_eq!(of_ledger.collect::<BTreeSet<_>>(), named);
}

/// So many orders under these faults; returns how many were confirmed.
async fn confirmed_under(faults: Faults, count: usize) -> usize {
    let world = world(SCALE);
    world.set_faults(faults).await;
    let running = world.start(worker());

    let orders = world.accept(count).await;
    let confirmed = ended(&world, &orders).await;

    check_each_once(&world, &orders).await;
    running.stop().await;
    confirmed
}

/// 29: by every endpoint.
#[tokio::test]
async fn of_transactions_that_are_dropped_nine_times_of_ten_nearly_all_confirm_and_none_twice() {
    let send_dropped = 0.9;
    let faults = Faults {
        send_dropped,
        ..Faults::default()
    };

    let confirmed = confirmed_under(faults, 60).await;

    assert!(confirmed >= 57, "{confirmed} of 60 orders confirmed");
}

/// 35.
#[tokio::test]
async fn a_transaction_whose_reply_is_lost_is_executed_once() {
    let reply_lost = 1.0;
    let faults = Faults {
        reply_lost,
        ..Faults::default()
    };

    assert_eq!(confirmed_under(faults, 20).await, 20);
}

/// 37: for a tenth of 20 s; with one slot for all of them.
#[tokio::test]
async fn what_a_transaction_did_is_waited_for_outside_the_slot_and_told_right() {
    let world = world(SCALE);
    let transaction_null_ms = 2_000;
    world
        .set_faults(Faults {
            transaction_null_ms,
            ..Faults::default()
        })
        .await;
    let concurrency = 1;
    let running = world.start(Worker {
        concurrency,
        ..worker()
    });

    let orders = world.accept(6).await;

    let began = tokio::time::Instant::now();
    assert_eq!(ended(&world, &orders).await, 6);
    // One after the other they would take twelve seconds.
    assert!(began.elapsed() < Duration::from_secs(11));
    check_each_once(&world, &orders).await;
    running.stop().await;
}

/// 39: orders that ask for the same thing at the same moment.
#[tokio::test]
async fn fifty_equal_orders_at_once_are_fifty_transactions() {
    assert_eq!(confirmed_under(Faults::default(), 50).await, 50);
}

/// Whenever there is news for it.
#[tokio::test]
async fn a_socket_that_always_drops_keeps_nothing_from_being_found() {
    let socket_drops = 1.0;
    let faults = Faults {
        socket_drops,
        ..Faults::default()
    };

    assert_eq!(confirmed_under(faults, 20).await, 20);
}

/// 34, by chance: an endpoint that has had enough now and then, or does not answer. Its second of rest is a sixth of a
/// transaction's life here.
#[tokio::test]
async fn an_endpoint_that_refuses_and_fails_ends_no_order() {
    let (too_many_requests, unavailable) = (0.1, 0.2);
    let faults = Faults {
        too_many_requests,
        unavailable,
        ..Faults::default()
    };

    assert_eq!(confirmed_under(faults, 10).await, 10);
}

/// How long after its block was closed, which is the cluster's own confirmation, an order of each way is confirmed in
/// half of all cases, in milliseconds.
async fn typical_delay_ms(way: Way) -> u64 {
    let world = world(1.0);
    let running = world.start(Worker {
        way,
        pace: Pace::real(Commitment::Confirmed),
        ..Worker::inside(1.0)
    });
    let orders = world.accept(40).await;
    assert_eq!(ended(&world, &orders).await, 40);
    let landed = world.landed().await;
    let mut delays = Vec::new();
    for order in orders {
        let events = world.events(order).await;
        let last = events.last().unwrap();
        let EventData::Confirmed { fill } = &last.data else {
            panic!("not confirmed: {last:?}");
        };
        let entry = landed.iter().find(|it| it.signature == fill.signature);
        let closed = entry.unwrap().landed_at;
        delays.push(u64::try_from(last.at.since(closed).as_millis()).unwrap());
    }
    running.stop().await;
    delays.sort_unstable();
    delays[delays.len() / 2]
}

#[tokio::test]
async fn a_landing_is_known_two_slots_after_the_cluster_confirmed_it_at_the_latest() {
    let delay_ms = typical_delay_ms(Way::WithSocket).await;

    assert!(delay_ms <= 2 * 400 + 150, "{delay_ms} ms");
}

#[tokio::test]
#[ignore = "measures: prints what a socket is worth"]
async fn what_a_socket_is_worth() {
    for way in [Way::InThisProcess, Way::OverHttp, Way::WithSocket] {
        let delay_ms = typical_delay_ms(way).await;
        eprintln!("{way:?}: {delay_ms} ms after the cluster's own confirmation");
    }
}
