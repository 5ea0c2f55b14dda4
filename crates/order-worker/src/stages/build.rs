//! Makes a signed transaction of the chosen route. Sends nothing.

use std::time::Duration;

use domain::Order;
use domain::event::FailureCode;
use domain::quote::Choice;
use domain::transaction::SignedTransaction;
use ports::STAGE_SPANS;
use ports::chain::Error;
use ports::transaction_builder::Execution;
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
    let execution = Execution::of(order.id, order.executions, choice);
    let execution = execution.map_err(|error| unnamed(&error))?;
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
    built.map_err(|error| match error {
        Error::Unavailable(_) => {
            StageError::transient(FailureCode::ChainUnavailable, error.to_string())
        }
        Error::Refused(_) => {
            StageError::permanent(FailureCode::TransactionFailed, error.to_string())
        }
    })
}

/// Version 0.1.0 stored routes that do not name their pools. Another route will.
fn unnamed(error: &Error) -> StageError {
    let (Error::Unavailable(reason) | Error::Refused(reason)) = error;
    StageError::transient(FailureCode::NoQuote, reason)
}
