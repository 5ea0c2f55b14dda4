//! Sending transactions and finding out what became of them.
//!
//! A caller reads [`Landing::finalized`] first and passes it to [`Landing::fate`], takes [`Fate::Underway`] for "look
//! again", and holds a transaction for dead where its fate is [`Fate::Absent`] and the view's height is past its last
//! valid one, or where it is [`Fate::Reverted`] and final.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::BaseUnits;
use domain::quote::Receipt;
use domain::transaction::{Height, SignedTransaction};

use crate::chain::{Error, Revert};

/// What can no longer be undone: slot and height of one bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finalized {
    pub slot: u64,
    pub height: Height,
}

/// What the chain knows of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is nowhere in what was final at the view asked about, nor known since.
    Absent,
    /// It was seen, but its block may vanish yet, or what it did is not told yet.
    Underway,
    /// It took effect: read from the ledger.
    Landed {
        amount_in: BaseUnits,
        amount_out: BaseUnits,
        receipt: Receipt,
    },
    /// It was rolled back. Only once that is final can it never land again.
    Reverted {
        reason: Revert,
        receipt: Receipt,
        is_final: bool,
    },
}

/// Sending transactions and finding out what became of them.
///
/// Promises:
/// 1. Bytes that were sent may be sent again; what a `send` answers decides nothing.
/// 2. [`Fate::Absent`] is said by [`Landing::fate`] only of a chain that had come as far as the view, and only of what
///    it would know. Whatever else goes wrong is an error.
/// 3. Amounts and costs are the ledger's. What the ledger does not tell yet is [`Fate::Underway`].
/// 4. Landed is said at the commitment that the chain was configured with.
///
/// Cancel safety: reads may be dropped; a dropped `send` may have arrived.
#[async_trait]
pub trait Landing: Send + Sync + Debug {
    /// Hands over bytes.
    async fn send(&self, transaction: &SignedTransaction) -> Result<(), Error>;

    /// What can no longer be undone.
    async fn finalized(&self) -> Result<Finalized, Error>;

    /// What is known of a transaction, as of a view read before.
    async fn fate(&self, transaction: &SignedTransaction, view: Finalized) -> Result<Fate, Error>;

    /// Waits until the transaction has landed or was rolled back, at most for `limit`; then what is known. A revert need
    /// not be final yet, and nothing is denied by it: [`Fate::Absent`] here says that nothing was heard.
    async fn await_fate(
        &self,
        transaction: &SignedTransaction,
        limit: Duration,
    ) -> Result<Fate, Error>;

    /// The longest time that a transaction usually takes from sending to its fate.
    fn usual_time(&self) -> Duration;
}
