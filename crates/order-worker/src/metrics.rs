//! Every metric of a worker, registered at the start so that it is zero before anything happens.

use std::time::Duration;

use domain::event::{Failure, FailureCode};
use domain::quote::Receipt;
use domain::spending::{Purpose, SpendLimits};
use domain::{Status, Venue};
use metrics::{Counter, Gauge, Histogram, Unit, counter, gauge, histogram};
use metrics::{describe_counter, describe_gauge, describe_histogram};

const ENDS: [Status; 4] = [
    Status::Confirmed,
    Status::Failed,
    Status::Cancelled,
    Status::Expired,
];
const NO_VENUE: &str = "none";
/// What limits limit: tokens that are named, others, and fees. Which token it was stands in the order.
const LIMITED: [&str; 3] = ["token", "other", "fees"];
/// What reverted transactions fail with.
const REVERTS: [FailureCode; 3] = [
    FailureCode::SlippageExceeded,
    FailureCode::InsufficientLiquidity,
    FailureCode::TransactionFailed,
];

/// Why the signer refuses.
const SIGNER_REFUSALS: [FailureCode; 2] = [FailureCode::SignerRefused, FailureCode::SignerLimit];

/// What each counter counts.
const COUNTERS: [(&str, &str); 29] = [
    (
        "orders_ended_total",
        "Orders that reached their end, by outcome and venue",
    ),
    (
        "orders_retried_total",
        "Executions that failed and will be repeated",
    ),
    (
        "orders_rescued_total",
        "Orders that a worker resumed in the middle of an execution",
    ),
    (
        "orders_released_total",
        "Orders given back without an event",
    ),
    (
        "lease_lost_total",
        "Times a worker learned that it had lost a lease",
    ),
    (
        "poison_total",
        "Orders ended because every worker that took them died",
    ),
    (
        "orders_taken_alone_total",
        "Times a worker took an order alone because workers had died with it",
    ),
    (
        "order_panics_total",
        "Panics that were contained within one order",
    ),
    (
        "transactions_declared_dead_total",
        "Transactions that counted as dead because an operator said so",
    ),
    ("queue_claims_total", "Entries taken from the queue"),
    ("queue_failures_total", "Calls to the queue that failed"),
    (
        "store_failures_total",
        "Calls to the store that failed and were repeated",
    ),
    (
        "sweeper_pushed_total",
        "Due orders that the queue had lost or never had",
    ),
    (
        "sweeper_expired_total",
        "Orders whose time ran out while they waited",
    ),
    (
        "fees_paid_lamports_total",
        "Network fees of transactions that landed, reverted ones too, in lamports",
    ),
    (
        "transactions_reverted_total",
        "Transactions that landed and were rolled back for good, by reason",
    ),
    (
        "quote_mismatches_total",
        "Transactions not signed because their simulation paid something else than quoted",
    ),
    (
        "breaker_trips_total",
        "Times the engine halted itself after too many reverts of one kind in a row",
    ),
    (
        "insufficient_funds_total",
        "Orders that the wallet could not pay for",
    ),
    (
        "spend_limit_refusals_total",
        "Orders that a limit on what may be spent left no room for, by what it limits",
    ),
    (
        "signer_refusals_total",
        "Transactions that the signer refused, by whether a rule or a limit forbids them",
    ),
    (
        "signer_waits_total",
        "Times an order left its slot because the signer gave no signature",
    ),
    (
        "orders_without_wallet_total",
        "Times an order was put aside because no live worker had its wallet",
    ),
    (
        "birth_hints_total",
        "Times that a pool of a token that snipers wait for was told to be there",
    ),
    (
        "birth_socket_lost_total",
        "Times that the socket that tells of new pools was lost, or could not be connected",
    ),
    (
        "waiting_orders_fired_total",
        "Orders whose condition was seen to hold",
    ),
    (
        "waiting_routes_total",
        "Routes asked for because an order that waits might fire",
    ),
    (
        "waiting_orders_sent_back_total",
        "Times a limit order had fired and went back to waiting because its price had gone",
    ),
    (
        "workers_buried_total",
        "Workers declared dead because they fell silent",
    ),
];

/// What each gauge shows.
const GAUGES: [(&str, &str); 6] = [
    (
        "birth_socket_connected",
        "Whether the socket that tells of new pools is connected",
    ),
    (
        "waiting_orders_watched",
        "Orders that wait for a price and are watched by this worker",
    ),
    (
        "engine_halted",
        "1 while nothing is signed and nothing is sent",
    ),
    (
        "reverts_in_row",
        "How many transactions in a row, of one kind, were rolled back when this worker last counted",
    ),
    ("worker_slots", "Orders this worker may execute at once"),
    ("worker_slots_used", "Orders this worker executes now"),
];

/// What each histogram measures, in seconds.
const HISTOGRAMS: [(&str, &str); 3] = [
    (
        "waiting_scan_duration_seconds",
        "Time in which the prices of all orders that wait were looked at once",
    ),
    (
        "stage_duration_seconds",
        "Time spent in each stage of an order",
    ),
    (
        "limiter_wait_seconds",
        "Time that waiting orders waited for a permit of the rate limit",
    ),
];

