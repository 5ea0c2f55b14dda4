//! What is told of refusals: whoever asks for nonsense must not fill the disk that the journal is on.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Lines a minute.
const LINES_MAX: u32 = 60;
const MINUTE: Duration = Duration::from_secs(60);

/// How many refusals were told lately.
#[derive(Debug)]
pub(super) struct Telling(Mutex<Minute>);

#[derive(Debug)]
struct Minute {
    began: Duration,
    refusals: u32,
}

impl Telling {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Minute {
            began: Duration::ZERO,
            refusals: 0,
        }))
    }

    /// Tells of a refusal, unless there were too many within this minute.
    pub(super) fn refused(&self, why: &dyn Display, now: Duration) {
        let (is_told, hidden) = self.count(now);
        if hidden > 0 {
            tracing::warn!("{hidden} more messages were not signed within a minute");
        }
        if is_told {
            tracing::warn!(refused = %why, "a message is not signed: {why}");
        }
    }

    /// Whether this one is told, and how many of the minute before were not.
    fn count(&self, now: Duration) -> (bool, u32) {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hidden = 0;
        if now >= minute.began + MINUTE {
            hidden = minute.refusals.saturating_sub(LINES_MAX);
            *minute = Minute {
                began: now,
                refusals: 0,
            };
        }
        minute.refusals = minute.refusals.saturating_add(1);
        (minute.refusals <= LINES_MAX, hidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_fills_no_log_and_what_was_not_told_is_counted() {
        let telling = Telling::new();
        let at = |seconds| Duration::from_secs(seconds);

        let told = (0..100).filter(|_| telling.count(at(5)).0).count();

        assert_eq!(told, 60);
        assert_eq!(telling.count(at(59)), (false, 0));
        assert_eq!(telling.count(at(60)), (true, 41));
        assert_eq!(telling.count(at(61)), (true, 0));
    }
}
