//! Every series of a worker, known from the start so that it stands at zero before anything happens.

use std::time::Duration;

use domain::{Status, Venue};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

const ENDS: [Status; 4] = [
    Status::Confirmed,
    Status::Failed,
    Status::Cancelled,
    Status::Expired,
];
const NO_VENUE: &str = "none";

/// Handles to the series, looked up once.
#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) retried: Counter,
    pub(crate) rescued: Counter,
    pub(crate) released: Counter,
    pub(crate) lease_lost: Counter,
    pub(crate) poison: Counter,
    pub(crate) alone: Counter,
    pub(crate) panics: Counter,
    pub(crate) resent: Counter,
    pub(crate) queue_claims: Counter,
    pub(crate) queue_failures: Counter,
    pub(crate) store_failures: Counter,
    pub(crate) slots_used: Gauge,
    pub(crate) slots: Gauge,
    pub(crate) route: Histogram,
    pub(crate) build: Histogram,
    pub(crate) settle: Histogram,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Describes the series and sets each to zero. The recorder must have been installed before.
    pub(crate) fn register() -> Self {
        describe();
        for outcome in ENDS {
            let venues = Venue::ALL.map(Venue::name).into_iter().chain([NO_VENUE]);
            for venue in venues {
                counter!("orders_ended_total", "outcome" => outcome.name(), "venue" => venue)
                    .increment(0);
            }
        }
        for name in [
            "sweeper_pushed_total",
            "sweeper_expired_total",
            "workers_buried_total",
        ] {
            counter!(name).increment(0);
        }
        let _ = histogram!("limiter_wait_seconds");
        let stage = |stage: &'static str| histogram!("stage_duration_seconds", "stage" => stage);
        Self {
            retried: zeroed("orders_retried_total"),
            rescued: zeroed("orders_rescued_total"),
            released: zeroed("orders_released_total"),
            lease_lost: zeroed("lease_lost_total"),
            poison: zeroed("poison_total"),
            alone: zeroed("orders_taken_alone_total"),
            panics: zeroed("order_panics_total"),
            resent: zeroed("transactions_resent_total"),
            queue_claims: zeroed("queue_claims_total"),
            queue_failures: zeroed("queue_failures_total"),
            store_failures: zeroed("store_failures_total"),
            slots_used: gauge!("worker_slots_used"),
            slots: gauge!("worker_slots"),
            route: stage("route"),
            build: stage("build"),
            settle: stage("settle"),
        }
    }

    /// Counts an order's end.
    pub(crate) fn ended(outcome: Status, venue: Option<Venue>) {
        let venue = venue.map_or(NO_VENUE, Venue::name);
        counter!("orders_ended_total", "outcome" => outcome.name(), "venue" => venue).increment(1);
    }
}

fn zeroed(name: &'static str) -> Counter {
    let counter = counter!(name);
    counter.increment(0);
    counter
}

/// A stage's duration as the histograms take it.
pub(crate) fn took(histogram: &Histogram, began: Duration, ended: Duration) {
    histogram.record(ended.saturating_sub(began));
}

fn describe() {
    use metrics::Unit::{Count, Seconds};
    use metrics::{
        describe_counter as counter, describe_gauge as gauge, describe_histogram as histogram,
    };

    counter!(
        "orders_ended_total",
        Count,
        "Orders that reached their end, by outcome and venue"
    );
    counter!(
        "orders_retried_total",
        Count,
        "Executions that failed and will be repeated"
    );
    counter!(
        "orders_rescued_total",
        Count,
        "Orders taken up in the middle of their life"
    );
    counter!(
        "orders_released_total",
        Count,
        "Orders given back without an event"
    );
    counter!(
        "lease_lost_total",
        Count,
        "Times a worker learned that its work belongs to others"
    );
    counter!(
        "poison_total",
        Count,
        "Orders ended because they stopped whoever took them"
    );
    counter!(
        "orders_taken_alone_total",
        Count,
        "Times an order with which workers had died was taken by itself"
    );
    counter!(
        "order_panics_total",
        Count,
        "Panics contained within one order's execution"
    );
    counter!(
        "transactions_resent_total",
        Count,
        "Times the same bytes were sent again"
    );
    counter!("queue_claims_total", Count, "Entries taken from the queue");
    counter!(
        "queue_failures_total",
        Count,
        "Calls to the queue that failed"
    );
    counter!(
        "store_failures_total",
        Count,
        "Calls to the store that failed and were repeated"
    );
    counter!(
        "sweeper_pushed_total",
        Count,
        "Due orders the queue had lost or never seen"
    );
    counter!(
        "sweeper_expired_total",
        Count,
        "Orders whose time ran out while they waited"
    );
    counter!(
        "workers_buried_total",
        Count,
        "Workers given up for their silence"
    );
    gauge!(
        "worker_slots",
        Count,
        "Orders this worker may execute at once"
    );
    gauge!(
        "worker_slots_used",
        Count,
        "Orders this worker executes now"
    );
    histogram!(
        "stage_duration_seconds",
        Seconds,
        "Time spent in each stage of an order"
    );
    histogram!(
        "limiter_wait_seconds",
        Seconds,
        "Time known work waited for a token"
    );
}
