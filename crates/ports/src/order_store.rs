//! The truth about orders: how one gets in, who may execute it, and what is recorded of it.
//!
//! Promises of every [`OrderStore`]:
//! 1. What `accept` confirmed is durable: order, first event, idempotency answer and client order id
//!    came in one transaction, and no crash loses them.
//! 2. For one client and one idempotency key at most one order is ever accepted; a repeat with the same
//!    fingerprint gets the first answer byte for byte, another fingerprint is refused. Concurrent twins
//!    are no exception.
//! 3. For one client a client order id names at most one order, for ever.
//! 4. `claim` grants an open, due order to one worker at a time; a grant makes every earlier lease of
//!    that order worthless. An order is not granted to another while a worker holds it. The holder itself
//!    is told of the lease that it has, so that repeating a claim whose answer was lost gives the true
//!    answer.
//! 5. `record` adds an event at the next sequence number and nowhere else, only under the newest lease,
//!    and the answer `Won` is given if and only if the event with the proposed id is what is stored.
//!    Repeating a call with the same event after an unknown outcome gives the true answer.
//! 6. A submission stores the transaction and its event together, and at most one attempt of an order
//!    is live.
//! 7. A retry's event, its due time, the end of the lease and the death of its attempt are one
//!    transaction; so are an end's event and the end of the lease.
//! 8. `withdraw` and `expire` succeed only where nothing has been submitted; against a concurrent `record`
//!    exactly one of the two wins. `expire` ends all of its orders in one write, or none; one that it cannot
//!    end, or that somebody is writing to just then, keeps the others from nothing.
//! 9. Due times, leases and expiries are judged by the store's own clock. It may be set back or forth: an
//!    order whose due time lies further ahead than any rest can be is due, and the times of an order's
//!    events never go back.
//! 10. A lease ends when it is released, with the worker that holds it (retired, or silent for longer than
//!     the lease time), or when that worker's heartbeats stop naming the order: see `worker_registry`.
//! 11. A lease tells how many workers in a row died with the order in their hands since its last event: they
//!     fell silent, or their process ended, without a release. Nobody who gave the order back, stopped naming
//!     it, retired, or lives counts. An order with one death less than [`POISON_DEATHS`] and no live attempt is granted to
//!     `claim_alone` only, so that the last death is of nobody's making but its own.
//! 12. Once a pause was confirmed, no `claim` grants an order that is pending until the pause ends. What
//!     is further on is granted as ever.
//! 13. A submission is stored only while the order's time has not run out, as judged when nothing can come
//!     before it any more: no `submitted` event is at or after the expiry.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::transaction::SignedTransaction;
use domain::{
    ClientId, Event, EventId, IdempotencyKey, NewEvent, Order, OrderId, Status, Terms, Timestamp,
    WorkerId,
};

use crate::Result;

/// Workers in a row that an order without a live attempt may stop; then it ends.
pub const POISON_DEATHS: u32 = 3;

/// How long an order rests that cannot be read: soon for a newer version's workers, seldom for those who only
/// find out again.
pub const UNREADABLE_REST: Duration = Duration::from_secs(15);

/// The longest that an order rests for another reason than a retry's delay, which is a setting.
pub const LONGEST_FIXED_REST: Duration = Duration::from_secs(60);

/// Whether an order that was set to be due then still rests. What lies further ahead than any rest can be
/// was set by a clock that has been set back since: it is due.
#[must_use]
pub fn is_resting(due_at: Timestamp, now: Timestamp, longest_rest: Duration) -> bool {
    due_at > now && due_at <= now.plus(longest_rest)
}

/// An order as intake hands it over: checked, with everything that its one transaction stores.
#[derive(Debug, Clone)]
pub struct NewOrder {
    pub id: OrderId,
    pub event_id: EventId,
    pub client: ClientId,
    pub terms: Terms,
    /// The W3C trace context of the request, to go on with when the order is executed.
    pub trace_context: Option<String>,
    pub idempotency: Option<Idempotency>,
}

/// What makes a repeated request the same request, and the answer it then gets.
#[derive(Debug, Clone)]
pub struct Idempotency {
    pub key: IdempotencyKey,
    /// A digest of the request's meaning.
    pub fingerprint: [u8; 32],
    /// The answer to the first request, made before the commit so that it can be stored with it.
    pub answer: Arc<[u8]>,
}

/// What became of an order that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored. This is its first event.
    Stored(Event),
    /// The same request was accepted before: this order, this answer.
    Replayed {
        order_id: OrderId,
        answer: Arc<[u8]>,
    },
    /// The key belongs to another request.
    KeyReused,
    /// The client has used this client order id before, for this order.
    ClientOrderIdTaken { order_id: OrderId },
}

/// A worker's exclusive right to go on with one order, for as long as the store sees it so.
#[derive(Debug, Clone)]
pub struct Lease {
    pub order: Order,
    pub worker: WorkerId,
    /// Grows with every grant. What is written under an older one is refused.
    pub fence: u64,
    /// The attempt that may still land, if there is one.
    pub live_attempt: Option<SignedTransaction>,
    /// Workers in a row that died with the order in their hands since its last event.
    pub deaths: u32,
    pub trace_context: Option<String>,
}