/// Handles to the metrics, looked up once.
#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) retried: Counter,
    pub(crate) rescued: Counter,
    pub(crate) released: Counter,
    pub(crate) lease_lost: Counter,
    pub(crate) poison: Counter,
    pub(crate) alone: Counter,
    pub(crate) panics: Counter,
    pub(crate) declared_dead: Counter,
    pub(crate) fees_paid: Counter,
    pub(crate) quote_mismatches: Counter,
    pub(crate) insufficient_funds: Counter,
    pub(crate) signer_waits: Counter,
    pub(crate) walletless: Counter,
    pub(crate) queue_claims: Counter,
    pub(crate) queue_failures: Counter,
    pub(crate) store_failures: Counter,
    pub(crate) halted: Gauge,
    pub(crate) reverts_in_row: Gauge,
    pub(crate) breaker_trips: Counter,
    pub(crate) slots_used: Gauge,
    pub(crate) slots: Gauge,
    pub(crate) route: Histogram,
    pub(crate) build: Histogram,
    pub(crate) settle: Histogram,
    pub(crate) scan: Histogram,
    pub(crate) fired: Counter,
    pub(crate) sent_back: Counter,
    pub(crate) watched: Gauge,
    pub(crate) watched_routes: Counter,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Describes the metrics and sets each to zero. The recorder must be installed before.
    pub(crate) fn register() -> Self {
        describe();
        for outcome in ENDS {
            let venues = Venue::ALL.map(Venue::name).into_iter().chain([NO_VENUE]);
            for venue in venues {
                counter!("orders_ended_total", "outcome" => outcome.name(), "venue" => venue)
                    .increment(0);
            }
        }
        gauge!("birth_socket_connected").set(0.0);
        for name in [
            "birth_hints_total",
            "birth_socket_lost_total",
            "sweeper_pushed_total",
            "sweeper_expired_total",
            "workers_buried_total",
        ] {
            counter!(name).increment(0);
        }
        for purpose in LIMITED {
            counter!("spend_limit_refusals_total", "of" => purpose).increment(0);
        }
        for code in REVERTS {
            counter!("transactions_reverted_total", "reason" => code.name()).increment(0);
        }
        for code in SIGNER_REFUSALS {
            signer_refusals(code).increment(0);
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
            declared_dead: zeroed("transactions_declared_dead_total"),
            fees_paid: zeroed("fees_paid_lamports_total"),
            quote_mismatches: zeroed("quote_mismatches_total"),
            insufficient_funds: zeroed("insufficient_funds_total"),
            signer_waits: zeroed("signer_waits_total"),
            walletless: zeroed("orders_without_wallet_total"),
            queue_claims: zeroed("queue_claims_total"),
            queue_failures: zeroed("queue_failures_total"),
            store_failures: zeroed("store_failures_total"),
            halted: gauge!("engine_halted"),
            reverts_in_row: gauge!("reverts_in_row"),
            breaker_trips: zeroed("breaker_trips_total"),
            slots_used: gauge!("worker_slots_used"),
            slots: gauge!("worker_slots"),
            route: stage("route"),
            build: stage("build"),
            settle: stage("settle"),
            scan: histogram!("waiting_scan_duration_seconds"),
            fired: zeroed("waiting_orders_fired_total"),
            sent_back: zeroed("waiting_orders_sent_back_total"),
            watched: gauge!("waiting_orders_watched"),
            watched_routes: zeroed("waiting_routes_total"),
        }
    }

    /// Counts what a transaction cost that took effect.
    pub(crate) fn paid(&self, receipt: &Receipt) {
        self.fees_paid.increment(receipt.fee_lamports);
    }

    /// Counts a transaction that was rolled back, which cost its fee all the same.
    pub(crate) fn reverted(&self, failure: &Failure, receipt: &Receipt) {
        self.paid(receipt);
        counter!("transactions_reverted_total", "reason" => failure.code.name()).increment(1);
    }

    /// Counts an order that passes a limit.
    pub(crate) fn over_limit(&self, limits: &SpendLimits, purpose: Purpose) {
        let [token, other, fees] = LIMITED;
        let of = match purpose {
            Purpose::Fees => fees,
            Purpose::Token(mint) if limits.names(mint) => token,
            Purpose::Token(_) => other,
        };
        counter!("spend_limit_refusals_total", "of" => of).increment(1);
    }

    /// Counts a transaction that the signer refused.
    pub(crate) fn signer_refused(code: FailureCode) {
        signer_refusals(code).increment(1);
    }

    /// Counts an order's end.
    pub(crate) fn ended(outcome: Status, venue: Option<Venue>) {
        let venue = venue.map_or(NO_VENUE, Venue::name);
        counter!("orders_ended_total", "outcome" => outcome.name(), "venue" => venue).increment(1);
    }
}

fn signer_refusals(code: FailureCode) -> Counter {
    counter!("signer_refusals_total", "reason" => code.name())
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
    for (name, what) in COUNTERS {
        describe_counter!(name, Unit::Count, what);
    }
    for (name, what) in GAUGES {
        describe_gauge!(name, Unit::Count, what);
    }
    for (name, what) in HISTOGRAMS {
        describe_histogram!(name, Unit::Seconds, what);
    }
}
