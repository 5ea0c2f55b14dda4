//! Makes a signed transaction of the chosen route, or of the next best one where that does not pay what it was quoted
//! at or does not fit into one packet. Sends nothing.

use std::time::Duration;

use domain::event::FailureCode;
use domain::quote::Choice;
use domain::transaction::SignedTransaction;
use domain::{Asset, BaseUnits, EventData, Mint, Order, Seq};
use ports::STAGE_SPANS;
use ports::retry::Policy;
use ports::transaction_builder::{Error, Execution};
use tokio::time::timeout;
use tracing::field::{Empty, display};
use tracing::{Instrument, error, trace_span};

use super::{StageError, limits, revert, route};
use crate::context::Context;
use crate::crash_point::{self, CrashPoint};
use crate::metrics::Metrics;
use crate::recording::answered;

/// Building asks the chain for the route's pools and a recent block, and simulates where it is told to.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an order waits for a signer that does not answer, before it is half as much again by chance.
const SIGNER_REST_MIN: Duration = Duration::from_millis(250);
const SIGNER_REST_MAX: Duration = Duration::from_secs(10);
/// Routes tried in one execution.
const ROUTES_MAX: u32 = 4;

/// A transaction, and the route that it takes.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) choice: Choice,
    pub(crate) transaction: SignedTransaction,
}

/// Why there is no transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotBuilt {
    /// The execution failed.
    Failed(StageError),
    /// Nobody signs it now. The execution goes on after this time.
    Later(Duration),
}

impl From<StageError> for NotBuilt {
    fn from(error: StageError) -> Self {
        Self::Failed(error)
    }
}

/// The order's swap, signed. Changes nothing of the order and may be cut short.
pub(crate) async fn build(
    ctx: &Context,
    order: &Order,
    choice: &Choice,
) -> Result<Built, NotBuilt> {
    let deaths = deaths(ctx, order).await?;
    let mut choice = choice.clone();
    let mut routes = 1;
    let mut swaps_max = None;
    loop {
        limits::of_order(ctx, &order.terms, &choice)?;
        let error = match build_once(ctx, order, &choice, deaths).await {
            Ok(transaction) => {
                return Ok(Built {
                    choice,
                    transaction: limits::limited(ctx, order, transaction)?,
                });
            }
            Err(error) => error,
        };
        let another_may_do = match &error {
            Error::QuoteMismatch { .. } => {
                ctx.metrics.quote_mismatches.increment(1);
                true
            }
            Error::TooLarge { .. } => {
                let swaps = choice.route.legs().len();
                swaps_max = swaps.checked_sub(1);
                swaps > 1
            }
            _ => false,
        };
        if another_may_do
            && routes < ROUTES_MAX
            && let Ok(next) = route::route(ctx, order, swaps_max).await
        {
            choice = next.choice;
            routes += 1;
            continue;
        }
        return Err(not_built(ctx, order, &choice, error).await);
    }
}

async fn not_built(ctx: &Context, order: &Order, choice: &Choice, error: Error) -> NotBuilt {
    let print = |amount: BaseUnits, asset: Asset| ctx.router.print(amount, asset);
    let error = match &error {
        Error::NoSignature { again_in, .. } => {
            ctx.metrics.signer_waits.increment(1);
            let rest = (*again_in).clamp(SIGNER_REST_MIN, SIGNER_REST_MAX);
            return NotBuilt::Later(spread(ctx, rest));
        }
        Error::SignerRefused(rule) => {
            return refused(ctx, order, FailureCode::SignerRefused, rule.clone()).await;
        }
        Error::SignerLimit(limit) => {
            return refused(ctx, order, FailureCode::SignerLimit, limit.clone()).await;
        }
        // What version 0.1.0 routed names no pools. Another route will.
        Error::Unavailable(reason) if !has_pools(choice) => {
            StageError::transient(FailureCode::NoQuote, reason)
        }
        Error::Unavailable(_) => {
            StageError::transient(FailureCode::ChainUnavailable, error.to_string())
        }
        Error::Outdated(_) => StageError::transient(FailureCode::NoQuote, error.to_string()),
        // No other route was found now.
        Error::TooLarge { .. } if choice.route.legs().len() > 1 => {
            StageError::transient(FailureCode::NoQuote, error.to_string())
        }
        Error::TooLarge { .. } | Error::Refused(_) => {
            StageError::permanent(FailureCode::TransactionFailed, error.to_string())
        }
        Error::InsufficientFunds {
            mint,
            needed,
            held,
            promised,
        } => {
            ctx.metrics.insufficient_funds.increment(1);
            let asset = if *mint == Mint::SOL {
                Asset::SOL
            } else {
                order.terms.asset_in
            };
            let is_held = needed <= held;
            let (needed, held) = (print(*needed, asset), print(*held, asset));
            if is_held {
                let promised = print(*promised, asset);
                return limits::promised_to_others(&held, &promised, &needed).into();
            }
            let reason = format!(
                "the wallet holds {held}, and the transaction needs {needed} with its fees and deposits"
            );
            StageError::permanent(FailureCode::InsufficientFunds, reason)
        }
        Error::QuoteMismatch { quoted, simulated } => {
            let asset = order.terms.asset_out;
            let (quoted, simulated) = (print(*quoted, asset), print(*simulated, asset));
            let reason = format!("simulated, the swap pays {simulated}, and {quoted} were quoted");
            StageError::transient(FailureCode::QuoteMismatch, reason)
        }
        Error::WouldFail(revert) => {
            let failure = revert::explain(&ctx.router, choice, revert);
            let reason = format!("simulated, before it was signed: {}", failure.reason);
            StageError::transient(failure.code, reason)
        }
    };
    error.into()
}

