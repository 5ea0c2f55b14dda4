//! The truth about orders: how an order gets in, who may execute it, and which events it has.
//!
//! Promises of every [`OrderStore`]:
//! 1. What `accept` confirmed is durable: order, first event, idempotency answer and client order
//!    id were stored in one transaction, and no crash loses them.
//! 2. For one client and one idempotency key at most one order is ever accepted. A repeat with the
//!    same fingerprint gets the first answer byte for byte; another fingerprint is refused. This
//!    also holds for concurrent requests.
//! 3. For one client a client order id names at most one order, for ever.
//! 4. `claim` grants an open, due order to one worker at a time, and each grant makes every earlier
//!    lease of that order worthless. While a worker has the lease no other worker gets the order. A
//!    worker that claims again gets the lease that it already has, so it can repeat a claim whose
//!    answer was lost.
//! 5. `record` adds an event only at the next sequence number and only under the newest lease. It
//!    answers `Won` if and only if the event with the proposed id is stored. Repeating the call
//!    with the same event after an unknown outcome gives the true answer.
//! 6. A submission stores the transaction and its event together, and at most one transaction of an
//!    order is live. A signature is stored once: a submission names the block that its transaction
//!    was made over, and blockhash and signature together are unique.
//! 7. A retry's event, its due time, the end of the lease and the death of its transaction are
//!    stored in one transaction; so are the event that ends an order and the end of its lease.
//! 8. `withdraw` and `expire` succeed only if nothing has been submitted; against a concurrent
//!    `record` exactly one of the two wins. `expire` ends all of its orders in one write, or none
//!    of them. An order that it cannot end, or that another writer is changing at that moment, does
//!    not keep the others from ending.
//! 9. The store's own clock decides about due times, leases and expiries. It may be set back or
//!    forth: an order that seems due further ahead than the longest delay counts as due, and the
//!    times of an order's events never go back.
//! 10. A lease ends when it is released, when its worker retires or stays silent for longer than
//!     the lease time, or when that worker's heartbeats stop naming the order: see
//!     `worker_registry`.
//! 11. A lease says how many workers in a row have died with the order in their hands since its
//!     last event: they fell silent, or their process ended, without a release. A worker that gave
//!     the order back, stopped naming it, retired or still lives does not count. An order without a
//!     live transaction that is one death short of [`POISON_DEATHS`] is granted only to
//!     `claim_alone`, so that only the order itself can cause the last death.
//! 12. Once a pause is confirmed, no `claim` grants a pending order until the pause ends. Orders
//!     that are further on are granted as usual.
//! 13. A submission is stored only before the order's expiry. The store checks this when nothing
//!     can be stored before the submission any more, so no `submitted` event is at or after the
//!     expiry.
//! 14. `make_due` ends the waiting of submitted orders alone, and of none that a live worker holds. Nothing else of them
//!     changes.
//! 15. A release may say how the live transaction fares. That is kept with the transaction, the newest alone, in the one
//!     write of the release; a release that says nothing leaves it as it was.
//! 15. An order of a wallet is granted only to a worker that names this wallet among its own, or none; once it is
//!     submitted, to every worker. `due` and `due_fairly` leave out orders that no live worker would get, so that they
//!     wait without anybody's work, and name them as soon as one lives that would.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::landing::LandingReport;
use domain::spending::NoRoom;
use domain::transaction::SignedTransaction;
use domain::waiting::Firing;
use domain::{
    ClientId, Event, EventId, IdempotencyKey, NewEvent, Order, OrderId, Status, Terms, Timestamp,
    WorkerId,
};

use crate::Result;

/// How many workers in a row may die with an order that has no live transaction; then the order
/// ends.
pub const POISON_DEATHS: u32 = 3;

/// How long an unreadable order waits: short for the workers of a newer version, long for those
/// that will only fail to read it again.
pub const UNREADABLE_REST: Duration = Duration::from_secs(15);

/// The longest delay of an order for any reason other than a retry, whose delay is a setting.
pub const LONGEST_FIXED_REST: Duration = Duration::from_secs(60);

