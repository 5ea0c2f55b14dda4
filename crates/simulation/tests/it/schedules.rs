//! The promises S1 to S14 (see the crate's head) over seeds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use simulation::{Connections, Doubters, Report};

/// Schedules of an ordinary run: half a minute of a debug build on a busy machine.
const SCHEDULES: u64 = 200;
/// Schedules in which every client cancels its order.
const RACES: u64 = 60;
/// Schedules in which connections break, and every client cancels its order.
const BREAKS: u64 = 60;
/// Schedules run twice, to see that a seed is one schedule.
const TWICE: u64 = 10;

#[track_caller]
fn check(seed: u64, doubters: Doubters, connections: Connections) -> Report {
    simulation::run(seed, doubters, connections).unwrap_or_else(|violated| panic!("{violated}"))
}

/// The seeds from 0 to `count`, or the one that somebody wants to see again; what came of them together.
fn check_all(count: u64, doubters: Doubters, connections: Connections) -> Option<Report> {
    if let Some(seed) = chosen_seed() {
        check(seed, doubters, connections);
        return None;
    }
    let next = AtomicU64::new(0);
    let sum = Mutex::new(Report::default());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count {
                        return;
                    }
                    let report = check(seed, doubters, connections);
                    let mut sum = sum.lock().expect("no schedule panicked");
                    sum.orders += report.orders;
                    sum.confirmed += report.confirmed;
                    sum.cancelled += report.cancelled;
                    sum.too_late += report.too_late;
                }
            });
        }
    });
    Some(sum.into_inner().expect("no schedule panicked"))
}

/// The one seed that somebody wants to see again.
fn chosen_seed() -> Option<u64> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a person's way to say which schedule to run"
    )]
    let seed = std::env::var("SIMULATION_SEED").ok()?;
    Some(seed.parse().expect("SIMULATION_SEED is a whole number"))
}

#[test]
fn every_promise_holds_over_many_schedules() {
    if let Some(sum) = check_all(SCHEDULES, Doubters::Some, Connections::Hold) {
        assert!(
            sum.confirmed > SCHEDULES,
            "the engine works in them: {sum:?}"
        );
    }
}

/// S7 and S2: cancelled and never on the ledger, or answered 409 and ended by its execution or its time.
#[test]
fn an_order_is_cancelled_or_executed_and_never_both() {
    if let Some(sum) = check_all(RACES, Doubters::Everyone, Connections::Hold) {
        let often = sum.orders / 10;
        assert!(
            sum.cancelled > often && sum.too_late > often && sum.confirmed > often,
            "both win often: {sum:?}"
        );
    }
}

/// Mostly S13: an order stored for a client whose connection broke is announced all the same.
#[test]
fn every_promise_holds_although_connections_break_under_way() {
    if let Some(sum) = check_all(BREAKS, Doubters::Everyone, Connections::Break) {
        assert!(
            sum.confirmed > 0 && sum.cancelled > BREAKS,
            "the engine works in them: {sum:?}"
        );
    }
}

#[test]
fn a_seed_is_the_same_schedule_again() {
    for seed in 0..TWICE {
        let [first, again] = [(); 2].map(|()| check(seed, Doubters::Some, Connections::Break));
        assert_eq!(first, again, "seed {seed}");
    }
}

/// Its worker's telling of a retry was lost; the queue took the order to be in that worker's hands for as
/// long as it lived, and refused the sweeper.
#[test]
fn an_order_whose_retry_the_queue_did_not_hear_of_is_not_stranded() {
    check(109, Doubters::Some, Connections::Hold);
}
