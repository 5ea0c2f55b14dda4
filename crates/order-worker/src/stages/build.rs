//! Makes a signed transaction of the chosen route, or of the next best one where that does not pay what it was quoted
//! at. Sends nothing.

use std::time::Duration;

use domain::event::FailureCode;
use domain::quote::Choice;
use domain::transaction::SignedTransaction;
use domain::{Asset, BaseUnits, EventData, Mint, Order, Seq};
use ports::STAGE_SPANS;
use ports::transaction_builder::{Error, Execution};
use tokio::time::timeout;
use tracing::field::{Empty, display};
use tracing::{Instrument, trace_span};

use super::{StageError, limits, route, settle};
use crate::context::Context;
use crate::crash_point::{self, CrashPoint};
use crate::recording::answered;

/// Building asks the chain for the route's pools and a recent block, and simulates where it is told to.
const PATIENCE: Duration = Duration::from_secs(5);
/// Routes tried in one execution.
const ROUTES_MAX: u32 = 4;

/// A transaction, and the route that it takes.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) choice: Choice,
    pub(crate) transaction: SignedTransaction,
}

/// The order's swap, signed. Changes nothing and may be cut short.
pub(crate) async fn build(
    ctx: &Context,
    order: &Order,
    choice: &Choice,
) -> Result<Built, StageError> {
    limits::of_order(ctx, &order.terms)?;
    let deaths = deaths(ctx, order).await?;
    let mut choice = choice.clone();
    let mut routes = 1;
    loop {
        let error = match build_once(ctx, order, &choice, deaths).await {
            Ok(transaction) => {
                return Ok(Built {
                    choice,
                    transaction: limits::limited(ctx, order, transaction)?,
                });
            }
            Err(error) => error,
        };
        if matches!(error, Error::QuoteMismatch { .. }) {
            ctx.metrics.quote_mismatches.increment(1);
            if routes < ROUTES_MAX
                && let Ok(next) = route::route(ctx, &order.terms).await
            {
                choice = next.choice;
                routes += 1;
                continue;
            }
        }
        return Err(explain(ctx, order, &choice, &error));
    }
}

async fn build_once(
    ctx: &Context,
    order: &Order,
    choice: &Choice,
    deaths: u32,
) -> Result<SignedTransaction, Error> {
    let execution = Execution::of(order.id, order.executions, choice)?;
    let execution = execution.offering(order.terms.fee_level, deaths);
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

fn explain(ctx: &Context, order: &Order, choice: &Choice, error: &Error) -> StageError {
    let print = |amount: BaseUnits, asset: Asset| ctx.router.print(amount, asset);
    match error {
        // What version 0.1.0 routed names no pools. Another route will.
        Error::Unavailable(reason) if !has_pools(choice) => {
            StageError::transient(FailureCode::NoQuote, reason)
        }
        Error::Unavailable(_) => {
            StageError::transient(FailureCode::ChainUnavailable, error.to_string())
        }
        Error::Refused(_) => {
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
                let reason = limits::promised_to_others(&held, &promised, &needed);
                return StageError::transient(FailureCode::InsufficientFunds, reason);
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
            let failure = settle::explain(&ctx.router, choice, order.terms.asset_out, revert);
            let reason = format!("simulated, before it was signed: {}", failure.reason);
            StageError::transient(failure.code, reason)
        }
    }
}

fn has_pools(choice: &Choice) -> bool {
    let mut legs = choice.route.legs().iter();
    legs.all(|leg| leg.pool.address.is_some())
}
