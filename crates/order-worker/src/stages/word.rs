//! Weighs an operator's word that a transaction is dead. It stands in for the proof, for an order that nobody can
//! prove dead; but what the chain knows is not dead, and what may land yet is not either.

use domain::OrderId;
use domain::event::{Failure, FailureCode};
use domain::transaction::SignedTransaction;
use ports::doubt::Word;
use ports::landing::Weight;
use tracing::{debug, warn};

use super::failure;
use crate::asking::in_time;
use crate::context::Context;

/// What the word is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Weighed {
    /// The transaction counts as dead.
    Dead(Failure),
    /// The chain knows it: the word was wrong, and what became of it is found out as ever.
    Known,
    /// Nobody can be asked, or it may land yet. It is not sent any more meanwhile.
    Unsure,
}

/// Asks the chain for a transaction once more.
pub(crate) async fn weigh(
    ctx: &Context,
    order: OrderId,
    transaction: &SignedTransaction,
    word: &Word,
) -> Weighed {
    let weight = match in_time(ctx.chain.landing.weigh(transaction)).await {
        Ok(weight) => weight,
        Err(error) => {
            debug!(order.id = %order, %error, "an operator's word on order {order} waits: {error}");
            return Weighed::Unsure;
        }
    };
    match weight {
        Weight::Known => {
            warn!(order.id = %order, "{} said that the transaction of order {order} is dead, but the chain knows it", word.actor);
            return Weighed::Known;
        }
        Weight::MayLand => return Weighed::Unsure,
        Weight::Unknown => {}
    }
    let reason = format!(
        "{} said that its transaction is dead: {}",
        word.actor, word.reason
    );
    Weighed::Dead(failure(FailureCode::DeclaredDead, reason))
}
