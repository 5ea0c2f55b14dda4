//! A clock that stands still until a test moves it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::Timestamp;
use ports::Clock;
use tokio::sync::watch;

/// Time that passes only by [`ManualClock::advance`]; sleepers wake when it has passed.
#[derive(Debug)]
pub struct ManualClock {
    started: Timestamp,
    passed: watch::Sender<Duration>,
    skew_ms: Mutex<i64>,
}

impl ManualClock {
    /// A clock that shows this moment.
    #[must_use]
    pub fn at(started: Timestamp) -> Self {
        Self {
            started,
            passed: watch::Sender::new(Duration::ZERO),
            skew_ms: Mutex::new(0),
        }
    }

    /// Lets time pass and wakes who slept for it.
    pub fn advance(&self, by: Duration) {
        self.passed.send_modify(|passed| *passed += by);
    }

    /// Sets the wall clock forward or back by this much; monotonic time is untouched.
    pub fn turn_ms(&self, by_ms: i64) {
        *self.skew_ms.lock().unwrap_or_else(PoisonError::into_inner) += by_ms;
    }

    /// Sets the wall clock off by this much, as a wrong host's is; monotonic time is untouched.
    pub fn set_skew_ms(&self, skew_ms: i64) {
        *self.skew_ms.lock().unwrap_or_else(PoisonError::into_inner) = skew_ms;
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::at(Timestamp::from_millis(1_767_225_600_000))
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let skew_ms = *self.skew_ms.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = self.started.plus(self.monotonic());
        Timestamp::from_millis(passed.as_millis() + skew_ms)
    }

    fn monotonic(&self) -> Duration {
        *self.passed.borrow()
    }

    async fn sleep(&self, duration: Duration) {
        let mut passed = self.passed.subscribe();
        let until = self.monotonic() + duration;
        // The sender lives in `self`, so that waiting does not fail.
        let _ = passed.wait_for(|now| *now >= until).await;
    }
}
