//! Orders whose transaction nobody can prove dead, and what operators say of them.
//!
//! Promises of every [`Doubts`]:
//! 1. [`Doubts::long_submitted`] lists orders that have stood at `submitted` for so long, by the store's own clock,
//!    and whose transaction is not doubted yet.
//! 2. A doubt is kept once per transaction, with the time of the first one. [`Doubts::doubted`] forgets those of
//!    orders that have gone on.
//! 3. An operator's word is taken for the transaction of an order that is submitted, and for no other; the first word
//!    on a transaction stays. It is in the audit log, stored in one transaction with it.
//! 4. A word changes neither the order's state nor its lease. Whoever claims the order afterwards gets it with the
//!    lease: only the holder of the lease records what follows from it.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::transaction::SignedTransaction;
use domain::{OrderId, Status, Timestamp};

use crate::Result;

/// An order that has been submitted for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongSubmitted {
    pub order: OrderId,
    /// The number of its execution.
    pub attempt: u32,
    pub transaction: SignedTransaction,
    pub submitted_for: Duration,
}

/// Nobody could prove the transaction dead, although it should have come to an end by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    pub since: Timestamp,
    pub reason: String,
}

/// What an operator said: this transaction is dead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub at: Timestamp,
    /// Who said it: `admin`, or `loopback` if no admin key is set.
    pub actor: String,
    pub reason: String,
}

/// The answer to an operator's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    /// This word counts: the one just said, or the first one.
    Taken(Word),
    /// The order has no transaction that may still land.
    NotSubmitted { status: Status },
    /// There is no such order.
    Unknown,
}

/// All doubted orders together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Doubted {
    pub count: u64,
    /// How long the first of them has been doubted.
    pub oldest_for: Duration,
}

/// Doubts about transactions, and words on them. See the module's promises.
///
/// Cancel safety: a dropped call may or may not have taken effect; it may be repeated.
#[async_trait]
pub trait Doubts: Send + Sync + Debug {
    /// Orders that have been submitted for at least so long, oldest submission first.
    async fn long_submitted(&self, at_least: Duration, limit: usize) -> Result<Vec<LongSubmitted>>;

    /// Notes that nobody can prove this transaction dead. Whether this is the first note of it.
    async fn doubt(&self, order: OrderId, attempt: u32, reason: &str) -> Result<bool>;

    /// Forgets what is settled, and counts the rest.
    async fn doubted(&self) -> Result<Doubted>;

    /// Takes an operator's word that the transaction of an order is dead.
    async fn say_dead(&self, order: OrderId, actor: &str, reason: &str) -> Result<Spoken>;
}
