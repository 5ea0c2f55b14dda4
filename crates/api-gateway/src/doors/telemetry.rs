//! The metrics of live connections, registered from the start.

use metrics::Unit;

use super::close::Close;

/// Label of sockets that ended without a close frame from the server.
const DROPPED: &str = "dropped";
/// Label of sockets that the peer closed.
const BY_PEER: &str = "by_peer";

/// Describes every metric and sets it to zero.
pub(crate) fn describe() {
    metrics::describe_gauge!("ws_sockets_open", "Live connections open now");
    metrics::describe_counter!("ws_events_sent_total", "Events sent over live connections");
    metrics::describe_counter!("ws_closed_total", "Sockets closed, by code");
    metrics::describe_gauge!(
        "feed_lag_seconds",
        Unit::Seconds,
        "Age of the newest event from the feed when it arrived"
    );
    metrics::describe_counter!(
        "hub_rereads_total",
        "Queries for events of followed orders that the feed did not deliver"
    );

    for gauge in ["ws_sockets_open", "feed_lag_seconds"] {
        metrics::gauge!(gauge).set(0.0);
    }
    for counter in ["ws_events_sent_total", "hub_rereads_total"] {
        metrics::counter!(counter).absolute(0);
    }
    let codes = Close::ALL.iter().map(|close| close.code().to_string());
    for code in codes.chain([DROPPED, BY_PEER].map(str::to_owned)) {
        metrics::counter!("ws_closed_total", "code" => code).absolute(0);
    }
}

pub(crate) fn closed(close: Close) {
    metrics::counter!("ws_closed_total", "code" => close.code().to_string()).increment(1);
}

pub(crate) fn dropped() {
    metrics::counter!("ws_closed_total", "code" => DROPPED).increment(1);
}

pub(crate) fn closed_by_peer() {
    metrics::counter!("ws_closed_total", "code" => BY_PEER).increment(1);
}

pub(crate) fn sent() {
    metrics::counter!("ws_events_sent_total").increment(1);
}
