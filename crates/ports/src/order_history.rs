//! Reading the truth: one order, lists of them, their events, and the counts over all.
//!
//! Promises of every [`OrderHistory`]:
//! 1. What was recorded is read at once, by every process.
//! 2. A list is newest first; going on where a page says never skips or repeats an order. A page may be
//!    shorter than asked for, or empty, and not be the last: a store looks at so many orders for one page
//!    and no more, and says how far it came.
//! 3. Another client's orders do not exist: they are not found and not listed.
//! 4. Counts agree with the orders once writing pauses.
//! 5. Lists keep nobody waiting but lists: however many are asked for, everything else is answered. A list
//!    for which there is no time soon is refused with [`crate::Error::Busy`].

use std::fmt::Debug;

use async_trait::async_trait;
use domain::{ClientId, ClientOrderId, Event, Order, OrderId, Seq, Status, Token};

use crate::Result;

/// Which orders to list.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Only this client's; everybody's where it is absent.
    pub client: Option<ClientId>,
    pub status: Option<Status>,
    pub token_in: Option<Token>,
    pub token_out: Option<Token>,
    /// Go on with what is older than this order.
    pub before: Option<OrderId>,
    pub limit: usize,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListPage {
    pub orders: Vec<Order>,
    /// Go on with what is older than this order, which need not be among those of the page; absent where
    /// nothing is left.
    pub next: Option<OrderId>,
}

/// An order whose events somebody follows, and the last one they have seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    pub order_id: OrderId,
    /// The next event wanted.
    pub next: Seq,
}

/// Counts over the whole store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// By [`Status::index`].
    pub by_status: [u64; 8],
    /// Pending orders that are due.
    pub waiting: u64,
    /// Open orders that wait for a due time.
    pub delayed: u64,
    /// Orders that are routing, building or submitted.
    pub running: u64,
    /// Age of the oldest waiting order.
    pub oldest_waiting_ms: Option<u64>,
    /// Orders that ended within the last minute.
    pub ended_last_minute: u64,
    /// From acceptance to the end, over the orders that were confirmed lately, in milliseconds.
    pub latency_p50_ms: Option<u64>,
    pub latency_p99_ms: Option<u64>,
}

/// Reading the truth. See the module's promises.
///
/// Cancel safety: reads change nothing and may be dropped.
#[async_trait]
pub trait OrderHistory: Send + Sync + Debug {
    /// An order, if it is this client's (anybody's where no client is named).
    async fn order(&self, id: OrderId, client: Option<&ClientId>) -> Result<Option<Order>>;

    /// An order by the name its client gave it.
    async fn order_by_client_id(
        &self,
        client: &ClientId,
        client_order_id: &ClientOrderId,
    ) -> Result<Option<Order>>;

    /// Orders, newest first.
    async fn list(&self, filter: &ListFilter) -> Result<ListPage>;

    /// An order's events from `from` on, in order.
    async fn events(&self, id: OrderId, from: Seq) -> Result<Vec<Event>>;

    /// The events that followers have missed, per order in order: one query for many followers.
    async fn events_for(&self, watches: &[Watch]) -> Result<Vec<Event>>;

    /// How many open orders this client has, counted up to `limit`.
    async fn open_orders(&self, client: &ClientId, limit: u64) -> Result<u64>;

    /// Counts over all orders.
    async fn counts(&self) -> Result<Counts>;
}