/// The most orders that one call of [`OrderStore::make_due`] names.
pub const MADE_DUE_MAX: usize = 512;

/// Whether an order with this due time still waits. A due time further ahead than the longest delay
/// was written before the clock was set back: the order is due.
#[must_use]
pub fn is_resting(due_at: Timestamp, now: Timestamp, longest_rest: Duration) -> bool {
    due_at > now && due_at <= now.plus(longest_rest)
}

/// An order as intake passes it on: checked, with everything that its one transaction stores.
#[derive(Debug, Clone)]
pub struct NewOrder {
    pub id: OrderId,
    pub event_id: EventId,
    pub client: ClientId,
    pub terms: Terms,
    /// The W3C trace context of the request, which the execution of the order continues.
    pub trace_context: Option<String>,
    pub idempotency: Option<Idempotency>,
}

/// How the store recognises a repeated request, and the answer that it then gives.
#[derive(Debug, Clone)]
pub struct Idempotency {
    pub key: IdempotencyKey,
    /// A digest of the request's meaning.
    pub fingerprint: [u8; 32],
    /// The answer to the first request, built before the commit so that it is stored with the
    /// order.
    pub answer: Arc<[u8]>,
}

/// The answer to `accept`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// The order is stored. This is its first event.
    Stored(Event),
    /// The same request was accepted before, as this order and with this answer.
    Replayed {
        order_id: OrderId,
        answer: Arc<[u8]>,
    },
    /// The key belongs to another request.
    KeyReused,
    /// The client has used this client order id before, for this order.
    ClientOrderIdTaken { order_id: OrderId },
    /// An order of its OCO group was confirmed before.
    OcoGroupDone,
    /// Its OCO group takes no more orders.
    OcoGroupFull,
}

/// A worker's exclusive right to execute one order, as long as the store confirms it.
#[derive(Debug, Clone)]
pub struct Lease {
    pub order: Order,
    pub worker: WorkerId,
    /// Grows with every grant. The store refuses writes with an older one.
    pub fence: u64,
    /// The transaction that may still land, if there is one.
    pub live_transaction: Option<SignedTransaction>,
    /// What an operator has said of it.
    pub word: Option<crate::doubt::Word>,
    /// What fired the order, if it has waited.
    pub firing: Option<Box<Firing>>,
    /// How many workers in a row have died with the order in their hands since its last event.
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
    /// The order waits until then, for its retry or for the chain.
    NotDue {
        due_at: Timestamp,
        due_in: Duration,
    },
    /// Another worker has the lease.
    Held,
    /// A grant would start an execution, and operators want none now.
    Paused,
    /// One more death ends the order, so only `claim_alone` gets it.
    OnlyAlone,
    /// The worker does not have the order's wallet; another live one does.
    WalletElsewhere,
    /// No live worker has the order's wallet.
    WalletNowhere,
    /// The order waits for its condition, without a due time.
    Waiting,
    /// The order has ended.
    Ended,
    /// There is no such order, or it is unreadable because a newer version of the engine has
    /// written it. In that case it is due again after a while.
    Unknown,
}

/// The answer to a proposed event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// The event is a fact now.
    Won(Event),
    /// The order was cancelled or expired first; it has ended.
    Withdrawn,
    /// The event is a submission, and the order's time has run out. The order can be withdrawn as
    /// expired.
    Expired,
    /// The event is a submission, and its transaction may not spend what it would: see
    /// [`wallet_uses`](crate::wallet_uses). The order can go on to another event.
    NoRoom(NoRoom),
    /// Another worker has the order. The caller must stop working on it at once.
    LeaseLost,
}

/// Why an order ends before anything was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// The client asked for it.
    Cancelled,
    /// Its time ran out. The store refuses this while time is left.
    Expired,
}

/// The answer to a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withdrawn {
    /// The order has ended with this event.
    Won { event: Event, client: ClientId },
    /// The order was submitted or had ended before, or has not expired.
    TooLate { status: Status },
    /// There is no such order for this client.
    Unknown,
}

