//! Trying again, and how long to wait before it. The only caller of the `backoff` crate, which computes
//! the steps; the jitter is drawn from our own source, so that a seed replays it.

use std::time::{Duration, Instant};

use backoff::backoff::Backoff;
use backoff::exponential::ExponentialBackoff;

use crate::{Clock, Random};

/// How the waits between tries grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The longest wait after the first failure; each further one doubles it.
    pub base_delay: Duration,
    /// No wait is longer.
    pub max_delay: Duration,
}

/// Half as many doublings already exceed every delay that can be set.
const MOST_STEPS: u32 = 64;

/// The crate uses its clock only to enforce a limit on the elapsed time, and we set none, so this
/// clock stands still.
#[derive(Debug)]
struct StandingClock(Instant);

impl backoff::Clock for StandingClock {
    fn now(&self) -> Instant {
        self.0
    }
}

impl Policy {
    /// Repeats a call until `accept` makes something of its answer, and waits after each other one. `accept`
    /// is told how many answers it has refused before.
    ///
    /// Cancel safety: that of the call.
    pub async fn repeat_until<T, F: Future>(
        &self,
        clock: &dyn Clock,
        random: &Random,
        mut call: impl FnMut() -> F,
        mut accept: impl FnMut(F::Output, u32) -> Option<T>,
    ) -> T {
        let mut failures = 0;
        loop {
            if let Some(accepted) = accept(call().await, failures) {
                return accepted;
            }
            failures += 1;
            clock.sleep(self.delay_after(failures, random)).await;
        }
    }

    /// The delay after this many failures in a row, counted from 1: between half of the step and all of
    /// it.
    #[must_use]
    pub fn delay_after(&self, failures: u32, random: &Random) -> Duration {
        let step = self.step(failures);
        let half = step / 2;
        half + random.duration_below(step - half)
    }

    /// The longest delay after this many failures in a row.
    #[must_use]
    pub fn step(&self, failures: u32) -> Duration {
        let now = StandingClock::start();
        let mut steps = ExponentialBackoff {
            current_interval: self.base_delay.min(self.max_delay),
            initial_interval: self.base_delay.min(self.max_delay),
            randomization_factor: 0.0,
            multiplier: 2.0,
            max_interval: self.max_delay,
            start_time: now.0,
            max_elapsed_time: None,
            clock: now,
        };
        (1..failures.min(MOST_STEPS)).for_each(|_| {
            steps.next_backoff();
        });
        let step = steps.next_backoff().unwrap_or(self.max_delay);
        // `backoff` adds up to a nanosecond at random.
        let micros = (step + Duration::from_nanos(500)).as_micros();
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)).min(self.max_delay)
    }
}

impl StandingClock {
    fn start() -> Self {
        // Any moment will do; a paused runtime controls tokio's.
        Self(tokio::time::Instant::now().into_std())
    }
}

#[cfg(test)]
mod tests;
