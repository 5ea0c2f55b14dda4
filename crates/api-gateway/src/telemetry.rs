//! The gateway's metrics, all zero from the start.

use std::time::Duration;

use actix_web::http::StatusCode;
use metrics::{Counter, Histogram, Unit};

use crate::error::Code;

/// Classes of status, in order.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Counts answers; made once, so that counting is an addition.
#[derive(Debug)]
pub(crate) struct HttpMeter {
    requests: [Counter; 5],
    seconds: Histogram,
}

impl std::default::Default for HttpMeter {
    fn default() -> Self {
        Self {
            requests: CLASSES
                .map(|class| metrics::counter!("http_requests_total", "class" => class)),
            seconds: metrics::histogram!("http_request_duration_seconds"),
        }
    }
}

impl HttpMeter {
    pub(crate) fn count(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len()) - 1;
        self.requests[class].increment(1);
        self.seconds.record(took.as_secs_f64());
    }
}

/// Operators' words that a transaction is dead.
pub(crate) const WORDS_TOTAL: &str = "operator_words_total";

const COUNTERS: [(&str, &str); 4] = [
    (
        WORDS_TOTAL,
        "Times an operator said that a transaction is dead",
    ),
    ("orders_accepted_total", "Orders stored"),
    ("orders_replayed_total", "Repeated requests answered again"),
    (
        "mint_look_ups_total",
        "Mints without a symbol that the chain was asked for",
    ),
];
#[rustfmt::skip]
const GAUGES: [(&str, &str); 4] = [
    ("queue_waiting_orders", "Due orders that no worker has"),
    ("queue_delayed_orders", "Open orders that wait for a due time"),
    ("queue_running_orders", "Orders that are routing, building or submitted"),
    ("queue_oldest_age_seconds", "Age of the oldest waiting order"),
];

/// Describes every metric and sets it to zero.
pub(crate) fn describe() {
    metrics::describe_counter!("http_requests_total", "Answers, by class of status");
    metrics::describe_histogram!(
        "http_request_duration_seconds",
        Unit::Seconds,
        "From a request's head to its answer's head"
    );
    metrics::describe_counter!("orders_refused_total", "Orders refused, by code");
    for class in CLASSES {
        metrics::counter!("http_requests_total", "class" => class).absolute(0);
    }
    for code in Code::ALL {
        metrics::counter!("orders_refused_total", "code" => code.name()).absolute(0);
    }
    for (name, meaning) in COUNTERS {
        metrics::describe_counter!(name, meaning);
        metrics::counter!(name).absolute(0);
    }
    for (name, meaning) in GAUGES {
        metrics::describe_gauge!(name, meaning);
        metrics::gauge!(name).set(0.0);
    }
}
