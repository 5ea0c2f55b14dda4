//! Which orders a worker should look at next: a hint. Losing, doubling or delaying entries changes no
//! outcome; the sweeper fills the queue again from the store.
//!
//! Promises of every [`JobQueue`]:
//! 1. Pushing an id that is queued or delayed does nothing, but that what resumes an execution takes the place
//!    of what was to start one.
//! 2. Entries are handed out in turn between clients, oldest first within a client: one that is brought
//!    again goes before its client's younger ones.
//! 3. What starts an execution passes the shared limiter, where one is set; what resumes one does not,
//!    and comes first. What starts were late by is taken off what may start next, and what was let pass and
//!    did not start may start later.
//! 4. An entry that is handed out is gone: nobody gives it back, and who dies with it loses it. Whoever
//!    refills the queue may leave out what was handed out just now.
//! 5. A delayed entry is not handed out before its time.
//! 6. Calls never block on an empty queue, but for `wait`, which has a limit.
//! 7. An entry that cannot be read goes to the dead entries as it is, is counted, and stops nothing.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::{ClientId, OrderId};

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

/// Which entries a worker can use now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Any.
    Any,
    /// Only ones that start no execution: the worker has no token.
    Resumes,
}

/// What a worker was handed.
#[derive(Debug, Default)]
pub struct Popped {
    pub jobs: Vec<Job>,
    /// Whether nothing was left that was wanted: what comes later ends a [`JobQueue::wait`].
    pub is_drained: bool,
    /// Set where the shared limiter held entries back: when to ask again.
    pub limited_for: Option<Duration>,
}

/// How full the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    pub ready: u64,
    pub delayed: u64,
    pub dead_entries: u64,
    /// Whether it left entries to the store for want of room, and asks for them when there is some.
    pub is_overflowing: bool,
}

/// Which orders to look at next. See the module's promises.
///
/// Cancel safety: a dropped `pop` may lose entries, which the sweeper brings again; every other call may be
/// dropped and repeated.
#[async_trait]
pub trait JobQueue: Send + Sync + Debug {
    /// Adds entries; returns how many it took. What it did not take for want of room, the sweeper
    /// brings again.
    async fn push(&self, jobs: Vec<Job>) -> Result<usize> {
        self.refill(jobs, Duration::ZERO).await
    }

    /// The same for orders found due in the store, but for those that were handed out so recently: whoever
    /// has them is about to claim them.
    async fn refill(&self, jobs: Vec<Job>, unless_popped_within: Duration) -> Result<usize>;

    /// Adds an entry where nothing has to be waited for, as in a queue of this process; gives it back
    /// otherwise. What finds no room, the sweeper brings again.
    fn push_now(&self, job: Job) -> std::result::Result<(), Job> {
        Err(job)
    }

    /// Adds an entry that may be handed out after `delay`.
    async fn push_delayed(&self, job: Job, delay: Duration) -> Result<()>;

    /// Hands out up to `max` entries.
    async fn pop(&self, max: usize, wanted: Wanted) -> Result<Popped>;

    /// Says that a start which the shared limiter let pass was recorded this much later. The limiter pauses
    /// for as long, once for all starts that were late together: the limit is about when executions are
    /// seen to begin, and late ones come closer to those after them. Does nothing where no limiter is
    /// shared.
    async fn began_late(&self, by: Duration) -> Result<()> {
        let _ = by;
        Ok(())
    }

    /// Says that something which the shared limiter let pass so long ago did not start: another may start in its
    /// place, unless so much time has passed that one could have been earned anyway. Does nothing where no
    /// limiter is shared.
    async fn unspent(&self, since: Duration) -> Result<()> {
        let _ = since;
        Ok(())
    }

    /// Waits until there may be something to hand out, for `limit` at the most. What came since the last `pop`
    /// ends the wait at once.
    async fn wait(&self, limit: Duration);

    /// Waits until the queue has room for due orders that only the store knows, or has been emptied
    /// from outside: the sweeper then comes at once. May never end.
    async fn wait_hungry(&self);

    /// How full it is.
    async fn depth(&self) -> Result<Depth>;

    /// Entries that could not be read, newest first.
    async fn dead_entries(&self, limit: usize) -> Result<Vec<String>>;
}
