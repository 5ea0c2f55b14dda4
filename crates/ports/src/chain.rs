//! The chain as the engine sees it: it builds and signs, sends bytes, and tells what became of them.
//!
//! The simulated chain and a real RPC endpoint stand behind the same trait.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::quote::Choice;
use domain::transaction::{Height, Signature, SignedTransaction};
use domain::{BaseUnits, OrderId, Token};

/// A swap to be made into a transaction. Native SOL is wrapped before and unwrapped after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    pub order_id: OrderId,
    /// Which execution of the order this is: no two of them sign the same bytes.
    pub execution: u32,
    pub token_in: Token,
    pub token_out: Token,
    pub amount_in: BaseUnits,
    pub choice: Choice,
}

/// What the chain knows of a signature, its whole history searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Nothing: never arrived, on its way, or dropped. Only past its last valid height is that final.
    Unknown,
    /// Executed: this much was paid out.
    Landed {
        amount_out: BaseUnits,
        height: Height,
    },
    /// Executed and rolled back: it can never land again.
    Reverted { reason: Revert, height: Height },
}

/// Why the chain rolled a transaction back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Revert {
    #[error("the swap would have returned less than the minimum asked for")]
    SlippageExceeded,
    #[error("the pool could not fill the amount any more")]
    InsufficientLiquidity,
    #[error("the transaction failed on the chain: {0}")]
    Other(String),
}

/// A call to the chain that gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No answer, or a refusal for the moment. Whether a sent transaction arrived is unknown.
    #[error("the chain did not answer: {0}")]
    Unavailable(String),
    /// The bytes are refused whatever the moment: malformed, or too old.
    #[error("the chain refuses the transaction: {0}")]
    Refused(String),
}

/// The chain. Reading order matters to callers: the height first, then a signature's fate.
///
/// Cancel safety: reads may be dropped; a dropped `send` may have arrived.
#[async_trait]
pub trait Chain: Send + Sync + Debug {
    /// Builds and signs a transaction. Nothing is sent.
    async fn build(&self, swap: &Swap) -> Result<SignedTransaction, Error>;

    /// Sends bytes. Sending the same bytes again is harmless.
    async fn send(&self, transaction: &SignedTransaction) -> Result<(), Error>;

    /// The height that can no longer be undone.
    async fn finalized_height(&self) -> Result<Height, Error>;

    /// What is known of a signature now.
    async fn fate(&self, signature: &Signature) -> Result<Fate, Error>;

    /// Waits until the signature's fate is known, for `limit` at the most; then says what is known.
    async fn await_fate(&self, signature: &Signature, limit: Duration) -> Result<Fate, Error>;

    /// How long a transaction usually takes from sending to its fate, at the most.
    fn usual_time(&self) -> Duration;
}
