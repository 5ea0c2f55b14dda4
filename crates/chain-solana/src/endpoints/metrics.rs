//! What operators see of each endpoint. Labels are masked names.

use std::fmt;
use std::sync::Once;

use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};

/// Handles of one endpoint's metrics.
#[derive(Clone)]
pub(super) struct Metrics {
    pub(super) lag: Gauge,
    pub(super) benched: Gauge,
    pub(super) disqualified: Gauge,
    pub(super) lies: Counter,
    pub(super) failures: Counter,
}

impl Metrics {
    /// Sets each to zero. The recorder must be installed before.
    pub(super) fn of(endpoint: &str) -> Self {
        static DESCRIBED: Once = Once::new();
        DESCRIBED.call_once(describe);
        let gauge = |name: &'static str| {
            let gauge = gauge!(name, "endpoint" => endpoint.to_owned());
            gauge.set(0.0);
            gauge
        };
        let counter = |name: &'static str| {
            let counter = counter!(name, "endpoint" => endpoint.to_owned());
            counter.increment(0);
            counter
        };
        Self {
            lag: gauge("endpoint_lag_slots"),
            benched: gauge("endpoint_benched"),
            disqualified: gauge("endpoint_disqualified"),
            lies: counter("endpoint_lies_total"),
            failures: counter("endpoint_failures_total"),
        }
    }
}

fn describe() {
    let gauges = [
        (
            "endpoint_lag_slots",
            "Slots by which an endpoint is behind the best one",
        ),
        (
            "endpoint_benched",
            "1 while others are asked before an endpoint, because it lags or fails",
        ),
        (
            "endpoint_disqualified",
            "1 while an endpoint is no witness, because it lied or shows another cluster",
        ),
    ];
    for (name, what) in gauges {
        describe_gauge!(name, Unit::Count, what);
    }
    let counters = [
        (
            "endpoint_lies_total",
            "Times an endpoint told heights that cannot be true",
        ),
        (
            "endpoint_failures_total",
            "Calls that an endpoint did not answer",
        ),
    ];
    for (name, what) in counters {
        describe_counter!(name, Unit::Count, what);
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}
