//! Orders that this worker takes from the queue without having their wallets: how long they stay there before the next
//! worker may try.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What one such order waits at least.
const REST_MIN: Duration = Duration::from_millis(100);
/// What each other one of the same second adds, so that a backlog of another worker's orders does not keep this one busy.
const REST_EACH: Duration = Duration::from_millis(5);
/// What one waits at most.
const REST_MAX: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);

/// How many there were lately.
#[derive(Debug, Default)]
pub(crate) struct Foreign(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    since: Duration,
    count: u32,
}

impl Foreign {
    /// How long an order rests that was taken now, by a monotonic clock.
    pub(crate) fn rest(&self, now: Duration) -> Duration {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(window.since) >= SECOND {
            *window = Window {
                since: now,
                count: 0,
            };
        }
        let others = window.count;
        window.count = others.saturating_add(1);
        REST_EACH
            .saturating_mul(others)
            .saturating_add(REST_MIN)
            .min(REST_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_there_are_the_longer_each_rests() {
        let foreign = Foreign::default();
        let at = Duration::from_secs(10);
        assert_eq!(foreign.rest(at), REST_MIN);
        assert_eq!(foreign.rest(at), REST_MIN + REST_EACH);

        for _ in 0..2_000 {
            foreign.rest(at);
        }

        assert_eq!(foreign.rest(at), REST_MAX);
        assert_eq!(foreign.rest(at + SECOND), REST_MIN);
    }
}
