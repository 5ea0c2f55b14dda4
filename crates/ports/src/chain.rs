//! The chain as the engine sees it: it builds and signs transactions, sends bytes, and tells what
//! became of them.
//!
//! The simulated chain and a real RPC endpoint both implement this trait.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::quote::Choice;
use domain::transaction::{Height, Signature, SignedTransaction};
use domain::{Asset, BaseUnits, OrderId};

/// A swap to be turned into a transaction. Native SOL is wrapped before and unwrapped after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    pub order_id: OrderId,
    /// Which execution of the order this is: no two executions sign the same bytes.
    pub execution: u32,
    pub asset_in: Asset,
    pub asset_out: Asset,
    pub amount_in: BaseUnits,
    pub choice: Choice,
}

/// What the chain knows about a signature after a search of its whole history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Nothing: the transaction never arrived, is on its way, or was dropped. This is final only
    /// past its last valid height.
    Unknown,
    /// Executed: it paid out this much.
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
    /// No answer, or a temporary refusal. Nobody knows whether a sent transaction arrived.
    #[error("the chain did not answer: {0}")]
    Unavailable(String),
    /// The chain will never take these bytes: they are malformed or too old.
    #[error("the chain refuses the transaction: {0}")]
    Refused(String),
}

/// The chain. Callers depend on the order of reads: first the height, then a signature's fate.
///
/// Cancel safety: reads may be dropped; a dropped `send` may have arrived.
#[async_trait]
pub trait Chain: Send + Sync + Debug {
    /// Builds and signs a transaction, and sends nothing.
    async fn build(&self, swap: &Swap) -> Result<SignedTransaction, Error>;

    /// Sends bytes. Sending the same bytes again is harmless.
    async fn send(&self, transaction: &SignedTransaction) -> Result<(), Error>;

    /// The height of the newest block that cannot be undone.
    async fn finalized_height(&self) -> Result<Height, Error>;

    /// What the chain knows about a signature now.
    async fn fate(&self, signature: &Signature) -> Result<Fate, Error>;

    /// Waits until the signature's fate is known, at most for `limit`; then returns what is known.
    async fn await_fate(&self, signature: &Signature, limit: Duration) -> Result<Fate, Error>;

    /// The longest time that a transaction usually takes from sending to its fate.
    fn usual_time(&self) -> Duration;
}
