//! Writes to the store on behalf of one order: repeats each write until the store answers, then
//! announces it.
//!
//! A write is repeated for as long as the worker's identity lives. Giving up earlier would strand
//! the order: its lease lasts as long as the worker does, and nobody would execute it.

use std::time::Duration;

use domain::landing::LandingReport;
use domain::spending::NoRoom;
use domain::transaction::SignedTransaction;
use domain::{Event, EventData, NewEvent, Order, Status, Venue};
use ports::STAGE_SPANS;
use ports::order_store::{LONGEST_FIXED_REST, Lease, Recorded, Withdrawal, Withdrawn};
use ports::retry::Policy;
use tracing::{Instrument, Span, debug, error, info, trace_span};

use crate::context::Context;
use crate::crash_point::{self, CrashPoint};
use crate::metrics::Metrics;
use crate::unheard::Unheard;

/// Waits between repeats of a call to the store.
const REPEAT: Policy = Policy {
    base_delay: Duration::from_millis(20),
    max_delay: Duration::from_secs(1),
};

/// Why an event did not become a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The order was cancelled or expired first; it has ended.
    Withdrawn,
    /// It can no longer be submitted, because its time has run out.
    Expired,
    /// Its transaction may not spend what it would.
    NoRoom(NoRoom),
    /// Another worker has the order.
    LeaseLost,
    /// The stored order is unreadable, or the event is not allowed in its state: a person must
    /// look.
    Broken,
}

/// Repeats a call to the store until it answers. Returns only errors that waiting cannot cure.
pub(crate) async fn answered<T, F>(ctx: &Context, call: impl Fn() -> F) -> ports::Result<T>
where
    F: Future<Output = ports::Result<T>>,
{
    let accept = |answer: ports::Result<T>, failures| match answer {
        Err(error) if error.is_transient() => {
            ctx.metrics.store_failures.increment(1);
            debug!(%error, failures, "a call to the store is repeated: {error}");
            None
        }
        answer => Some(answer),
    };
    REPEAT
        .repeat_until(&*ctx.clock, &ctx.random, call, accept)
        .await
}

/// Records an event and applies it to the order.
pub(crate) async fn record(
    ctx: &Context,
    lease: &mut Lease,
    data: EventData,
) -> Result<(), Refused> {
    let event = propose(ctx, &lease.order, data)?;
    let unheard = Unheard::after(ctx, &lease.order);
    let writing = answered(ctx, || ctx.store.record(lease, &event));
    let answer = writing.instrument(span_of(&event)).await;
    unheard.heard();
    move_on(ctx, lease, answer)?;
    tell_group(ctx, &lease.order).await;
    Ok(())
}

/// Records `submitted` with the transaction's bytes and applies it to the order. Only a transaction
/// that has won may be sent.
pub(crate) async fn record_submission(
    ctx: &Context,
    lease: &mut Lease,
    data: EventData,
    transaction: SignedTransaction,
) -> Result<(), Refused> {
    let event = propose(ctx, &lease.order, data)?;
    let unheard = Unheard::after(ctx, &lease.order);
    let writing = answered(ctx, || {
        ctx.store.record_submission(lease, &event, &transaction)
    });
    let answer = writing.instrument(span_of(&event)).await;
    unheard.heard();
    move_on(ctx, lease, answer)?;
    lease.live_transaction = Some(transaction);
    Ok(())
}

/// Gives the order back without an event, due again after `delay`, which is never longer than the
/// longest delay that a store expects.
pub(crate) async fn release(ctx: &Context, lease: &Lease, delay: Duration) {
    release_with(ctx, lease, delay, None).await;
}

/// The same, and says how the order's transaction fares.
pub(crate) async fn release_with(
    ctx: &Context,
    lease: &Lease,
    delay: Duration,
    landing: Option<LandingReport>,
) {
    let delay = delay.min(LONGEST_FIXED_REST);
    ctx.metrics.released.increment(1);
    let span = trace_span!(
        target: STAGE_SPANS, "store.release", delay_ms = delay.as_millis()
    );
    let writing = answered(ctx, || ctx.store.release_with(lease, delay, landing));
    if let Err(error) = writing.instrument(span).await {
        let id = lease.order.id;
        error!(order.id = %id, %error, "order {id} could not be given back: {error}");
    }
}

