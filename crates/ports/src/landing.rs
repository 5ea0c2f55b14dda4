//! Sending transactions and finding out what became of them.
//!
//! A caller asks for [`Landing::fate`] and does what it says: [`Fate::Underway`] means "look again", [`Fate::Absent`]
//! "send it again and look again". Another transaction may be signed only after [`Fate::Dead`], or after a
//! [`Fate::Reverted`] that is final.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::BaseUnits;
use domain::quote::Receipt;
use domain::transaction::SignedTransaction;

use crate::chain::{Error, Revert};

/// What the chain knows of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Nothing is known of it, and it may land yet.
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
    /// It is proved that it did not land and never can.
    Dead,
}

/// Sending transactions and finding out what became of them.
///
/// Promises:
/// 1. Bytes that were sent may be sent again; what a `send` answers decides nothing.
/// 2. [`Fate::Dead`] is said by [`Landing::fate`] alone, and only once it is proved: what is final was read first, had
///    passed the transaction's last valid height, and whoever was asked after that would know the transaction and does
///    not. Where the proof is not complete, the fate is [`Fate::Absent`], [`Fate::Underway`] or an error, for as long as
///    it takes; an error says nothing about the transaction.
/// 3. Amounts and costs are the ledger's. What the ledger does not tell yet is [`Fate::Underway`].
/// 4. Landed is said at the commitment that the chain was configured with.
///
/// Cancel safety: reads may be dropped; a dropped `send` may have arrived.
#[async_trait]
pub trait Landing: Send + Sync + Debug {
    /// Hands over bytes.
    async fn send(&self, transaction: &SignedTransaction) -> Result<(), Error>;

    /// What became of a transaction, or the proof that nothing can.
    async fn fate(&self, transaction: &SignedTransaction) -> Result<Fate, Error>;

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
