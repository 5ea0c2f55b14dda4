//! The series of live connections, all there from the start.

use metrics::Unit;

use super::close::Close;

/// Label of sockets that ended without a close frame from here.
const DROPPED: &str = "dropped";
/// Label of sockets that the peer closed.
const BY_PEER: &str = "by_peer";

/// Describes every series and puts it at zero.
pub(crate) fn describe() {
    metrics::describe_gauge!("ws_sockets_open", "Live connections open now");
    metrics::describe_counter!("ws_events_sent_total", "Events sent over live connections");
    metrics::describe_counter!("ws_closed_total", "Sockets closed, by code");
    metrics::describe_gauge!(
        "feed_lag_seconds",
        Unit::Seconds,
        "Age of the event that the feed brought last, when it came"
    );
    metrics::describe_counter!(
        "hub_rereads_total",
        "Queries for events of watched orders that the feed did not bring"
    );

    metrics::gauge!("ws_sockets_open").set(0.0);
    metrics::counter!("ws_events_sent_total").absolute(0);
    for close in Close::ALL {
        metrics::counter!("ws_closed_total", "code" => close.code().to_string()).absolute(0);
    }
    for label in [DROPPED, BY_PEER] {
        metrics::counter!("ws_closed_total", "code" => label).absolute(0);
    }
    metrics::gauge!("feed_lag_seconds").set(0.0);
    metrics::counter!("hub_rereads_total").absolute(0);
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