/// What else a worker that claims an order has in its hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    Others,
    /// Nothing, until the order's next event is recorded or it is given back.
    Alone,
}

/// The answer to a claim.
#[derive(Debug)]
pub enum Claim {
    Granted(Box<Lease>),
    /// It waits for its retry or for the chain until then.
    NotDue {
        due_at: Timestamp,
        due_in: Duration,
    },
    /// Another worker holds it.
    Held,
    /// Granting it would start an execution, and operators want none now.
    Paused,
    /// One more death ends it, so that it is granted to `claim_alone` only.
    OnlyAlone,
    /// It has ended.
    Ended,
    /// There is no such order, or it cannot be read: a newer version of the engine may have written it. Then
    /// it is due again after a while.
    Unknown,
}

/// The answer to a proposed event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It is a fact now.
    Won(Event),
    /// The order was withdrawn first; it has ended.
    Withdrawn,
    /// It is a submission, and the order's time has run out. It can be withdrawn as expired.
    Expired,
    /// Another worker has the order. Whoever reads this stops at once.
    LeaseLost,
}

/// Why an order ends before anything was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// The client asked for it.
    Cancelled,
    /// Its time ran out. Refused by the store where it has not.
    Expired,
}

/// The answer to a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withdrawn {
    /// The order has ended with this event.
    Won { event: Event, client: ClientId },
    /// It was submitted or had ended before, or it has not expired.
    TooLate { status: Status },
    /// There is no such order for this client.
    Unknown,
}

/// An order whose time is said to have run out, and the event that would end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    pub order: OrderId,
    pub event: EventId,
}

/// An order that has ended because its time ran out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    pub event: Event,
    pub client: ClientId,
}

/// An open order that should be in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueOrder {
    pub id: OrderId,
    pub client: ClientId,
    pub due_at: Timestamp,
    /// Whether claiming it starts an execution, for which a limiter wants a token; otherwise it resumes.
    pub starts_execution: bool,
}

/// Which due orders to list: a page of them, oldest due time first.
#[derive(Debug, Clone, Copy)]
pub struct DuePage {
    /// Only orders due for at least this long, so that what is being pushed is left alone.
    pub grace: Duration,
    /// Go on after this order of the page before.
    pub after: Option<(Timestamp, OrderId)>,
    pub limit: usize,
}

/// The truth about orders. See the module's promises.
///
/// Cancel safety: a dropped call may or may not have happened; repeat it with the same ids to know.
#[async_trait]
pub trait OrderStore: Send + Sync + Debug {
    /// Stores a new order, due at once.
    async fn accept(&self, order: NewOrder) -> Result<Accepted>;

    /// The answer kept for a client's idempotency key, with the fingerprint it was kept for.
    async fn answer_for(
        &self,
        client: &ClientId,
        key: &IdempotencyKey,
    ) -> Result<Option<(OrderId, Idempotency)>>;

    /// Asks for the exclusive right to go on with an order.
    async fn claim_in(&self, order: OrderId, worker: WorkerId, company: Company) -> Result<Claim>;

    /// The same from a worker that may have other orders in its hands.
    async fn claim(&self, order: OrderId, worker: WorkerId) -> Result<Claim> {
        self.claim_in(order, worker, Company::Others).await
    }

    /// The same from a worker that has none.
    async fn claim_alone(&self, order: OrderId, worker: WorkerId) -> Result<Claim> {
        self.claim_in(order, worker, Company::Alone).await
    }

    /// Records an event that needs nothing beside it. A retry or a terminal event ends the lease.
    async fn record(&self, lease: &Lease, event: &NewEvent) -> Result<Recorded>;

    /// Records `submitted` together with the signed transaction, before anything is sent. Refused where
    /// the order's time has run out.
    async fn record_submission(
        &self,
        lease: &Lease,
        event: &NewEvent,
        transaction: &SignedTransaction,
    ) -> Result<Recorded>;

    /// Gives an order back without an event, to be due after `delay`. A lease that is no longer the
    /// newest changes nothing.
    async fn release(&self, lease: &Lease, delay: Duration) -> Result<()>;

    /// Ends an order that has not been submitted, whoever holds it. `client` limits it to that
    /// client's orders.
    async fn withdraw(
        &self,
        order: OrderId,
        client: Option<&ClientId>,
        event: EventId,
        withdrawal: Withdrawal,
        reason: &str,
    ) -> Result<Withdrawn>;

    /// Ends those of these orders whose time has run out and that are not submitted; each order stands
    /// there once. Tells of those that ended with the event that was proposed for them, an earlier call
    /// whose answer was lost included.
    async fn expire(&self, expiries: &[Expiry], reason: &str) -> Result<Vec<Expired>>;

    /// Open orders whose due time has passed and that nobody alive holds.
    async fn due(&self, page: DuePage) -> Result<Vec<DueOrder>>;

    /// Due orders in turn between clients, at most `per_client` of each: what workers take while the
    /// queue is away.
    async fn due_fairly(&self, per_client: usize, limit: usize) -> Result<Vec<DueOrder>>;

    /// Open orders whose expiry has passed and that are not submitted.
    async fn overdue(&self, limit: usize) -> Result<Vec<OrderId>>;
}
