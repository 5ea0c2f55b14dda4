//! Proves: any 60 s window holds at most limit + burst starts; a backlog's first 65 s hold at least the
//! limit.

use proptest::prelude::*;
use testkit::ManualClock;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn rate(per_minute: u32, burst: u32) -> Rate {
    Rate {
        per_minute: NonZeroU32::new(per_minute).unwrap(),
        burst: NonZeroU32::new(burst).unwrap(),
    }
}

fn limiter(rate: Rate) -> (Arc<Limiter>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let limiter = Limiter::new(rate, Arc::clone(&clock) as Arc<dyn Clock>);
    (Arc::new(limiter), clock)
}

fn start(limiter: &Arc<Limiter>) -> Result<(), Duration> {
    limiter.take().map(|mut permit| permit.begin())
}

/// The times of all starts of a backlog, as seen by a clock that moves in small steps.
fn starts_of_a_backlog(
    limiter: &Arc<Limiter>,
    clock: &ManualClock,
    until: Duration,
) -> Vec<Duration> {
    let mut starts = Vec::new();
    while clock.monotonic() < until {
        while start(limiter).is_ok() {
            starts.push(clock.monotonic());
        }
        clock.advance(Duration::from_millis(50));
    }
    starts
}

fn most_in_a_minute(starts: &[Duration]) -> usize {
    let ends_after = |first: &Duration| starts.partition_point(|at| *at < *first + 60 * SECOND);
    let counts = starts
        .iter()
        .enumerate()
        .map(|(index, first)| ends_after(first) - index);
    counts.max().unwrap_or(0)
}

#[track_caller]
fn check_backlog(rate: Rate) {
    let (limiter, clock) = limiter(rate);

    let starts = starts_of_a_backlog(&limiter, &clock, 300 * SECOND);

    let (limit, burst) = (rate.per_minute.get() as usize, rate.burst.get() as usize);
    assert!(most_in_a_minute(&starts) <= limit + burst, "{rate:?}");
    let early = starts.partition_point(|at| *at < 65 * SECOND);
    assert!(early >= limit, "{early} of {limit} in the first 65 s");
}

#[test]
fn a_backlog_starts_no_more_than_limit_and_burst_in_any_minute() {
    check_backlog(rate(100, 10));
    check_backlog(rate(100, 1));
    check_backlog(rate(10, 10));
    check_backlog(rate(6, 1));
    check_backlog(rate(1, 1));
    check_backlog(rate(1, 50));
}

#[test]
fn starts_that_a_stalled_store_records_late_still_count() {
    let (limiter, clock) = limiter(rate(10, 5));
    let on_the_way: Vec<_> = std::iter::from_fn(|| limiter.take().ok()).collect();
    assert_eq!(on_the_way.len(), 5);

    clock.advance(55 * SECOND);
    let more = std::iter::from_fn(|| start(&limiter).ok()).count();
    assert_eq!(more, 5);
    let stalled_until = clock.monotonic();
    for mut permit in on_the_way {
        permit.begin();
    }
    let starts = starts_of_a_backlog(&limiter, &clock, stalled_until + 60 * SECOND);

    assert!(
        starts.len() <= 5,
        "ten of fifteen were recorded at the window's beginning"
    );
}

#[test]
fn an_unused_token_serves_the_next_one_who_asks() {
    let (limiter, clock) = limiter(rate(60, 1));
    drop(limiter.take().unwrap());

    clock.advance(SECOND / 2);

    assert!(start(&limiter).is_ok());
    assert!(start(&limiter).is_err());
}

#[test]
fn an_unused_token_is_dropped_when_another_is_earned() {
    let (limiter, clock) = limiter(rate(60, 1));
    drop(limiter.take().unwrap());

    clock.advance(2 * SECOND);

    assert!(start(&limiter).is_ok());
    assert!(start(&limiter).is_err(), "the old one does not come on top");
}

#[test]
fn the_wait_ends_with_a_token() {
    let (limiter, clock) = limiter(rate(100, 1));
    start(&limiter).unwrap();

    let wait = start(&limiter).unwrap_err();
    assert!(wait <= Duration::from_millis(606), "{wait:?}");
    clock.advance(wait);

    assert!(start(&limiter).is_ok());
}

#[test]
fn workers_that_share_a_limit_start_no_more_than_it_allows() {
    let workers = NonZeroU32::new(7).unwrap();
    let clock = Arc::new(ManualClock::default());
    let shares: Vec<_> = (0..workers.get())
        .map(|_| {
            let clock = Arc::clone(&clock) as Arc<dyn Clock>;
            Arc::new(Limiter::shared(rate(10, 1), workers, clock))
        })
        .collect();

    let mut starts = 0;
    while clock.monotonic() < 300 * SECOND {
        starts += shares.iter().filter(|share| start(share).is_ok()).count();
        clock.advance(SECOND / 10);
    }

    // One permit each at first, the least that a share can have; then the limit.
    assert!((50..=50 + 7).contains(&starts), "{starts}");
}

proptest! {
    #[test]
    fn no_sequence_of_calls_passes_the_limit(
        per_minute in 1u32..200, burst in 1u32..30,
        steps in prop::collection::vec((0u64..3_000, 0usize..4, any::<bool>()), 1..400),
    ) {
        let (limiter, clock) = limiter(rate(per_minute, burst));
        let (mut starts, mut held) = (Vec::new(), Vec::new());

        for (wait_ms, takes, is_recorded) in steps {
            clock.advance(Duration::from_millis(wait_ms));
            held.extend((0..takes).filter_map(|_| limiter.take().ok()));
            if is_recorded {
                for mut permit in held.drain(..) {
                    permit.begin();
                    starts.push(clock.monotonic());
                }
            } else if wait_ms % 5 == 0 {
                held.clear();
            }
        }

        prop_assert!(most_in_a_minute(&starts) <= (per_minute + burst) as usize);
    }
}
