//! Latencies in microseconds, in a histogram that keeps three digits up to a minute.

use std::time::Duration;

use anyhow::Context;
use hdrhistogram::Histogram;

const MICROS_MAX: u64 = 60_000_000;

/// How long things took.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// None yet.
    pub fn new() -> anyhow::Result<Self> {
        let histogram = Histogram::new_with_bounds(1, MICROS_MAX, 3);
        Ok(Self(histogram.context("make a histogram")?))
    }

    /// One more.
    pub fn add(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.0.saturating_record(micros.max(1));
    }

    /// All of another.
    pub fn merge(&mut self, other: &Self) -> anyhow::Result<()> {
        self.0.add(&other.0).context("add up two histograms")
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// A quantile in milliseconds.
    #[must_use]
    pub fn millis_at(&self, quantile: f64) -> f64 {
        figure(self.0.value_at_quantile(quantile)) / 1_000.0
    }
}

/// A count as a figure to calculate with.
#[must_use]
pub fn figure(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// A duration as a figure in milliseconds.
#[must_use]
pub fn millis(of: Duration) -> f64 {
    of.as_secs_f64() * 1_000.0
}
