//! What the chain answers that is no success: transactions that were rolled back, and calls without an answer.

use domain::BaseUnits;

/// Why the chain rolled a transaction back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Revert {
    #[error("the swap would have returned less than the minimum asked for")]
    SlippageExceeded,
    /// Of several swaps the one at this place, from 0 on: a sale that pays less than this, or a purchase that costs more.
    #[error("swap {} would have passed its limit of {limit} base units", .leg + 1)]
    LegPastLimit { leg: usize, limit: BaseUnits },
    #[error("the pool could not fill the amount any more")]
    InsufficientLiquidity,
    #[error("the transaction failed on the chain: {0}")]
    Other(String),
}

/// A call to the chain that gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No answer, or a temporary refusal. Nobody knows whether a sent transaction arrived.
    #[error("the chain did not answer: {0}")]
    Unavailable(String),
    /// The chain will never take these bytes: they are malformed or too old.
    #[error("the chain refuses the transaction: {0}")]
    Refused(String),
}
