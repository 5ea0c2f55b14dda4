//! A clock that follows tokio's time in everything, so that pausing tokio's time pauses it too.

use std::time::Duration;

use async_trait::async_trait;
use domain::Timestamp;
use ports::Clock;

/// The runtime's time, paused or not, from a fixed moment on.
#[derive(Debug, Clone, Copy)]
pub struct VirtualClock {
    started: tokio::time::Instant,
}

impl VirtualClock {
    /// What it shows first.
    pub const BEGINNING: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    /// A clock that begins now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            started: tokio::time::Instant::now(),
        }
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Self::BEGINNING.plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
