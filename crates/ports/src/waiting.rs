//! Orders that wait for a condition: what waits, and the one write that ends an order's waiting.
//!
//! Promises of every [`WaitingOrders`]:
//! 1. An order that waits stands in a table of its own from the write that accepts it, or that sends it back to
//!    waiting. It has no due time: no queue, sweep, lease or count of the queue sees it, and `claim` answers
//!    [`Claim::Waiting`](crate::order_store::Claim::Waiting).
//! 2. Firing is one write: it ends the waiting, stores what was seen, takes the OCO group and makes the order due.
//!    Against a cancel, an expiry, a change and every other firing exactly one wins. An order fires once for each time
//!    that it waits, however often and by whomever it is asked for.
//! 3. A firing names the revision of the order that was looked at. After a change it fires nothing.
//! 4. At most one order of an OCO group has fired and has not ended or gone back to waiting. The write that records this
//!    one's `confirmed` ends all others `cancelled`, and no order is accepted to the group any more. Any other end of
//!    this one, and its going back, gives the group back in the same write.
//! 5. An expiry ends a waiting order as it ends any other, and an order whose time has run out does not fire.
//! 6. A page is listed in one order of the store's; following the pages skips none that waits meanwhile.
//! 7. What was touched, because it began to wait or was changed, is told with its time by the store's clock. Whoever asks
//!    again from a few seconds before the last answer misses nothing, and hears some of it twice.
//! 8. An order that cannot be read, because a newer version has written it or its row is damaged, keeps nobody from the
//!    others: pages leave it out, and go on behind it.
//! 9. The highs of a pair are stored by whoever has read the last ones: who has read others stores nothing.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::waiting::{Firing, Highs, Misses};
use domain::{ClientId, Event, Mint, OrderId, Status, Terms, Timestamp};

use crate::Result;
use crate::order_store::DueOrder;

/// The most orders that an OCO group takes in, those that have ended included.
pub const OCO_GROUP_MAX: u32 = 20;

/// The most orders that one call of [`WaitingOrders::fire`] or [`WaitingOrders::end_rests`] names.
pub const FIRED_AT_ONCE: usize = 256;

/// The longest rest of an order that missed its floor.
pub const LONGEST_REST: Duration = Duration::from_secs(600);

/// What is sold and what is bought, by the names under which the store lists them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    pub sold: String,
    pub bought: String,
}

impl Pair {
    /// What these terms name.
    #[must_use]
    pub fn of(terms: &Terms) -> Self {
        Self::between(terms.asset_in.mint, terms.asset_out.mint)
    }

    /// The pair of these.
    #[must_use]
    pub fn between(sold: Mint, bought: Mint) -> Self {
        Self {
            sold: sold.column(),
            bought: bought.column(),
        }
    }
}

/// An order that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingOrder {
    pub id: OrderId,
    pub client: ClientId,
    pub terms: Terms,
    pub accepted_at: Timestamp,
    /// Grows with every change.
    pub revision: u32,
    /// Whether it missed its floor so lately that it does not fire, unless its price is seen not to hold first.
    pub is_resting: bool,
    pub misses: Misses,
}

/// A page of a pair's waiting orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WaitingPage {
    pub orders: Vec<WaitingOrder>,
    /// Those of the page that cannot be read.
    pub unreadable: Vec<OrderId>,
    /// After which order the next page begins; absent on the last one.
    pub next: Option<OrderId>,
}

/// An order that began to wait, or was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    pub at: Timestamp,
    pub order: WaitingOrder,
}

/// Which orders were touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// When this was read, by the store's clock.
    pub at: Timestamp,
    pub touched: Vec<Touched>,
    /// After which the next page begins; absent on the last one.
    pub next: Option<(Timestamp, OrderId)>,
}

/// A pair's highest spots, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHighs {
    /// When they were read, by the store's clock: no order that is accepted later counts what was seen before.
    pub at: Timestamp,
    /// Grows with every write; 0 where nothing is stored.
    pub version: u32,
    pub highs: Highs,
}

/// A condition that was seen to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFiring {
    pub order: OrderId,
    /// That of the order that was looked at.
    pub revision: u32,
    pub firing: Firing,
}

/// The answer to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Done,
    /// It was changed since it was read: read it again.
    Stale,
    /// It does not wait any more.
    TooLate {
        status: Status,
    },
    /// There is no such order for this client.
    Unknown,
}

/// What waits. See the module's promises.
///
/// Cancel safety: a dropped call may or may not have taken effect; it may be repeated.
#[async_trait]
pub trait WaitingOrders: Send + Sync + Debug {
    /// The pairs of which orders wait, in their order, after this one.
    async fn waiting_pairs(&self, after: Option<&Pair>, limit: usize) -> Result<Vec<Pair>>;

    /// A page of the orders of a pair that wait, after this one.
    async fn waiting_of_pair(
        &self,
        pair: &Pair,
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<WaitingPage>;

    /// Orders that were touched from this time on, by the store's clock, after this one; the longest ago first.
    async fn touched(
        &self,
        from: Timestamp,
        after: Option<(Timestamp, OrderId)>,
        limit: usize,
    ) -> Result<News>;

    /// A pair's highest spots.
    async fn highs(&self, pair: &Pair) -> Result<StoredHighs>;

    /// Stores them in place of those of this version. Returns whether they were still the last.
    async fn store_highs(&self, pair: &Pair, version: u32, highs: &Highs) -> Result<bool>;

    /// Those of these orders that wait.
    async fn waiting_among(&self, orders: &[OrderId]) -> Result<Vec<WaitingOrder>>;

    /// Fires those of these orders that still wait as they were looked at, whose time has not run out and whose group is
    /// free. Returns them. One that another writer is changing at that moment does not fire.
    async fn fire(&self, firings: &[NewFiring]) -> Result<Vec<DueOrder>>;

    /// The price of these orders was seen not to hold: what rests, rests no longer.
    async fn end_rests(&self, orders: &[OrderId]) -> Result<()>;

    /// Gives a waiting order other terms, if its revision is this one. With `client`, only if the order belongs to that
    /// client. Nothing but prices, the minimum and the time that it is valid may differ.
    async fn change(
        &self,
        order: OrderId,
        client: Option<&ClientId>,
        revision: u32,
        terms: &Terms,
    ) -> Result<Changed>;

    /// The last events of the orders that ended with the confirmation of this one, and whose they are.
    async fn ended_by(&self, confirmed: OrderId) -> Result<Vec<(Event, ClientId)>>;
}
