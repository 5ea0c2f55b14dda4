//! How an order gets in: read at the border, held against the limits, stored, announced, answered.
//!
//! 1. The body is read into checked terms, every fault named (`intake/body.rs`, `intake/terms.rs`).
//! 2. A request that was accepted before gets its first answer again, before any limit is looked at; of
//!    several at once with one idempotency key, one goes ahead and the others wait (`intake/twins.rs`).
//! 3. The client's limits and the queue's are asked for a place.
//! 4. The order, its first event, the idempotency key with the answer, and the client's own id for it
//!    are stored in one transaction. Only then is the order accepted.
//! 5. Queue and feed are told, without waiting for them: what they miss, the sweeper and the watchers
//!    read from the store.
//!
//! The same way leads in over HTTP and over a WebSocket, and is gone to its end whether or not the client
//! stays (`acts.rs`).

pub(crate) mod body;

mod answer;
mod envelope;
mod fingerprint;
mod terms;
mod twins;

use std::sync::Arc;

use actix_web::web::Bytes;
use domain::order::{Order, Terms};
use domain::{Event, OrderId};
use ports::STAGE_SPANS;
use ports::job_queue::Job;
use ports::order_store::{Accepted, Idempotency, NewOrder};
use tracing::{Instrument, trace_span};

pub use envelope::Envelope;
pub use twins::Twins;

use crate::auth::{Reach, Scope};
use crate::deadline;
use crate::error::{ApiError, Code, Result};
use crate::limits::{Place, RateLimit};
use crate::state::{AppState, Ctx};
use crate::stats::Waiting;
use crate::unconfirmed::Made;
use body::Fields;

/// What a client gets for an accepted order.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub order_id: OrderId,
    /// The answer's body.
    pub answer: Bytes,
    /// Whether the same request was accepted before.
    pub is_replay: bool,
    pub rate: Option<RateLimit>,
}

/// Takes an order in.
///
/// Cancel safety: it is seen through.
pub async fn submit(ctx: &Ctx, envelope: Envelope, body: Bytes) -> Result<Receipt> {
    let is_keyed = envelope.idempotency_key.is_some();
    let parts = ctx.clone();
    let act = async move {
        let submitted = take_in(&parts, &envelope, &body).await;
        Ok(count(submitted, is_keyed))
    };
    match ctx.acts.see_through(act).await {
        Ok(submitted) => submitted,
        Err(refusal) => count(Err(refusal), is_keyed),
    }
}

/// Counts what became of a request, whether or not anybody hears of it.
fn count(submitted: Result<Receipt>, is_keyed: bool) -> Result<Receipt> {
    let submitted = match is_keyed {
        true => submitted.map_err(ApiError::leaving_a_key_in_doubt),
        false => submitted,
    };
    match &submitted {
        Ok(receipt) if receipt.is_replay => metrics::counter!("orders_replayed_total").increment(1),
        Ok(_) => metrics::counter!("orders_accepted_total").increment(1),
        Err(refusal) => {
            let code = refusal.code().name();
            metrics::counter!("orders_refused_total", "code" => code).increment(1);
        }
    }
    submitted
}

/// Reads an order without taking it in.
pub fn check(body: &[u8]) -> Result<Terms> {
    terms::read(&Fields::read(body)?)
}

