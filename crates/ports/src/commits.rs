//! How long a store's commits take and how much each carries: the same two series whichever store it is.

use std::time::Duration;

use metrics::{Histogram, Unit};

/// Handles to the two series, looked up once.
#[derive(Clone)]
pub struct Commits {
    seconds: Histogram,
    sizes: Histogram,
}

impl Commits {
    /// Describes the series, so that both exist from the start.
    #[must_use]
    pub fn register() -> Self {
        metrics::describe_histogram!(
            "store_commit_seconds",
            Unit::Seconds,
            "One transaction of the store, with all that was coalesced into it."
        );
        metrics::describe_histogram!(
            "store_batch_size",
            Unit::Count,
            "Changes that shared one transaction of the store."
        );
        Self {
            seconds: metrics::histogram!("store_commit_seconds"),
            sizes: metrics::histogram!("store_batch_size"),
        }
    }

    /// Counts a transaction that was committed.
    pub fn record(&self, took: Duration, changes: usize) {
        self.seconds.record(took.as_secs_f64());
        self.sizes
            .record(f64::from(u32::try_from(changes).unwrap_or(u32::MAX)));
    }
}

impl std::fmt::Debug for Commits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Commits")
    }
}
