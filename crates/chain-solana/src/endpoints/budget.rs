//! How often an endpoint may be called: a bucket of tokens that fills with time. A refusal halves the rate, and a while
//! without one doubles it again.

use std::time::Duration;

/// Calls that may be made at once after a quiet time.
const BURST: u32 = 500;
/// However often an endpoint refuses, calls do not become rarer than this.
const INTERVAL_MAX: Duration = Duration::from_secs(1);
/// After so long without a refusal calls may be more frequent.
const CALM: Duration = Duration::from_secs(10);

/// The budget of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// Where nobody complains.
    interval_min: Duration,
    interval: Duration,
    /// When all tokens that are out are back.
    full_at: Duration,
    changed_at: Duration,
}

impl Budget {
    pub(super) const fn new(interval: Duration) -> Self {
        Self {
            interval_min: interval,
            interval,
            full_at: Duration::ZERO,
            changed_at: Duration::ZERO,
        }
    }

    /// How long until the next token is there.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        let out = self.full_at.saturating_sub(now);
        let most = self.interval.saturating_mul(self.burst());
        (out + self.interval).saturating_sub(most)
    }

    /// Takes a token, whether or not there is one.
    pub(super) fn take(&mut self, now: Duration) {
        if self.interval > self.interval_min && now.saturating_sub(self.changed_at) >= CALM {
            self.interval = (self.interval / 2).max(self.interval_min);
            self.changed_at = now;
        }
        self.full_at = self.full_at.max(now) + self.interval;
    }

    /// The endpoint refused. Many calls of one moment are refused together, and that counts once.
    pub(super) fn refused(&mut self, now: Duration) {
        if now.saturating_sub(self.changed_at) >= INTERVAL_MAX || self.interval == self.interval_min
        {
            self.interval = (self.interval * 2).min(INTERVAL_MAX);
            self.changed_at = now;
        }
    }

    /// The slower, the fewer at once: at most a second's worth, and one at least.
    fn burst(&self) -> u32 {
        let a_second = Duration::from_secs(1).as_micros() / self.interval.as_micros().max(1);
        u32::try_from(a_second).unwrap_or(BURST).clamp(1, BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Calls that are let through at once.
    fn at_once(budget: &mut Budget, now: Duration) -> u32 {
        let mut calls = 0;
        while budget.wait(now).is_zero() {
            budget.take(now);
            calls += 1;
        }
        calls
    }

    #[test]
    fn calls_beyond_the_burst_wait_for_their_tokens() {
        let mut budget = Budget::new(50 * MS);

        assert_eq!(at_once(&mut budget, MS), 20);

        assert_eq!(budget.wait(MS), 50 * MS);
        assert_eq!(at_once(&mut budget, 101 * MS), 2);
        let later = Duration::from_secs(100);
        assert_eq!(at_once(&mut budget, later), 20);
    }

    #[test]
    fn refusals_make_calls_rarer_for_a_while_and_never_stop_them() {
        let mut budget = Budget::new(MS);
        let mut now = Duration::from_secs(1);
        budget.refused(now);
        budget.refused(now);
        assert_eq!(budget.interval, 2 * MS, "one moment counts once");
        for _ in 0..20 {
            now += Duration::from_secs(1);
            budget.refused(now);
        }
        assert_eq!(budget.interval, INTERVAL_MAX);
        assert_eq!(at_once(&mut budget, now), 1);

        for _ in 0..20 {
            now += CALM;
            budget.take(now);
        }

        assert_eq!(budget.interval, MS);
    }
}