/// An order whose time seems to have run out, and the event that would end it.
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
    /// Whether claiming it starts an execution, which needs a permit of a limiter; otherwise it
    /// resumes one.
    pub starts_execution: bool,
    /// Whether it waited for a condition, which was seen to hold.
    pub has_fired: bool,
}

/// Which due orders to list: one page, oldest due time first.
#[derive(Debug, Clone, Copy)]
pub struct DuePage {
    /// Only orders due for at least this long, to leave out orders that are just being pushed.
    pub grace: Duration,
    /// Continue after this last order of the previous page.
    pub after: Option<(Timestamp, OrderId)>,
    pub limit: usize,
}

/// The truth about orders. See the module's promises.
///
/// Cancel safety: a dropped call may or may not have taken effect; repeat it with the same ids to
/// find out.
#[async_trait]
pub trait OrderStore: Send + Sync + Debug {
    /// Stores a new order, due at once unless it waits for a condition.
    async fn accept(&self, order: NewOrder) -> Result<Accepted>;

    /// The answer stored for a client's idempotency key, and the fingerprint of its request.
    async fn answer_for(
        &self,
        client: &ClientId,
        key: &IdempotencyKey,
    ) -> Result<Option<(OrderId, Idempotency)>>;

    /// Asks for the exclusive right to execute an order.
    async fn claim_in(&self, order: OrderId, worker: WorkerId, company: Company) -> Result<Claim>;

    /// The same from a worker that may have other orders in its hands.
    async fn claim(&self, order: OrderId, worker: WorkerId) -> Result<Claim> {
        self.claim_in(order, worker, Company::Others).await
    }

    /// The same from a worker that has none.
    async fn claim_alone(&self, order: OrderId, worker: WorkerId) -> Result<Claim> {
        self.claim_in(order, worker, Company::Alone).await
    }

    /// Records an event that carries no other data. A retry, going back to waiting or a terminal event ends the lease.
    async fn record(&self, lease: &Lease, event: &NewEvent) -> Result<Recorded>;

    /// Records `submitted` together with the signed transaction, before anything is sent. Refused
    /// if the order's time has run out.
    async fn record_submission(
        &self,
        lease: &Lease,
        event: &NewEvent,
        transaction: &SignedTransaction,
    ) -> Result<Recorded>;

    /// Gives an order back without an event, due again after `delay`, and says how its transaction fares if that is
    /// known. With a lease that is no longer the newest it changes nothing.
    async fn release_with(
        &self,
        lease: &Lease,
        delay: Duration,
        landing: Option<LandingReport>,
    ) -> Result<()>;

    /// The same with nothing to say.
    async fn release(&self, lease: &Lease, delay: Duration) -> Result<()> {
        self.release_with(lease, delay, None).await
    }

    /// Lets submitted orders that wait without a worker be due at once: there is news of their transactions. Returns
    /// those that are due by that. At most [`MADE_DUE_MAX`] are asked for in one call.
    async fn make_due(&self, orders: &[OrderId]) -> Result<Vec<DueOrder>>;

    /// Ends an order that has not been submitted, whoever has the lease. With `client`, only if the
    /// order belongs to that client.
    async fn withdraw(
        &self,
        order: OrderId,
        client: Option<&ClientId>,
        event: EventId,
        withdrawal: Withdrawal,
        reason: &str,
    ) -> Result<Withdrawn>;

    /// Ends those of these orders whose time has run out and that are not submitted; each order may
    /// appear once. Returns the orders that ended with the event proposed here, also if an earlier
    /// call ended them and its answer was lost.
    async fn expire(&self, expiries: &[Expiry], reason: &str) -> Result<Vec<Expired>>;

    /// Open orders whose due time has passed and on which no live worker has a lease.
    async fn due(&self, page: DuePage) -> Result<Vec<DueOrder>>;

    /// Due orders in turn between clients, at most `per_client` of each: workers take these while
    /// the queue is down.
    async fn due_fairly(&self, per_client: usize, limit: usize) -> Result<Vec<DueOrder>>;

    /// Open orders whose expiry has passed and that are not submitted.
    async fn overdue(&self, limit: usize) -> Result<Vec<OrderId>>;
}
