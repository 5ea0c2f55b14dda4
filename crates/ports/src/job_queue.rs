//! Which orders a worker should look at next: a hint. Losing, doubling or delaying entries changes no
//! outcome; the sweeper fills the queue again from the store.
//!
//! Promises of every [`JobQueue`]:
//! 1. Pushing an id that is queued, delayed or in flight does nothing.
//! 2. Entries are handed out in turn between clients, oldest first within a client.
//! 3. What starts an execution passes the shared limiter, where one is set; what resumes one does not,
//!    and comes first. What starts were late by is taken off what may start next.
//! 4. A delivery dropped without a word comes back once its worker is given up.
//! 5. A delayed entry is not handed out before its time.
//! 6. Calls never block on an empty queue, but for `wait`, which has a limit.
//! 7. An entry that cannot be read goes to the dead entries as it is, is counted, and stops nothing.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::{ClientId, OrderId, WorkerId};

use crate::Result;
use crate::order_store::DueOrder;

/// An entry of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub order_id: OrderId,
    pub client: ClientId,
    /// Whether working on it starts an execution, for which a limiter wants a token.
    pub starts_execution: bool,
}

impl From<DueOrder> for Job {
    fn from(due: DueOrder) -> Self {
        Self {
            order_id: due.id,
            client: due.client,
            starts_execution: due.starts_execution,
        }
    }
}

/// An entry in a worker's hands. It is given back by value: see [`JobQueue::ack`] and
/// [`JobQueue::retry`].
#[derive(Debug)]
#[must_use = "acknowledge or retry it; dropped, it comes back only once its worker is given up"]
pub struct Delivery {
    pub job: Job,
    pub worker: WorkerId,
}

/// Which entries a worker can use now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Any.
    Any,
    /// Only ones that start no execution: the worker has no token.
    Resumes,
}

/// What a claim brought.
#[derive(Debug, Default)]
pub struct Claimed {
    pub deliveries: Vec<Delivery>,
    /// Set where the shared limiter held entries back: when to ask again.
    pub limited_for: Option<Duration>,
}

/// How full the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    pub ready: u64,
    pub delayed: u64,
    pub in_flight: u64,
    pub dead_entries: u64,
    /// Whether it left entries to the store for want of room, and asks for them when there is some.
    pub is_overflowing: bool,
}

/// Which orders to look at next. See the module's promises.
///
/// Cancel safety: a dropped `claim` may leave entries in flight, which come back by promise 4; every
/// other call may be dropped and repeated.
#[async_trait]
pub trait JobQueue: Send + Sync + Debug {
    /// Adds entries; returns how many it took. What it did not take for want of room, the sweeper
    /// brings again.
    async fn push(&self, jobs: Vec<Job>) -> Result<usize>;

    /// Adds an entry where nothing has to be waited for, as in a queue of this process; gives it back
    /// otherwise. What finds no room, the sweeper brings again.
    fn push_now(&self, job: Job) -> std::result::Result<(), Job> {
        Err(job)
    }

    /// Adds an entry that may be handed out after `delay`.
    async fn push_delayed(&self, job: Job, delay: Duration) -> Result<()>;

    /// Takes up to `max` entries into this worker's hands.
    async fn claim(&self, worker: WorkerId, max: usize, wanted: Wanted) -> Result<Claimed>;

    /// Done with it.
    async fn ack(&self, delivery: Delivery) -> Result<()>;

    /// Not done: hand it out again after `delay`.
    async fn retry(&self, delivery: Delivery, delay: Duration) -> Result<()>;

    /// Says that a start which the shared limiter let pass was recorded this much later. The limiter pauses
    /// for as long, once for all starts that were late together: the limit is about when executions are
    /// seen to begin, and late ones come closer to those after them. Does nothing where no limiter is
    /// shared.
    async fn began_late(&self, by: Duration) -> Result<()> {
        let _ = by;
        Ok(())
    }

    /// Waits until there may be something to claim, for `limit` at the most. Register first, look at
    /// the queue second: a wake-up between the two is not lost.
    async fn wait(&self, limit: Duration);

    /// Waits until the queue has room for due orders that only the store knows, or has been emptied
    /// from outside: the sweeper then comes at once. May never end.
    async fn wait_hungry(&self);

    /// Says that this worker is alive.
    async fn heartbeat(&self, worker: WorkerId) -> Result<()>;

    /// Gives back what workers that are no longer alive held; returns how much.
    async fn reap(&self) -> Result<usize>;

    /// Gives back what this worker holds: it stops.
    async fn leave(&self, worker: WorkerId) -> Result<()>;

    /// How full it is.
    async fn depth(&self) -> Result<Depth>;

    /// Entries that could not be read, newest first.
    async fn dead_entries(&self, limit: usize) -> Result<Vec<String>>;
}
