//! Finds out what became of a transaction whose bytes are stored: puts them on the landing list, which sends them again
//! and again, and waits for what it hears, until others need the slot. Outside its slot the order is due again when
//! the list has news of it, and after a while in any case.
//!
//! A failed call does not mean here that the transaction failed. A transaction is dead only if the
//! chain rolled it back for good, or proves that it can never land (I5).

use std::time::Duration;

use domain::event::{Failure, FailureCode};
use domain::quote::{Choice, Receipt};
use domain::transaction::SignedTransaction;
use domain::{BaseUnits, OrderId};
use ports::STAGE_SPANS;
use ports::landing::{Fate, Standing};
use tokio::time::timeout;
use tracing::field::{Empty, display};
use tracing::{Instrument, debug, trace_span};

use super::{failure, revert};
use crate::asking::{PATIENCE, in_time};
use crate::context::Context;
use crate::crash_point::{self, CrashPoint};

/// An order keeps its slot at least this long, however fast the chain usually is.
const SLOT_TIME_MIN: Duration = Duration::from_secs(1);
/// The least time for which an order that this worker took over waits in its slot.
const GLANCE_MIN: Duration = Duration::from_millis(200);
/// Pauses between the looks at an order outside its slot, in seconds. The list's news come sooner.
const LOOKS: [u64; 5] = [2, 4, 8, 16, 30];
/// Looks are this part of a pause earlier, by chance, so that those of many orders do not stay together.
const JITTER_PART: u32 = 8;

/// Where a transaction stands when this stage gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This worker has just stored it, and has sent nothing yet.
    JustStored,
    /// Some worker stored it some time ago, and may have sent it.
    Resumed,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Settled {
    /// The swap took effect.
    Landed {
        amount_in: BaseUnits,
        amount_out: BaseUnits,
        /// Of each leg.
        legs: Vec<(BaseUnits, BaseUnits)>,
        receipt: Receipt,
    },
    /// It can never take effect any more: it did not land.
    Dead(Failure),
    /// The same: it landed and was rolled back for good.
    Reverted { failure: Failure, kind: String },
    /// It may still land: ask again after this long, outside the slot.
    Undecided {
        ask_again_in: Duration,
        /// Why it was rolled back, in a block that may vanish yet.
        rolled_back: Option<FailureCode>,
    },
}

/// A transaction on its way, with what messages for people need.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub(crate) order: OrderId,
    pub(crate) transaction: &'a SignedTransaction,
    pub(crate) choice: &'a Choice,
}

/// Works on a stored transaction until its fate is known or its time in the slot is over.
pub(crate) async fn settle(ctx: &Context, sending: Sending<'_>, origin: Origin) -> Settled {
    let span = trace_span!(
        target: STAGE_SPANS, "order.settle", venue = %sending.choice.route.largest().venue(),
        signature = %sending.transaction.signature, origin = ?origin,
        amount_out = Empty, error = Empty
    );
    let settled = see_to(ctx, sending, origin).instrument(span.clone()).await;
    match &settled {
        Settled::Landed { amount_out, .. } => span.record("amount_out", display(amount_out)),
        Settled::Dead(failure) | Settled::Reverted { failure, .. } => {
            span.record("error", &failure.reason)
        }
        Settled::Undecided { .. } => return settled,
    };
    ctx.chain.landing.forget(sending.transaction);
    settled
}

async fn see_to(ctx: &Context, sending: Sending<'_>, origin: Origin) -> Settled {
    let usual = ctx.chain.landing.usual_time();
    let settled = match origin {
        // A transaction that was stored a moment ago cannot have a fate.
        Origin::JustStored => {
            keep(ctx, sending).await;
            listen(ctx, sending, (usual * 2).max(SLOT_TIME_MIN)).await
        }
        Origin::Resumed => match ctx.chain.landing.standing(sending.transaction) {
            Standing::Quiet => None,
            Standing::News => judge(ctx, sending).await,
            Standing::Unlisted => take_over(ctx, sending, usual).await,
        },
    };
    settled.unwrap_or_else(|| undecided(ctx, sending, None))
}

/// Works on a transaction that another worker has stored, or this one long ago. Resumes come before new orders: on a
/// chain that stalls, each may use a slot only for a fraction of the time it spends outside, or no other order would
/// get one.
async fn take_over(ctx: &Context, sending: Sending<'_>, usual: Duration) -> Option<Settled> {
    if let Some(settled) = judge(ctx, sending).await {
        return Some(settled);
    }
    keep(ctx, sending).await;
    listen(ctx, sending, (usual / 4).max(GLANCE_MIN)).await
}