async fn take_in(ctx: &AppState, envelope: &Envelope, body: &[u8]) -> Result<Receipt> {
    if envelope.caller.scope == Scope::Admin {
        return Err(ApiError::new(
            Code::Forbidden,
            "the operators' key hands in no orders",
        ));
    }
    if ctx.shutdown.is_stopping() {
        return Err(ApiError::stopping());
    }
    let fields = Fields::read(body)?;
    let fingerprint = envelope
        .idempotency_key
        .as_ref()
        .map(|_| fingerprint::of(&fields));
    let turn = match &envelope.idempotency_key {
        Some(key) => Some(ctx.twins.turn(&envelope.caller.client, key).await?),
        None => None,
    };
    let terms = match (terms::read(&fields), &fingerprint) {
        (Ok(terms), _) => terms,
        // A key belongs to its first request: that this one is another comes before what is wrong with it.
        (Err(refusal), Some(fingerprint)) => {
            earlier_answer(ctx, envelope, fingerprint).await?;
            return Err(refusal);
        }
        (Err(refusal), None) => return Err(refusal),
    };

    let is_later = turn.as_ref().is_some_and(|turn| turn.is_later);
    if let Some(fingerprint) = &fingerprint
        && (is_later || ctx.limits.any() || ctx.stats.is_near_full())
        && let Some(replay) = earlier_answer(ctx, envelope, fingerprint).await?
    {
        return Ok(replay);
    }
    let admitted = match (admit(ctx, envelope).await, &fingerprint) {
        // The place may have gone to this very request's twin, at another gateway.
        (Err(refusal), Some(fingerprint)) if refusal.code().is_limit() => {
            let replay = earlier_answer(ctx, envelope, fingerprint).await?;
            return replay.ok_or(refusal);
        }
        (admitted, _) => admitted?,
    };

    let (order, answer) = prepare(ctx, envelope, terms, fingerprint);
    let order_id = order.id;
    let span = trace_span!(target: STAGE_SPANS, "store.accept", order.id = %order_id);
    let accepting = ctx.ports.store.accept(order);
    let storing = ctx.unconfirmed.write((order_id, Made::Accepted), accepting);
    let stored = storing.instrument(span).await;
    if may_be_stored(&stored) {
        admitted.waiting.take();
        if let Some(place) = admitted.place {
            place.take(order_id).await;
        }
    } else if let Some(payer) = &envelope.payer {
        ctx.limits.give_submission_back(payer, admitted.rate);
    }
    let receipt = conclude(ctx, envelope, stored?, answer)?;
    let rate = admitted.rate;
    Ok(Receipt { rate, ..receipt })
}

/// What an order was given on its way in, and gives back if it is not stored.
struct Admitted<'a> {
    rate: Option<RateLimit>,
    place: Option<Place<'a>>,
    waiting: Waiting<'a>,
}

/// Holds the order against its client's limits and the queue's. The rate comes first, as it costs nothing to
/// ask, and is given back where another limit refuses.
async fn admit<'a>(ctx: &'a AppState, envelope: &Envelope) -> Result<Admitted<'a>> {
    let Some(payer) = &envelope.payer else {
        let waiting = ctx.stats.admit().await?;
        return Ok(Admitted {
            rate: None,
            place: None,
            waiting,
        });
    };
    let rate = ctx.limits.take_submission(payer)?;
    let places = async {
        let place = match &ctx.limits.open_orders {
            Some(limit) => Some(limit.admit(&ctx.ports, &envelope.caller, payer).await?),
            None => None,
        };
        Ok((place, ctx.stats.admit().await?))
    };
    match places.await {
        Ok((place, waiting)) => Ok(Admitted {
            rate,
            place,
            waiting,
        }),
        Err(refusal) => {
            ctx.limits.give_submission_back(payer, rate);
            Err(refusal)
        }
    }
}

/// The answer must exist before the commit, so that it can be stored with the order.
fn prepare(
    ctx: &AppState,
    envelope: &Envelope,
    terms: Terms,
    fingerprint: Option<[u8; 32]>,
) -> (NewOrder, Arc<[u8]>) {
    let now = ctx.ports.clock.now();
    let id = ctx.ports.random.order_id(now);
    let token = ctx.keys.token_for(&envelope.caller, Reach::Order(id), now);
    let socket = answer::socket_url(&envelope.socket_base, id, token.as_ref());
    let answer: Arc<[u8]> = answer::accepted(id, &socket, ctx.stats.estimate()).into();
    let key = envelope.idempotency_key.clone();
    let idempotency = key.zip(fingerprint).map(|(key, fingerprint)| Idempotency {
        key,
        fingerprint,
        answer: Arc::clone(&answer),
    });
    let order = NewOrder {
        id,
        event_id: ctx.ports.random.event_id(now),
        client: envelope.caller.client.clone(),
        terms,
        trace_context: envelope.trace_context.clone(),
        idempotency,
    };
    (order, answer)
}

