//! From when on a confirmed order can no longer be undone: what the store keeps of it, and what the chain is asked.
//!
//! Promises of every [`Finalities`]:
//! 1. An order waits from the moment at which its `confirmed` event is recorded, unless the receipt in it says that
//!    its block was final by then. Both are stored in one transaction.
//! 2. [`Finalities::unfinal`] lists those that wait by slot, oldest first. Following its pages skips none that waits
//!    meanwhile.
//! 3. [`Finalities::finalize`] is kept once per order, for ever; repeating it changes nothing. The order waits no
//!    longer, and no longer counts as vanished.
//! 4. A vanished confirmation is noted once, with the time of the first note, and waits on. [`Finalities::reappear`]
//!    takes the note back.
//! 5. [`Finalities::give_up`] ends the waiting of an order that has vanished, and keeps the note with the time.
//! 6. A turn is given to one process for as long as it was asked for, by the store's own clock.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::landing::LandingReport;
use domain::quote::Fill;
use domain::transaction::{Signature, SignedTransaction};
use domain::{EventData, OrderId, Timestamp};

use crate::Result;
use crate::chain::Error;

/// How many orders [`Finalities::unfinal`] lists, and [`Statuses::of`] is asked about, at once at most.
pub const FINALITY_PAGE: usize = 256;

/// A confirmed order whose block may vanish yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinal {
    pub order: OrderId,
    pub signature: Signature,
    /// The slot in which it was confirmed.
    pub slot: u64,
    /// Whether it was not found any more at the last look.
    pub has_vanished: bool,
}

/// The slot in which an order waits once this event is recorded; `None` where it waits for nothing.
#[must_use]
pub fn waits_in(event: &EventData) -> Option<u64> {
    let EventData::Confirmed { fill } = event else {
        return None;
    };
    let receipt = fill.receipt.as_deref().filter(|it| !it.is_final);
    receipt.map(|it| it.slot)
}

/// Which of them to list.
#[derive(Debug, Clone, Copy)]
pub struct UnfinalPage {
    /// Those confirmed in this slot or later.
    pub from: u64,
    /// Those confirmed up to this slot.
    pub up_to: u64,
    /// Continue after the last one of the page before.
    pub after: Option<(u64, OrderId)>,
    pub limit: usize,
}

/// All of them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Counted up to a limit of the store.
    pub count: u64,
    /// How long the one with the oldest slot has been confirmed.
    pub oldest_for: Duration,
    /// How many of them have vanished.
    pub vanished: u64,
}

/// An order's block is final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFinality {
    pub order: OrderId,
    /// The slot in which the order waits, as it was listed.
    pub confirmed_in: u64,
    /// The slot of the block.
    pub slot: u64,
    /// What its transaction brought, where it landed once more and brought something else than what was confirmed.
    pub fill: Option<Fill>,
}

/// The same as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finality {
    pub slot: u64,
    pub at: Timestamp,
    pub fill: Option<Fill>,
}

/// A confirmed transaction was not found any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vanished {
    pub at: Timestamp,
    /// When it was proved that it never lands again.
    pub dead_at: Option<Timestamp>,
}

/// What is known of an order's transaction beside its events. Each part is absent where there is nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    pub finality: Option<Finality>,
    pub vanished: Option<Vanished>,
    pub doubt: Option<crate::doubt::Doubt>,
    pub word: Option<crate::doubt::Word>,
    /// How it fared at the last look that told, while it may still land.
    pub landing: Option<LandingReport>,
}

/// Work that one process does for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Turn {
    /// Looking for finality.
    Finality,
    /// Looking for orders that nobody can prove dead.
    Doubts,
    /// Comparing the wallet with the engine's receipts.
    Reconciliation,
    /// Looking at the prices that orders wait for.
    Scan,
    /// Sending webhooks.
    Webhooks,
}

impl Turn {
    /// The name in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Finality => "finality",
            Self::Doubts => "doubts",
            Self::Reconciliation => "reconciliation",
            Self::Scan => "scan",
            Self::Webhooks => "webhooks",
        }
    }
}

/// Which confirmed orders can no longer be undone. See the module's promises.
///
/// Cancel safety: a dropped call may or may not have taken effect; it may be repeated.
#[async_trait]
pub trait Finalities: Send + Sync + Debug {
    /// Those that wait, as far as they were confirmed in this slot or later.
    async fn waiting(&self, from_slot: u64) -> Result<Waiting>;

    /// A page of them.
    async fn unfinal(&self, page: UnfinalPage) -> Result<Vec<Unfinal>>;

    /// The blocks of these orders are final.
    async fn finalize(&self, finalities: &[NewFinality]) -> Result<()>;

    /// The confirmation of an order that waits was not found any more. Whether this is the first note of it.
    async fn vanish(&self, order: OrderId) -> Result<bool>;

    /// It was found again. Whether it had vanished.
    async fn reappear(&self, order: OrderId) -> Result<bool>;

    /// The transaction of a vanished order is proved dead. Whether this is the first note of it.
    async fn give_up(&self, order: OrderId) -> Result<bool>;

    /// The transaction of an order that has landed or may land.
    async fn transaction_of(&self, order: OrderId) -> Result<Option<SignedTransaction>>;

    /// What is known of the transactions of these orders, in their order.
    async fn standings(&self, orders: &[OrderId]) -> Result<Vec<Standing>>;

    /// Asks for a turn that lasts so long.
    async fn take_turn(&self, turn: Turn, lasting: Duration) -> Result<bool>;
}

/// Where a signature stands on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    pub slot: u64,
    pub is_final: bool,
    /// Whether it took effect; otherwise it was rolled back.
    pub has_succeeded: bool,
}

/// How far the chain is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    pub slot: u64,
    pub height: domain::transaction::Height,
}

/// Looks at signatures, many at once.
///
/// Promises:
/// 1. An answer is that of a node that had come as far as `at_least`; anything else is an error.
/// 2. Answers stand in the order of what was asked. `None` says that this node does not know it, and proves nothing.
///
/// Cancel safety: reads may be dropped.
#[async_trait]
pub trait Statuses: Send + Sync + Debug {
    /// How far the chain is final.
    async fn root(&self) -> std::result::Result<Root, Error>;

    /// Where these signatures stand, at most [`FINALITY_PAGE`], however old they are.
    async fn of(
        &self,
        signatures: &[Signature],
        at_least: u64,
    ) -> std::result::Result<Vec<Option<Stand>>, Error>;
}
