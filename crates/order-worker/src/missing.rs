//! What an order with a condition does after an execution that failed, where that differs from a market order.

use std::time::Duration;

use domain::event::{Failure, FailureCode};
use domain::order::OrderType;
use domain::waiting::Misses;
use domain::{EventData, Order, Status};
use ports::order_store::Lease;

use crate::context::Context;

/// The rests of an order whose price had gone before anything was sent: they double.
const ROUTED_REST: Duration = Duration::from_secs(1);
const ROUTED_REST_MAX: Duration = Duration::from_secs(60);
/// The same after a revert on the chain, which cost a fee; and how many of them end the order.
const REVERTED_REST: Duration = Duration::from_secs(10);
const REVERTED_REST_MAX: Duration = Duration::from_secs(600);
const REVERTS_MAX: u32 = 10;
/// From so many misses on an order is given no more than one try in its longest rest.
const WORN_AFTER: u32 = 30;
/// How long an order that has fired waits for its own minimum, at least and at most.
const LOOK_AGAIN_MIN: Duration = Duration::from_secs(1);
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(10);

/// Executions of the order that count as attempts.
pub(crate) fn counted(lease: &Lease) -> u32 {
    let uncounted = misses(lease).uncounted;
    lease.order.executions.saturating_sub(uncounted)
}

fn misses(lease: &Lease) -> Misses {
    let firing = lease.firing.as_deref();
    firing.map(|firing| firing.misses).unwrap_or_default()
}

/// Whether a limit order could not be sold at its price.
pub(crate) fn is_missed_limit(order: &Order, failure: &Failure) -> bool {
    let has_missed = matches!(
        failure.code,
        FailureCode::BelowMinimum | FailureCode::SlippageExceeded | FailureCode::PriceImpact
    );
    has_missed && matches!(order.terms.order_type, OrderType::Limit { .. })
}

/// What becomes of a limit order that could not be sold at its price; `None` for all others, and after other failures.
pub(crate) fn of_limit(ctx: &Context, lease: &Lease, failure: &Failure) -> Option<EventData> {
    if !is_missed_limit(&lease.order, failure) {
        return None;
    }
    let mut misses = misses(lease);
    misses.uncounted += 1;
    let rest = if lease.order.status() == Status::Submitted {
        misses.reverted += 1;
        if misses.reverted >= REVERTS_MAX {
            let reason = format!("{} ({REVERTS_MAX} times)", failure.reason);
            let failure = Failure {
                reason,
                ..failure.clone()
            };
            return Some(EventData::Failed { failure });
        }
        doubled(REVERTED_REST, misses.reverted).min(REVERTED_REST_MAX)
    } else {
        misses.routed += 1;
        match is_worn(misses) {
            true => ROUTED_REST_MAX,
            false => doubled(ROUTED_REST, misses.routed).min(ROUTED_REST_MAX),
        }
    };
    ctx.metrics.sent_back.increment(1);
    Some(EventData::WaitingAgain {
        failure: failure.clone(),
        rest_ms: u64::try_from(rest.as_millis()).unwrap_or(u64::MAX),
        misses,
    })
}

/// Whether an order has missed its floor so often that no look ends its rests: each miss is two events more, and those of
/// an order that waits for months are to be counted.
pub(crate) const fn is_worn(misses: Misses) -> bool {
    misses.uncounted >= WORN_AFTER
}

/// The rest after so many misses.
fn doubled(first: Duration, misses: u32) -> Duration {
    first * 2u32.saturating_pow(misses.saturating_sub(1).min(16))
}

/// How long an order that has fired rests where it is, because nobody offers its own minimum; `None` for all others.
pub(crate) fn patience(ctx: &Context, order: &Order, failure: &Failure) -> Option<Duration> {
    let is_below = failure.code == FailureCode::BelowMinimum;
    let spread = LOOK_AGAIN_MAX.saturating_sub(LOOK_AGAIN_MIN);
    (is_patient(order) && is_below).then(|| LOOK_AGAIN_MIN + ctx.random.duration_below(spread))
}

/// Whether an order has fired once it waits for its own minimum where it is.
fn is_patient(order: &Order) -> bool {
    matches!(
        order.terms.order_type,
        OrderType::Stop { .. }
            | OrderType::TakeProfit { .. }
            | OrderType::TrailingStop { .. }
            | OrderType::Sniper(_)
    )
}

/// Whether an order that a worker takes over has looked for its own minimum before.
pub(crate) fn looks_again(order: &Order) -> bool {
    let has_own = order.terms.min_amount_out.is_some();
    order.status() == Status::Routing && has_own && is_patient(order)
}

/// When such an order comes again if too many others look.
pub(crate) fn later(ctx: &Context) -> Duration {
    let half = LOOK_AGAIN_MAX / 2;
    half + ctx.random.duration_below(half)
}

/// Whether the next execution begins at once: what has fired is in a hurry, and each execution waits for the proof that
/// the one before is dead.
pub(crate) fn is_retried_at_once(order: &Order) -> bool {
    order.terms.order_type.waits() && order.status() == Status::Submitted
}