/// Orders that wait for a signer do not all come back in one moment.
fn spread(ctx: &Context, rest: Duration) -> Duration {
    let policy = Policy {
        base_delay: rest,
        max_delay: rest,
    };
    rest + policy.delay_after(1, &ctx.random)
}

/// The last gate before a signature did not open: that is for people to look at, whatever becomes of the order.
async fn refused(ctx: &Context, order: &Order, code: FailureCode, rule: String) -> NotBuilt {
    let id = order.id;
    error!(order.id = %id, rule, "the signer refuses the transaction of order {id}: {rule}");
    Metrics::signer_refused(code);
    let detail = format!("order {id}: {rule}");
    let noted = answered(ctx, || ctx.store.note_act("signer", code.name(), &detail));
    if let Err(error) = noted.await {
        error!(order.id = %id, %error, "the refusal of order {id} is not in the audit log: {error}");
    }
    StageError::permanent(code, format!("the signer refuses the transaction: {rule}")).into()
}

async fn build_once(
    ctx: &Context,
    order: &Order,
    choice: &Choice,
    deaths: u32,
) -> Result<SignedTransaction, Error> {
    let execution = Execution::of(order.id, order.executions, choice)?;
    let terms = &order.terms;
    let execution = execution.paid_by(terms.wallet);
    let execution = execution.offering(terms.fee_level, deaths);
    crash_point::reached(CrashPoint::Built);
    let span = trace_span!(
        target: STAGE_SPANS, "order.build", venue = %choice.route.largest().venue(), attempt = order.executions,
        signature = Empty, last_valid_height = Empty, error = Empty
    );
    let building = timeout(PATIENCE, ctx.chain.builder.build(&execution));
    let built = match building.instrument(span.clone()).await {
        Ok(built) => built,
        Err(_) => Err(Error::Unavailable("no transaction in time".to_owned())),
    };
    match &built {
        Ok(transaction) => {
            span.record("signature", display(&transaction.signature));
            span.record("last_valid_height", display(transaction.last_valid_height));
        }
        Err(error) => {
            span.record("error", display(error));
        }
    }
    crash_point::reached(CrashPoint::Signed);
    built
}

/// How many of the order's transactions were proved dead without having landed. The first execution has none.
async fn deaths(ctx: &Context, order: &Order) -> Result<u32, StageError> {
    if order.executions <= 1 {
        return Ok(0);
    }
    let events = answered(ctx, || ctx.store.events(order.id, Seq::FIRST)).await;
    let events = events.map_err(|error| {
        StageError::transient(
            FailureCode::Internal,
            format!("its events cannot be read: {error}"),
        )
    })?;
    let is_death = |data: &EventData| match data {
        EventData::RetryScheduled { failure, .. } => {
            failure.code == FailureCode::TransactionExpired
        }
        _ => false,
    };
    let deaths = events.iter().filter(|event| is_death(&event.data)).count();
    Ok(u32::try_from(deaths).unwrap_or(u32::MAX))
}

fn has_pools(choice: &Choice) -> bool {
    let mut legs = choice.route.legs().iter();
    legs.all(|leg| leg.pool.address.is_some())
}
