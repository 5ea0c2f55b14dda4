//! Reads of the store: one order, lists of orders, their events, and counts over all of them.
//!
//! Promises of every [`OrderHistory`]:
//! 1. Every process can read an event as soon as it is recorded.
//! 2. A list is newest first. Following its pages never skips or repeats an order. A page that is
//!    short, or empty, need not be the last: a store looks at a bounded number of orders per page,
//!    and says how far it came.
//! 3. Another client's orders do not exist: they are neither found nor listed.
//! 4. Counts agree with the orders once writing pauses.
//! 5. Lists delay only lists: however many are requested, every other call is answered. A list that
//!    would have to wait too long is refused with [`crate::Error::Busy`].
//! 6. A stored transaction is found by its order, and an order by its transaction's blockhash and
//!    signature, however long ago it was stored and whatever became of it.
//! 7. Following the pages of [`OrderHistory::recent`] tells all events of the orders that were accepted lately, each
//!    once, and looks at no others: what was accepted before costs nothing.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::transaction::{Signature, TransactionRef};
use domain::{
    Address, ClientId, ClientOrderId, Event, Mint, OcoGroup, Order, OrderId, Seq, Status,
};

use crate::Result;

/// Which orders to list.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Only this client's; everybody's if absent.
    pub client: Option<ClientId>,
    pub status: Option<Status>,
    pub mint_in: Option<Mint>,
    pub mint_out: Option<Mint>,
    pub wallet: Option<PaidBy>,
    /// Only those that wait for a condition, or only those that do not.
    pub waiting: Option<bool>,
    /// Only those of this type, by its name.
    pub order_type: Option<&'static str>,
    pub oco_group: Option<OcoGroup>,
    /// Continue with orders older than this one.
    pub before: Option<OrderId>,
    pub limit: usize,
}

/// Whose orders to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaidBy {
    pub wallet: Address,
    /// Whether orders that name no wallet are its own too, as those of older versions are of the one wallet.
    pub or_unnamed: bool,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListPage {
    pub orders: Vec<Order>,
    /// Continue with orders older than this one, which need not be on the page; absent if none are
    /// left.
    pub next: Option<OrderId>,
}

/// Which lately accepted orders to tell the events of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecentPage {
    /// How long ago an order may have been accepted, by the store's clock.
    pub within: Duration,
    /// Continue with orders older than this one.
    pub before: Option<OrderId>,
    /// How many orders to look at.
    pub limit: usize,
}

/// The events of lately accepted orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recent {
    /// The newest order's first; each order's in sequence. Those that a newer version wrote are left out.
    pub events: Vec<Event>,
    /// Continue with orders older than this one; absent if none are left.
    pub next: Option<OrderId>,
}

/// An order that somebody follows, and how far they have seen its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    pub order_id: OrderId,
    /// The first event that they have not seen.
    pub next: Seq,
}

/// How many transactions [`OrderHistory::orders_of`] is asked about at once, at most.
pub const OWNERS_AT_ONCE: usize = 1_000;

/// The order to which a transaction belongs, and its client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub signature: Signature,
    pub order_id: OrderId,
    pub client: ClientId,
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
    /// Age of the oldest pending order that is due.
    pub oldest_waiting_ms: Option<u64>,
    /// Pending orders that wait for a condition: they are in none of the numbers of the queue.
    pub on_condition: u64,
    /// Those of them that wait for a pool, and for a volume.
    pub on_pool: u64,
    pub on_volume: u64,
    /// Orders that ended within the last minute.
    pub ended_last_minute: u64,
    /// From acceptance to the end, over recently confirmed orders, in milliseconds.
    pub latency_p50_ms: Option<u64>,
    pub latency_p99_ms: Option<u64>,
}

/// Reads of the store. See the module's promises.
///
/// Cancel safety: reads change nothing and may be dropped.
#[async_trait]
pub trait OrderHistory: Send + Sync + Debug {
    /// An order, if it belongs to this client (to anybody if no client is named).
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

    /// The events that followers have missed, in order for each order: one query for many
    /// followers.
    async fn events_for(&self, watches: &[Watch]) -> Result<Vec<Event>>;

    /// A page of the events of lately accepted orders. As patient as a list, and refused like one.
    async fn recent(&self, page: RecentPage) -> Result<Recent>;

    /// The signatures of an order's transactions, oldest first, dead ones too.
    async fn signatures_of(&self, order: OrderId) -> Result<Vec<Signature>>;

    /// The orders to which these transactions belong, at most [`OWNERS_AT_ONCE`]; those that no
    /// order has are left out.
    async fn orders_of(&self, transactions: &[TransactionRef]) -> Result<Vec<Owner>>;

    /// How many open orders this client has, counted up to `limit`.
    async fn open_orders(&self, client: &ClientId, limit: u64) -> Result<u64>;

    /// Counts over all orders.
    async fn counts(&self) -> Result<Counts>;
}
