//! What transactions brought and cost, by the chain's word, oldest first.
//!
//! Promises of every [`Fills`]:
//! 1. Told are the confirmed executions, and, where they are asked for, transactions that were rolled back for a fee: each
//!    once, in the order of the times at which the store recorded them.
//! 2. Following the pages skips none and repeats none, also of those that are written meanwhile: a page ends before the
//!    oldest write that is still under way. Where the store's clock was set back, what was recorded by then stands where
//!    its time says.
//! 3. A page that is short, or empty, need not be the last: a store looks at no more transactions than it was told to, and
//!    for no longer than a bounded time, and says how far it came.
//! 4. Another client's fills do not exist.
//! 5. A fill is told as the chain told it last: a transaction that landed once more tells what it brought then, and one
//!    that is proved never to land again says so.
//! 6. [`Fills::corrections`] grows with every fill that changes after it was recorded, and with nothing else.
//! 7. Pages delay only lists, as those of [`OrderHistory`](crate::OrderHistory) do.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::quote::Fill;
use domain::{Address, ClientId, Event, EventData, Mint, OrderId, Seq, Terms, Timestamp};

use crate::Result;
use crate::finality::{Finality, Vanished};
use crate::order_history::PaidBy;

/// Where a transaction stands among all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub at: Timestamp,
    pub order: OrderId,
    pub seq: Seq,
}

/// Which transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Settled {
    /// Confirmed executions.
    #[default]
    Fills,
    /// Those that were rolled back for a fee too.
    All,
}

/// Which transactions to tell.
#[derive(Debug, Clone, Default)]
pub struct FillFilter {
    pub settled: Settled,
    /// Only this client's; everybody's if absent.
    pub client: Option<ClientId>,
    pub mint_in: Option<Mint>,
    pub mint_out: Option<Mint>,
    pub wallet: Option<PaidBy>,
    /// Recorded then or later.
    pub from: Option<Timestamp>,
    /// Recorded before.
    pub to: Option<Timestamp>,
}

/// A page of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillPage {
    /// Continue behind this one.
    pub after: Option<Place>,
    pub limit: usize,
    /// How many to look at.
    pub look: usize,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It swapped.
    Filled {
        fill: Box<Fill>,
        finality: Option<Finality>,
        vanished: Option<Vanished>,
    },
    /// It was rolled back, and its fee is gone.
    RolledBack { fee_lamports: u64 },
}

/// A transaction that was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub place: Place,
    pub client: ClientId,
    /// What its order asked for.
    pub terms: Terms,
    pub outcome: Outcome,
}

/// A page of settled transactions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettledPage {
    pub settlements: Vec<Settlement>,
    /// Everything up to here was looked at; where a page begins that continues.
    pub reached: Option<Place>,
    /// Whether there is nothing behind it at this moment.
    pub is_last: bool,
}

/// What transactions brought and cost. See the module's promises.
///
/// Cancel safety: reads change nothing and may be dropped.
#[async_trait]
pub trait Fills: Send + Sync + Debug {
    /// A page of settled transactions.
    async fn settled(&self, filter: &FillFilter, page: FillPage) -> Result<SettledPage>;

    /// How often fills have changed after they were recorded.
    async fn corrections(&self) -> Result<u64>;
}

impl FillFilter {
    /// Whether every transaction passes that was recorded in its time.
    #[must_use]
    pub const fn takes_all(&self) -> bool {
        self.client.is_none()
            && self.mint_in.is_none()
            && self.mint_out.is_none()
            && self.wallet.is_none()
    }

    /// Whether it takes a transaction that a wallet paid for.
    #[must_use]
    pub fn takes_wallet(&self, wallet: Option<Address>) -> bool {
        self.wallet.is_none_or(|asked| match wallet {
            Some(wallet) => wallet == asked.wallet,
            None => asked.or_unnamed,
        })
    }
}

impl Settlement {
    /// Of the event that settled it, if it says that something was paid.
    #[must_use]
    pub fn of(
        event: Event,
        (client, terms): (ClientId, Terms),
        (finality, vanished): (Option<Finality>, Option<Vanished>),
    ) -> Option<Self> {
        let outcome = match event.data {
            EventData::Confirmed { fill } => {
                let again = finality.as_ref().and_then(|it| it.fill.clone());
                Outcome::Filled {
                    fill: Box::new(again.unwrap_or(fill)),
                    finality,
                    vanished,
                }
            }
            EventData::RetryScheduled { failure, .. }
            | EventData::WaitingAgain { failure, .. }
            | EventData::Failed { failure } => Outcome::RolledBack {
                fee_lamports: failure.paid_lamports?,
            },
            _ => return None,
        };
        let place = Place {
            at: event.at,
            order: event.order_id,
            seq: event.seq,
        };
        Some(Self {
            place,
            client,
            terms,
            outcome,
        })
    }

    /// What it brought, unless it was rolled back or is proved never to have landed.
    #[must_use]
    pub fn fill(&self) -> Option<&Fill> {
        match &self.outcome {
            Outcome::Filled { fill, vanished, .. } => {
                let is_dead = vanished.is_some_and(|it| it.dead_at.is_some());
                (!is_dead).then_some(fill)
            }
            Outcome::RolledBack { .. } => None,
        }
    }
}
