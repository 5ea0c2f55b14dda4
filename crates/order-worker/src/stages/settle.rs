//! Finds out what became of a transaction whose bytes are stored: sends them, asks the chain, sends
//! the same bytes again, until the chain decides or others need the slot.
//!
//! A failed call does not mean here that the transaction failed. A transaction is dead only if the
//! chain rolled it back for good, or proves that it can never land (I5).

use std::time::Duration;

use dex_router::Router;
use domain::event::{Failure, FailureCode};
use domain::quote::{Choice, Receipt};
use domain::transaction::SignedTransaction;
use domain::{Asset, BaseUnits};
use ports::STAGE_SPANS;
use ports::chain::{Error, Revert};
use ports::landing::Fate;
use tokio::time::timeout;
use tracing::field::{Empty, display};
use tracing::{Instrument, Span, debug, trace_span};

use super::failure;
use crate::context::Context;
use crate::crash_point::{self, CrashPoint};

/// A chain that needs longer for one answer counts as down.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a trace says about a call that took longer.
const NO_ANSWER: &str = "no answer in time";
/// The same bytes are not sent more often than this.
const CADENCE_MIN: Duration = Duration::from_millis(200);
/// An order keeps its slot at least this long, however fast the chain usually is.
const SLOT_TIME_MIN: Duration = Duration::from_secs(1);
/// About how long a block that was seen needs to be final: from a fast chain's to a real one's.
const FINALITY_MIN: Duration = Duration::from_millis(100);
const FINALITY_MAX: Duration = Duration::from_secs(15);

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
        receipt: Receipt,
    },
    /// It can never take effect any more.
    Dead(Failure),
    /// It may still land: ask again after this long, outside the slot.
    Undecided { ask_again_in: Duration },
}

/// A transaction on its way, with what messages for people need.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub(crate) transaction: &'a SignedTransaction,
    pub(crate) choice: &'a Choice,
    pub(crate) asset_out: Asset,
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
        Settled::Dead(failure) => span.record("error", &failure.reason),
        Settled::Undecided { .. } => &span,
    };
    settled
}

async fn see_to(ctx: &Context, sending: Sending<'_>, origin: Origin) -> Settled {
    let pace = Pace::of(ctx.chain.landing.usual_time(), origin);
    let began = ctx.clock.monotonic();
    let mut is_first = true;
    loop {
        // A transaction that was stored a moment ago cannot have a fate; for any other, the chain
        // is asked first.
        if !(is_first && origin == Origin::JustStored) {
            if let Some(settled) = judge(ctx, sending).await {
                return settled;
            }
            ctx.metrics.resent.increment(1);
        }
        let was_sent = send(ctx, sending.transaction).await;
        let spent = ctx.clock.monotonic().saturating_sub(began);
        let wait = pace
            .wait(is_first && was_sent)
            .min(pace.slot_time.saturating_sub(spent));
        if let Some(settled) = listen(ctx, sending, wait).await {
            return settled;
        }
        let spent = ctx.clock.monotonic().saturating_sub(began);
        if spent >= pace.slot_time || ctx.shutdown.is_stopping() {
            return undecided(ctx, pace.outside);
        }
        is_first = false;
    }
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// For the first answer after the chain took the bytes.
    first: Duration,
    /// Between two sends of the same bytes.
    cadence: Duration,
    /// In total, in the slot.
    slot_time: Duration,
    /// Outside the slot, before looking again.
    outside: Duration,
}

impl Pace {
    fn of(usual: Duration, origin: Origin) -> Self {
        let cadence = (usual / 2).max(CADENCE_MIN);
        let outside = usual.max(SLOT_TIME_MIN);
        match origin {
            Origin::JustStored => Self {
                first: usual.max(CADENCE_MIN),
                cadence,
                slot_time: (usual * 2).max(SLOT_TIME_MIN),
                outside,
            },
            // Resumes come before new orders. On a chain that stalls, each resume may use a slot
            // only for a fraction of the time it spends outside, or no other order would get one.
            Origin::Resumed => {
                let glance = (usual / 4).max(CADENCE_MIN);
                Self {
                    first: glance,
                    cadence: glance,
                    slot_time: glance,
                    outside,
                }
            }
        }
    }

    const fn wait(self, is_first_answer: bool) -> Duration {
        if is_first_answer {
            self.first
        } else {
            self.cadence
        }
    }
}

