//! A clock that follows tokio's time in everything, so that pausing tokio's time pauses it too.

use std::time::Duration;

use async_trait::async_trait;
use domain::Timestamp;
use ports::Clock;

#[derive(Debug)]
pub(crate) struct PausedClock {
    started: tokio::time::Instant,
}

impl PausedClock {
    pub(crate) fn new() -> Self {
        Self {
            started: tokio::time::Instant::now(),
        }
    }
}

#[async_trait]
impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000).plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
