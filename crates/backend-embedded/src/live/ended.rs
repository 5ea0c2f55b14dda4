//! How many orders ended within the last minute, and how long the latest confirmed ones took.

use std::collections::VecDeque;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
/// Latencies used for the percentiles: enough for a 99th, few enough to sort on each read.
const LATENCIES: usize = 1_024;

/// Ends, counted by the second of the process's monotonic clock, and the latest latencies.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Second and count; at most a minute's worth.
    seconds: VecDeque<(u64, u64)>,
    latencies: VecDeque<Duration>,
}

impl Ended {
    /// An order ended; with `latency` if it was confirmed.
    pub(super) fn add(&mut self, monotonic: Duration, latency: Option<Duration>) {
        let second = monotonic.as_secs();
        match self.seconds.back_mut() {
            Some((latest, count)) if *latest >= second => *count += 1,
            _ => self.seconds.push_back((second, 1)),
        }
        self.forget(monotonic);
        if let Some(latency) = latency {
            if self.latencies.len() == LATENCIES {
                self.latencies.pop_front();
            }
            self.latencies.push_back(latency);
        }
    }

    fn forget(&mut self, monotonic: Duration) {
        while let Some((second, _)) = self.seconds.front() {
            if monotonic.saturating_sub(Duration::from_secs(*second)) < MINUTE {
                break;
            }
            self.seconds.pop_front();
        }
    }

    /// How many ended within the last minute.
    pub(super) fn last_minute(&mut self, monotonic: Duration) -> u64 {
        self.forget(monotonic);
        self.seconds.iter().map(|(_, count)| count).sum()
    }

    /// The latest latencies, sorted.
    pub(super) fn latencies(&self) -> Latencies {
        let mut sorted: Vec<_> = self.latencies.iter().copied().collect();
        sorted.sort_unstable();
        Latencies(sorted)
    }
}

/// Latencies in ascending order.
#[derive(Debug)]
pub(super) struct Latencies(Vec<Duration>);

impl Latencies {
    /// The latency that this percentage of orders does not exceed, in milliseconds.
    pub(super) fn at_percent(&self, percent: usize) -> Option<u64> {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        let latency = self.0.get(rank - 1)?;
        Some(u64::try_from(latency.as_millis()).unwrap_or(u64::MAX))
    }
}