/// Puts the stored bytes on the list. Whatever the first send's answer, they may have arrived: only the fate counts.
async fn keep(ctx: &Context, sending: Sending<'_>) {
    let Sending {
        order, transaction, ..
    } = sending;
    let keeping = in_time(ctx.chain.landing.keep(order, transaction));
    let span = trace_span!(target: STAGE_SPANS, "chain.send", error = Empty);
    let answer = keeping.instrument(span.clone()).await;
    crash_point::reached(CrashPoint::ReplyLost);
    match answer {
        Ok(()) => crash_point::reached(CrashPoint::Sent),
        Err(error) => {
            let signature = &transaction.signature;
            span.record("error", display(&error));
            debug!(%signature, %error, "sending {signature} gave no usable answer: {error}");
        }
    }
}

/// Waits for the transaction's fate; a worker that stops waits no longer than a fate usually takes.
async fn listen(ctx: &Context, sending: Sending<'_>, wait: Duration) -> Option<Settled> {
    let landing = &ctx.chain.landing;
    let waiting = timeout(
        wait + PATIENCE,
        landing.await_fate(sending.transaction, wait),
    );
    let stopping = async {
        ctx.shutdown.soft().await;
        ctx.clock.sleep(landing.usual_time().min(wait)).await;
    };
    let span = trace_span!(target: STAGE_SPANS, "chain.confirm");
    let listening = async {
        tokio::select! {
            biased;
            answer = waiting => answer.ok()?.ok(),
            () = stopping => None,
        }
    };
    let fate = listening.instrument(span).await?;
    verdict(ctx, sending, fate)
}

/// Asks the chain what became of the transaction.
async fn judge(ctx: &Context, sending: Sending<'_>) -> Option<Settled> {
    let span = trace_span!(target: STAGE_SPANS, "chain.fate", error = Empty);
    let asking = in_time(ctx.chain.landing.fate(sending.transaction));
    match asking.instrument(span.clone()).await {
        Ok(fate) => verdict(ctx, sending, fate),
        Err(error) => {
            span.record("error", display(&error));
            debug!(%error, "asking the chain gave no usable answer: {error}");
            None
        }
    }
}

/// What a fate alone decides. That nothing was found decides nothing: it may be on its way.
fn verdict(ctx: &Context, sending: Sending<'_>, fate: Fate) -> Option<Settled> {
    match fate {
        Fate::Absent | Fate::Underway => None,
        Fate::Dead => Some(Settled::Dead(expired(sending.transaction))),
        Fate::Landed {
            amount_in,
            amount_out,
            legs,
            receipt,
        } => Some(Settled::Landed {
            amount_in,
            amount_out,
            legs,
            receipt,
        }),
        Fate::Reverted {
            reason,
            kind,
            receipt,
            is_final: true,
        } => {
            let failure = revert::explain(&ctx.router, sending.choice, &reason);
            ctx.metrics.reverted(&failure, &receipt);
            let failure = Failure {
                paid_lamports: Some(receipt.fee_lamports),
                ..failure
            };
            Some(Settled::Reverted { failure, kind })
        }
        // If its block vanishes, the transaction may land in another one. Until then there is
        // nothing to do for it that needs a slot.
        Fate::Reverted {
            reason,
            is_final: false,
            ..
        } => {
            let failure = revert::explain(&ctx.router, sending.choice, &reason);
            Some(undecided(ctx, sending, Some(failure.code)))
        }
    }
}

fn expired(transaction: &SignedTransaction) -> Failure {
    let last_valid = transaction.last_valid_height;
    failure(
        FailureCode::TransactionExpired,
        format!("the transaction expired: block {last_valid} went by without it"),
    )
}

/// Others get the slot. A worker that stops leaves the order to the others at once.
fn undecided(ctx: &Context, sending: Sending<'_>, rolled_back: Option<FailureCode>) -> Settled {
    if ctx.shutdown.is_stopping() {
        return Settled::Undecided {
            ask_again_in: Duration::ZERO,
            rolled_back,
        };
    }
    let looks = ctx.chain.landing.looked_in_vain(sending.transaction);
    let pause = usize::try_from(looks).ok().and_then(|it| LOOKS.get(it));
    let last = LOOKS[LOOKS.len() - 1];
    let pause = Duration::from_secs(pause.copied().unwrap_or(last));
    let early = ctx.random.duration_below(pause / JITTER_PART);
    Settled::Undecided {
        ask_again_in: pause - early,
        rolled_back,
    }
}
