//! The promises S1 to S10 (see the crate's head) over seeds.

use std::sync::atomic::{AtomicU64, Ordering};

/// Schedules of an ordinary run: half a minute of a debug build on a busy machine.
const SCHEDULES: u64 = 200;
/// Schedules run twice, to see that a seed is one schedule.
const TWICE: u64 = 10;

#[track_caller]
fn check(seed: u64) -> simulation::Report {
    simulation::run(seed).unwrap_or_else(|violated| panic!("{violated}"))
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
    if let Some(seed) = chosen_seed() {
        check(seed);
        return;
    }
    let next = AtomicU64::new(0);
    let confirmed = AtomicU64::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SCHEDULES {
                        return;
                    }
                    confirmed.fetch_add(check(seed).confirmed, Ordering::Relaxed);
                }
            });
        }
    });
    assert!(
        confirmed.into_inner() > SCHEDULES,
        "the engine works in them"
    );
}

#[test]
fn a_seed_is_the_same_schedule_again() {
    for seed in 0..TWICE {
        assert_eq!(check(seed), check(seed), "seed {seed}");
    }
}

/// Its worker's telling of a retry was lost; the queue took the order to be in that worker's hands for as
/// long as it lived, and refused the sweeper.
#[test]
fn an_order_whose_retry_the_queue_did_not_hear_of_is_not_stranded() {
    check(109);
}
