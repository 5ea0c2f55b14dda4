//! Keeps calls from a server that is away, but for a try after each pause.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ports::retry::Policy;
use tokio::time::Instant;

use crate::failure::Failure;

/// Pauses between tries to reach a server that is away.
const PAUSES: Policy = Policy {
    base_delay: Duration::from_millis(100),
    max_delay: Duration::from_millis(800),
};

/// Open for a pause after each failure in a row.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: AtomicU32,
    until: Mutex<Option<Instant>>,
}

impl Breaker {
    pub(crate) fn is_closed(&self) -> bool {
        self.failures.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn check(&self) -> Result<(), Failure> {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        match until {
            Some(until) if Instant::now() < until => Err(Failure::Away),
            _ => Ok(()),
        }
    }

    pub(crate) fn failed(&self, failure: &Failure) {
        if matches!(failure, Failure::Away) {
            return;
        }
        let failures = self.failures.fetch_add(1, Ordering::Relaxed);
        if failures == 0 {
            let error: &dyn std::error::Error = failure;
            tracing::warn!(
                error = %error.source().unwrap_or(error),
                "Redis is down; orders go on without it, slower"
            );
        }
        let pause = PAUSES.step(failures.saturating_add(1));
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + pause);
    }

    pub(crate) fn worked(&self) {
        if self.failures.load(Ordering::Relaxed) != 0
            && self.failures.swap(0, Ordering::Relaxed) != 0
        {
            *self.until.lock().unwrap_or_else(PoisonError::into_inner) = None;
            tracing::info!("Redis is back");
        }
    }
}
