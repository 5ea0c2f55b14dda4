//! What is counted of webhooks.

use std::time::Duration;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use ports::webhooks::{Bounded, WebhookCounts};

const TRIES: &str = "webhook_tries_total";
const TRY_SECONDS: &str = "webhook_try_duration_seconds";
const DIED: &str = "webhooks_died_total";
const FORGOTTEN: &str = "webhooks_forgotten_total";
const PENDING: &str = "webhooks_pending";
const DEAD: &str = "webhooks_dead";
const OLDEST: &str = "webhooks_oldest_pending_seconds";

/// Registers every series, also where there is no receiver.
pub fn describe() {
    describe_counter!(TRIES, Unit::Count, "Tries to tell the receiver of an event");
    for outcome in ["taken", "refused"] {
        counter!(TRIES, "outcome" => outcome).increment(0);
    }
    describe_histogram!(
        TRY_SECONDS,
        Unit::Seconds,
        "How long a try took, until the receiver had answered or was given up"
    );
    describe_counter!(DIED, Unit::Count, "Webhooks that were given up");
    for reason in ["refused", "no_room"] {
        counter!(DIED, "reason" => reason).increment(0);
    }
    describe_counter!(
        FORGOTTEN,
        Unit::Count,
        "Dead webhooks that were deleted, as there were too many"
    );
    counter!(FORGOTTEN).increment(0);
    for (name, unit, what) in [
        (
            PENDING,
            Unit::Count,
            "Webhooks that the receiver has not taken yet",
        ),
        (
            DEAD,
            Unit::Count,
            "Webhooks that were given up and not retried",
        ),
        (
            OLDEST,
            Unit::Seconds,
            "How old the event of the oldest order's pending webhook is",
        ),
    ] {
        describe_gauge!(name, unit, what);
        gauge!(name).set(0.0);
    }
}

pub(crate) fn tried(is_taken: bool, took: Duration) {
    let outcome = if is_taken { "taken" } else { "refused" };
    counter!(TRIES, "outcome" => outcome).increment(1);
    histogram!(TRY_SECONDS).record(took.as_secs_f64());
}

pub(crate) fn died() {
    counter!(DIED, "reason" => "refused").increment(1);
}

pub(crate) fn bounded(bounded: Bounded) {
    counter!(DIED, "reason" => "no_room").increment(bounded.died);
    counter!(FORGOTTEN).increment(bounded.forgotten);
}

pub(crate) fn show(counts: &WebhookCounts, oldest_for: Duration) {
    gauge!(PENDING).set(shown(counts.pending));
    gauge!(DEAD).set(shown(counts.dead));
    gauge!(OLDEST).set(oldest_for.as_secs_f64());
}

fn shown(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
