//! Makes a signed transaction of the chosen route. Sends nothing.

use std::time::Duration;

use domain::event::FailureCode;
use domain::quote::Choice;
use domain::transaction::SignedTransaction;
use domain::{BaseUnits, Mint, Order, OrderId};
use ports::STAGE_SPANS;
use ports::chain::Error;
use ports::transaction_builder::{Execution, Leg};
use tokio::time::timeout;
use tracing::field::{Empty, display};
use tracing::{Instrument, trace_span};

use super::StageError;
use crate::context::Context;
use crate::crash_point::{self, CrashPoint};

/// Building asks the chain for the route's pools and a recent block.
const PATIENCE: Duration = Duration::from_secs(5);

/// The order's swap, signed. Changes nothing and may be cut short.
pub(crate) async fn build(
    ctx: &Context,
    order: &Order,
    choice: &Choice,
) -> Result<SignedTransaction, StageError> {
    let execution = execution_of(order.id, order.executions, choice).ok_or_else(unaddressed)?;
    crash_point::reached(CrashPoint::Built);
    let span = trace_span!(
        target: STAGE_SPANS, "order.build", venue = %choice.route.largest().venue(), attempt = order.executions,
        signature = Empty, last_valid_height = Empty, error = Empty
    );
    let building = timeout(PATIENCE, ctx.builder.build(&execution));
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
    built.map_err(|error| match error {
        Error::Unavailable(_) => {
            StageError::transient(FailureCode::ChainUnavailable, error.to_string())
        }
        Error::Refused(_) => {
            StageError::permanent(FailureCode::TransactionFailed, error.to_string())
        }
    })
}

/// One execution of an order, as the builder takes it; `None` if the route does not say where a pool is.
fn execution_of(order_id: OrderId, number: u32, choice: &Choice) -> Option<Execution> {
    let legs = choice.route.legs().iter().map(|leg| {
        Some(Leg {
            program: leg.pool.program,
            pool: leg.pool.address?,
            mint_in: leg.asset_in.mint,
            mint_out: leg.asset_out.mint,
            amount_in: leg.amount_in,
            min_amount_out: least_of(leg.amount_out, choice),
        })
    });
    Some(Execution {
        order_id,
        number,
        path: path_of(choice),
        legs: legs.collect::<Option<_>>()?,
        quoted_at: choice.quoted_at,
    })
}

/// Version 0.1.0 stored routes without addresses.
fn unaddressed() -> StageError {
    let reason = "the route names no pool by its address; another is chosen";
    StageError::transient(FailureCode::NoQuote, reason)
}

/// The mints that a route leads through.
fn path_of(choice: &Choice) -> Vec<Mint> {
    let mut path = vec![choice.route.asset_in().mint];
    for leg in choice.route.legs() {
        if !path.contains(&leg.asset_out.mint) {
            path.push(leg.asset_out.mint);
        }
    }
    path
}

/// The least that a leg may pay out: what is expected of it, less the part that the whole route may fall short by.
/// Rounded up, so that the legs' sum is no less than the route's.
fn least_of(expected: BaseUnits, choice: &Choice) -> BaseUnits {
    let (least, whole) = (choice.min_amount_out, choice.expected_amount_out);
    let product = u128::from(expected.get()) * u128::from(least.get());
    let part = product.div_ceil(u128::from(whole.get().max(1)));
    BaseUnits::new(u64::try_from(part).unwrap_or(u64::MAX).max(1))
}

#[cfg(test)]
mod tests;
