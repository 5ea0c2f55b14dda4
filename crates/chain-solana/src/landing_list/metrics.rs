//! What the list shows of itself.

use metrics::{Counter, Gauge, Histogram, Unit, counter, gauge, histogram};
use metrics::{describe_counter, describe_gauge, describe_histogram};

use super::book::Landing;

/// Handles to the metrics, looked up once.
#[derive(Clone)]
pub(super) struct Metrics {
    resent: Counter,
    listed: Gauge,
    landing: Histogram,
    sends: Histogram,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Describes the metrics and sets each to zero. The recorder must be installed before.
    pub(super) fn register() -> Self {
        describe_counter!(
            "transactions_resent_total",
            Unit::Count,
            "Times the same bytes were sent again"
        );
        describe_gauge!(
            "landing_list_transactions",
            Unit::Count,
            "Transactions that this process sends again and looks for"
        );
        describe_histogram!(
            "landing_duration_seconds",
            Unit::Seconds,
            "Time from a transaction's first send to its landing being known"
        );
        describe_histogram!(
            "transaction_sends_size",
            Unit::Count,
            "How often the bytes of a transaction that landed were sent"
        );
        let (resent, listed) = (
            counter!("transactions_resent_total"),
            gauge!("landing_list_transactions"),
        );
        describe_counter!(
            "landing_socket_lost_total",
            Unit::Count,
            "Times that the socket was lost, or could not be connected"
        );
        // Zero also where there is no socket.
        counter!("landing_socket_lost_total").increment(0);
        resent.increment(0);
        listed.set(0);
        Self {
            resent,
            listed,
            landing: histogram!("landing_duration_seconds"),
            sends: histogram!("transaction_sends_size"),
        }
    }

    /// So many are on the list.
    pub(super) fn listed(&self, length: usize) {
        self.listed.set(u32::try_from(length).unwrap_or(u32::MAX));
    }

    /// Bytes are sent again.
    pub(super) fn resent(&self) {
        self.resent.increment(1);
    }

    /// A transaction is known to have landed.
    pub(super) fn landed(&self, landing: &Landing) {
        self.landing.record(landing.took);
        self.sends.record(landing.sends);
    }
}