/// Sends the stored bytes. Whatever the answer, they may have arrived: only the fate counts.
async fn send(ctx: &Context, transaction: &SignedTransaction) -> bool {
    let sending = timeout(PATIENCE, ctx.chain.landing.send(transaction));
    let span = trace_span!(target: STAGE_SPANS, "chain.send", error = Empty);
    let answer = sending.instrument(span.clone()).await;
    crash_point::reached(CrashPoint::ReplyLost);
    match answer {
        Ok(Ok(())) => {
            crash_point::reached(CrashPoint::Sent);
            true
        }
        Ok(Err(error)) => {
            let signature = &transaction.signature;
            span.record("error", display(&error));
            debug!(%signature, %error, "sending {signature} gave no usable answer: {error}");
            false
        }
        Err(_) => {
            span.record("error", NO_ANSWER);
            false
        }
    }
}

/// Waits for the transaction's fate.
async fn listen(ctx: &Context, sending: Sending<'_>, wait: Duration) -> Option<Settled> {
    if wait.is_zero() {
        return None;
    }
    let began = ctx.clock.monotonic();
    let waiting = ctx.chain.landing.await_fate(sending.transaction, wait);
    let waiting = timeout(wait + PATIENCE, waiting);
    let span = trace_span!(target: STAGE_SPANS, "chain.confirm");
    let answer = waiting.instrument(span).await;
    let settled = match answer {
        Ok(Ok(fate)) => verdict(ctx, sending, fate),
        Ok(Err(_)) | Err(_) => None,
    };
    if settled.is_none() {
        // If the answer came too soon, wait the rest: this must not become a tight loop.
        let spent = ctx.clock.monotonic().saturating_sub(began);
        let rest = wait.saturating_sub(spent);
        if !rest.is_zero() {
            ctx.clock.sleep(rest).await;
        }
    }
    settled
}

/// Asks the chain what became of the transaction.
async fn judge(ctx: &Context, sending: Sending<'_>) -> Option<Settled> {
    let span = trace_span!(target: STAGE_SPANS, "chain.fate", error = Empty);
    let fate = answered(span, ctx.chain.landing.fate(sending.transaction)).await?;
    verdict(ctx, sending, fate)
}

async fn answered<T>(span: Span, call: impl Future<Output = Result<T, Error>>) -> Option<T> {
    match timeout(PATIENCE, call).instrument(span.clone()).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(error)) => {
            span.record("error", display(&error));
            debug!(%error, "asking the chain gave no usable answer: {error}");
            None
        }
        Err(_) => {
            span.record("error", NO_ANSWER);
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
            receipt,
        } => Some(Settled::Landed {
            amount_in,
            amount_out,
            receipt,
        }),
        Fate::Reverted {
            reason,
            is_final: true,
            ..
        } => Some(Settled::Dead(explain(&ctx.router, sending, &reason))),
        // If its block vanishes, the transaction may land in another one. Until then there is
        // nothing to do for it that needs a slot.
        Fate::Reverted {
            is_final: false, ..
        } => Some(undecided(ctx, finality(ctx.chain.landing.usual_time()))),
    }
}

fn expired(transaction: &SignedTransaction) -> Failure {
    let last_valid = transaction.last_valid_height;
    failure(
        FailureCode::TransactionExpired,
        format!("the transaction expired: block {last_valid} went by without it"),
    )
}

/// About how long a block needs from being seen to being final.
fn finality(usual: Duration) -> Duration {
    (usual / 4).clamp(FINALITY_MIN, FINALITY_MAX)
}

/// Others get the slot for about this long.
fn undecided(ctx: &Context, rest: Duration) -> Settled {
    let jitter = ctx.random.duration_below(rest / 4);
    Settled::Undecided {
        ask_again_in: rest + jitter,
    }
}

fn explain(router: &Router, sending: Sending<'_>, revert: &Revert) -> Failure {
    let minimum = router.print(sending.choice.min_amount_out, sending.asset_out);
    match revert {
        Revert::SlippageExceeded => failure(
            FailureCode::SlippageExceeded,
            format!(
                "slippage exceeded: the price moved and the swap would have returned less than {minimum}"
            ),
        ),
        Revert::InsufficientLiquidity => {
            failure(FailureCode::InsufficientLiquidity, revert.to_string())
        }
        Revert::Other(_) => failure(FailureCode::TransactionFailed, revert.to_string()),
    }
}