/// Ends the order if its time has run out, which only the store's clock can tell. Orders without a
/// time limit do not ask.
pub(crate) async fn expire(ctx: &Context, order: &Order) -> Result<(), Refused> {
    let Some(seconds) = order.terms.valid_for_seconds else {
        return Ok(());
    };
    let event = ctx.event_id();
    let reason = expiry_reason(seconds);
    let withdraw = || {
        ctx.store
            .withdraw(order.id, None, event, Withdrawal::Expired, &reason)
    };
    let span = trace_span!(target: STAGE_SPANS, "store.expire");
    let unheard = Unheard::after(ctx, order);
    let answer = answered(ctx, withdraw).instrument(span).await;
    unheard.heard();
    match answer {
        Ok(Withdrawn::Won { event, client }) => {
            tell(ctx, order, &event);
            ctx.announcer.publish(&client, &event);
            Err(Refused::Withdrawn)
        }
        Ok(Withdrawn::TooLate { status }) if status.is_terminal() => Err(Refused::Withdrawn),
        Ok(Withdrawn::TooLate { .. } | Withdrawn::Unknown) => Ok(()),
        Err(error) => Err(broken(order, &error)),
    }
}

/// The reason that people read for an expired order.
pub(crate) fn expiry_reason(valid_for_seconds: u32) -> String {
    format!("the order was not submitted within its {valid_for_seconds} seconds")
}

/// The span of storing an event, retries included.
fn span_of(event: &NewEvent) -> Span {
    trace_span!(
        target: STAGE_SPANS, "store.record",
        order.seq = event.seq.get(), order.status = event.data.status().name()
    )
}

fn propose(ctx: &Context, order: &Order, data: EventData) -> Result<NewEvent, Refused> {
    order
        .propose(ctx.event_id(), data)
        .map_err(|illegal| broken(order, &illegal))
}

fn move_on(
    ctx: &Context,
    lease: &mut Lease,
    answer: ports::Result<Recorded>,
) -> Result<(), Refused> {
    let event = match answer {
        Ok(Recorded::Won(event)) => event,
        Ok(Recorded::Withdrawn) => return Err(Refused::Withdrawn),
        Ok(Recorded::Expired) => return Err(Refused::Expired),
        Ok(Recorded::NoRoom(no_room)) => return Err(Refused::NoRoom(no_room)),
        Ok(Recorded::LeaseLost) => return Err(Refused::LeaseLost),
        Err(error) => return Err(broken(&lease.order, &error)),
    };
    let moved = lease.order.clone().apply(event.clone());
    let moved = moved.map_err(|illegal| broken(&lease.order, &illegal))?;
    tell(ctx, &lease.order, &event);
    lease.order = moved;
    if lease.order.status().is_terminal() {
        crash_point::reached(CrashPoint::StoredNotPublished);
    }
    ctx.announcer.publish(&lease.order.client, &event);
    Ok(())
}

/// Announces the orders that ended because this one of their group was confirmed.
async fn tell_group(ctx: &Context, order: &Order) {
    if order.terms.oco_group.is_none() || order.status() != Status::Confirmed {
        return;
    }
    match answered(ctx, || ctx.store.ended_by(order.id)).await {
        Ok(ended) => {
            for (event, client) in ended {
                let id = event.order_id;
                info!(order.id = %id, order.status = "cancelled", "order {id} is cancelled: another one of its group is confirmed");
                Metrics::ended(event.data.status(), None);
                ctx.announcer.publish(&client, &event);
            }
        }
        Err(error) => {
            let id = order.id;
            error!(order.id = %id, %error, "the rest of order {id}'s group cannot be read: {error}");
            ctx.announcer.lost();
        }
    }
}

fn broken(order: &Order, error: &dyn std::error::Error) -> Refused {
    let id = order.id;
    error!(order.id = %id, order.seq = order.seq.get(), %error, "order {id} cannot go on: {error}");
    Refused::Broken
}

/// One line per change of state, and its count.
fn tell(ctx: &Context, before: &Order, event: &Event) {
    let (id, status) = (event.order_id, event.data.status());
    let (venue, error) = details(&event.data, before);
    info!(
        order.id = %id,
        order.seq = event.seq.get(),
        order.status = status.name(),
        attempt = event.execution(),
        venue = venue.map(Venue::name),
        error,
        duration_ms = u64::try_from(event.at.since(before.updated_at).as_millis()).unwrap_or(u64::MAX),
        "order {id} is {status}",
    );
    if status.is_terminal() {
        Metrics::ended(status, venue);
    } else if status == Status::Pending {
        ctx.metrics.retried.increment(1);
    }
}

fn details<'a>(data: &'a EventData, before: &'a Order) -> (Option<Venue>, Option<&'a str>) {
    use domain::State;
    let venue_so_far = match &before.state {
        State::Building { decision } => Some(decision.choice.route.largest().venue()),
        State::Submitted { choice, .. } => Some(choice.route.largest().venue()),
        _ => None,
    };
    match data {
        EventData::Routed { decision } => (Some(decision.choice.route.largest().venue()), None),
        EventData::RetryScheduled { failure, .. }
        | EventData::WaitingAgain { failure, .. }
        | EventData::Failed { failure } => (venue_so_far, Some(&failure.reason)),
        EventData::Cancelled { reason } | EventData::Expired { reason } => {
            (venue_so_far, Some(reason))
        }
        _ => (venue_so_far, None),
    }
}
