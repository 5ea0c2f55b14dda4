//! Time: a wall clock for what is stored and shown, and sleeping.
//!
//! Promises of every [`Clock`]:
//! 1. `now` never goes back by more than the host's clock does.
//! 2. `monotonic` never goes back.
//! 3. `sleep` ends no earlier than asked, measured by `monotonic`.

use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use domain::Timestamp;

/// Tells the time and waits. Every component that needs either gets a clock passed in.
#[async_trait]
pub trait Clock: Send + Sync + Debug {
    /// The wall clock. Use it only for timestamps and for a store inside this process.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment of this process.
    fn monotonic(&self) -> Duration;

    /// Waits. Cancel safety: dropping the future ends the wait and nothing else.
    async fn sleep(&self, duration: Duration);
}

/// The host's own clock. Sleeping goes through tokio, so that a paused runtime pauses it.
#[derive(Debug)]
pub struct SystemClock {
    started: tokio::time::Instant,
}

impl SystemClock {
    /// A clock whose monotonic time begins now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            started: tokio::time::Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

/// The host's wall clock: for [`SystemClock`], and for log lines, which get no clock passed in.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that asks the host"
)]
pub fn wall_time() -> Timestamp {
    // A host that never learned the time may be before 1970.
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.unwrap_or_default().as_millis();
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        wall_time()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