fn may_be_stored(stored: &Result<Accepted>) -> bool {
    match stored {
        Ok(accepted) => matches!(accepted, Accepted::Stored(_)),
        Err(refusal) => refusal.code() == Code::OutcomeUnknown,
    }
}

fn conclude(
    ctx: &AppState,
    envelope: &Envelope,
    accepted: Accepted,
    answer: Arc<[u8]>,
) -> Result<Receipt> {
    match accepted {
        Accepted::Stored(event) => {
            announce(ctx, envelope, &event);
            Ok(Receipt {
                order_id: event.order_id,
                answer: Bytes::from_owner(answer),
                is_replay: false,
                rate: None,
            })
        }
        Accepted::Replayed { order_id, answer } => Ok(replay(ctx, envelope, order_id, answer)),
        Accepted::KeyReused => Err(key_reused()),
        Accepted::ClientOrderIdTaken { order_id } => {
            let detail = "this clientOrderId names another order of yours";
            Err(ApiError::new(Code::ClientOrderIdTaken, detail).with_order(order_id))
        }
    }
}

fn announce(ctx: &AppState, envelope: &Envelope, event: &Event) {
    let client = &envelope.caller.client;
    ctx.announcer.enqueue(Job {
        order_id: event.order_id,
        client: client.clone(),
        starts_execution: true,
    });
    ctx.announcer.publish(client, event);
    tracing::info!(
        order.id = %event.order_id,
        order.seq = event.seq.get(),
        order.status = event.data.status().name(),
        client.id = %client,
        "order {} accepted",
        event.order_id
    );
}

/// Looks for the answer to the same request, so that a limit does not stand in its way.
async fn earlier_answer(
    ctx: &AppState,
    envelope: &Envelope,
    fingerprint: &[u8; 32],
) -> Result<Option<Receipt>> {
    let Some(key) = &envelope.idempotency_key else {
        return Ok(None);
    };
    let client = &envelope.caller.client;
    let kept = deadline::read(ctx.ports.store.answer_for(client, key)).await?;
    match kept {
        None => Ok(None),
        Some((_, kept)) if kept.fingerprint != *fingerprint => Err(key_reused()),
        Some((order_id, kept)) => Ok(Some(replay(ctx, envelope, order_id, kept.answer))),
    }
}

fn replay(ctx: &AppState, envelope: &Envelope, order_id: OrderId, answer: Arc<[u8]>) -> Receipt {
    let (reach, now) = (Reach::Order(order_id), ctx.ports.clock.now());
    let token = ctx.keys.token_for(&envelope.caller, reach, now);
    let answer = match token {
        Some(token) => answer::with_token(&answer, &token).into(),
        None => Bytes::from_owner(answer),
    };
    Receipt {
        order_id,
        answer,
        is_replay: true,
        rate: None,
    }
}

fn key_reused() -> ApiError {
    let detail = "this Idempotency-Key was sent with another body before";
    ApiError::new(Code::IdempotencyKeyReused, detail)
}

/// A dead order's terms, to be accepted anew.
pub(crate) fn replacement(ctx: &AppState, dead: &Order) -> NewOrder {
    let now = ctx.ports.clock.now();
    NewOrder {
        id: ctx.ports.random.order_id(now),
        event_id: ctx.ports.random.event_id(now),
        client: dead.client.clone(),
        // The client's own id names the dead order for ever.
        terms: Terms {
            client_order_id: None,
            ..dead.terms.clone()
        },
        trace_context: None,
        idempotency: None,
    }
}

#[cfg(test)]
mod cost;
#[cfg(test)]
mod tests;
