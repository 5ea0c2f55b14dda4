//! How long a store's commits take and how much each carries: the same two metrics for every store.

use std::time::Duration;

use metrics::{Histogram, Unit};

/// Handles to the two metrics, looked up once.
#[derive(Clone)]
pub struct Commits {
    seconds: Histogram,
    sizes: Histogram,
}

impl Commits {
    /// Describes the metrics, so that both exist from the start.
    #[must_use]
    pub fn register() -> Self {
        metrics::describe_histogram!(
            "store_commit_seconds",
            Unit::Seconds,
            "Duration of one store transaction, with all the changes coalesced into it."
        );
        metrics::describe_histogram!(
            "store_batch_size",
            Unit::Count,
            "Number of changes that shared one store transaction."
        );
        Self {
            seconds: metrics::histogram!("store_commit_seconds"),
            sizes: metrics::histogram!("store_batch_size"),
        }
    }

    /// Counts a committed transaction.
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
