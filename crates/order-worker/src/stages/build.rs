//! Making a signed transaction of the chosen route. Nothing is sent.

use std::time::Duration;

use dex_router::chain::{Error, Swap};
use domain::Order;
use domain::event::FailureCode;
use domain::quote::Choice;
use domain::transaction::SignedTransaction;
use tokio::time::timeout;

use super::StageError;
use crate::context::Context;
use crate::crash_point::{self, CrashPoint};

/// Building asks the chain for little more than a recent block.
const PATIENCE: Duration = Duration::from_secs(5);

/// The order's swap, signed. Changes nothing; may be cut short.
pub(crate) async fn build(
    ctx: &Context,
    order: &Order,
    choice: &Choice,
) -> Result<SignedTransaction, StageError> {
    let swap = Swap {
        order_id: order.id,
        execution: order.executions,
        token_in: order.terms.token_in,
        token_out: order.terms.token_out,
        amount_in: order.terms.amount_in,
        choice: choice.clone(),
    };
    crash_point::reached(CrashPoint::Built);
    let built = match timeout(PATIENCE, ctx.chain.build(&swap)).await {
        Ok(built) => built,
        Err(_) => Err(Error::Unavailable("no transaction in time".to_owned())),
    };
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
