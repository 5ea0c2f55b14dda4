//! Sending transactions and finding out what became of them.
//!
//! A caller hands over bytes with [`Landing::keep`]: from then on they are on this process's landing list, which sends
//! them again and again and looks what became of them, whether or not anybody waits. A caller asks for
//! [`Landing::fate`] and does what it says: [`Fate::Underway`] means "look again", [`Fate::Absent`] "keep it and look
//! again". Another transaction may be signed only after [`Fate::Dead`], or after a [`Fate::Reverted`] that is final.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::quote::Receipt;
use domain::transaction::SignedTransaction;
use domain::{BaseUnits, OrderId};

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
        /// What went in and came out of each swap, in their order; nothing where that cannot be told.
        legs: Vec<(BaseUnits, BaseUnits)>,
        receipt: Receipt,
    },
    /// It was rolled back. Only once that is final can it never land again.
    Reverted {
        reason: Revert,
        /// The program and what it said, alike for all that fail in this way.
        kind: String,
        receipt: Receipt,
        is_final: bool,
    },
    /// It is proved that it did not land and never can.
    Dead,
}

/// What the chain says of a transaction that an operator calls dead, and that nobody can prove dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It is known, whatever its outcome.
    Known,
    /// What is final has not passed its last valid height, as far as somebody says who can be believed.
    MayLand,
    /// That is past, and nobody who answers knows it.
    Unknown,
}

/// How a transaction stands on this process's landing list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is not there, or the list does not work: ask for its fate.
    Unlisted,
    /// It is there, and nothing was heard for which its order would have to do anything.
    Quiet,
    /// Something was heard, or it may be dead: ask for its fate.
    News,
}

/// Sending transactions and finding out what became of them.
///
/// Promises:
/// 1. Bytes that are kept are sent at once and then again at a cadence, until it is known that they have landed or no
///    longer can. What an endpoint answers to a send decides nothing.
/// 2. [`Fate::Dead`] is said by [`Landing::fate`] alone, and only once it is proved: what is final was read first, had
///    passed the transaction's last valid height, and whoever was asked after that would know the transaction and does
///    not. Where the proof is not complete, the fate is [`Fate::Absent`], [`Fate::Underway`] or an error, for as long as
///    it takes; an error says nothing about the transaction.
/// 3. Amounts and costs are the ledger's. What the ledger does not tell yet is [`Fate::Underway`].
/// 4. Landed is said at the commitment that the chain was configured with.
/// 5. The list holds a limited number of transactions. It may forget one that no order was looked at for in a long
///    while: the next look finds it [`Standing::Unlisted`].
///
/// Cancel safety: reads may be dropped; a dropped `keep` may have sent.
#[async_trait]
pub trait Landing: Send + Sync + Debug {
    /// Puts bytes that are stored on the list and sends them for the first time. An error says what became of that
    /// send alone. Bytes that are on the list already are left to it.
    async fn keep(&self, order: OrderId, transaction: &SignedTransaction) -> Result<(), Error>;

    /// How a transaction stands. What the list has heard counts as told.
    fn standing(&self, transaction: &SignedTransaction) -> Standing;

    /// Counts a look that found nothing; returns how many there were before, as far as the list knows.
    fn looked_in_vain(&self, transaction: &SignedTransaction) -> u32;

    /// Takes a transaction off the list: its order needs it no more.
    fn forget(&self, transaction: &SignedTransaction);

    /// What became of a transaction, or the proof that nothing can.
    async fn fate(&self, transaction: &SignedTransaction) -> Result<Fate, Error>;

    /// What is to be said for and against an operator's word that it is dead. An error where nobody can say.
    async fn weigh(&self, transaction: &SignedTransaction) -> Result<Weight, Error>;

    /// Waits until a transaction on the list has landed or was rolled back, at most for `limit`; then what is known. A
    /// revert need not be final yet, and nothing is denied by it: [`Fate::Absent`] here says that nothing was heard.
    async fn await_fate(
        &self,
        transaction: &SignedTransaction,
        limit: Duration,
    ) -> Result<Fate, Error>;

    /// Works on the list for as long as it is let; it never ends by itself. Without it nothing is sent again and
    /// nobody who waits hears anything.
    async fn attend(&self);

    /// Waits until something was heard of transactions for which nobody waits; returns some of their orders.
    ///
    /// Cancel safety: may be dropped; nothing is lost.
    async fn news(&self) -> Vec<OrderId>;

    /// The longest time that a transaction usually takes from sending to its fate.
    fn usual_time(&self) -> Duration;
}
