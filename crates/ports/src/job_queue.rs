//! Which orders a worker should look at next: a hint. Losing, duplicating or delaying entries
//! changes no outcome; the sweeper refills the queue from the store.
//!
//! Promises of every [`JobQueue`]:
//! 1. Pushing an id that is already queued or delayed does nothing, with two exceptions: an entry
//!    that resumes an execution replaces one that starts an execution, and one that waits for a
//!    time although it need not wait any more.
//! 2. The queue serves clients in turn. Of one client's entries those that have waited for a
//!    condition and fired come first, and among equals the oldest: an order that the sweeper brings
//!    again goes before its client's younger ones.
//! 3. An entry that starts an execution must pass the shared limiter, if one is set; an entry that
//!    resumes one need not, and comes first. If starts are recorded later than the limiter allowed,
//!    the delay is charged to later starts. A start that the limiter allowed but that did not
//!    happen is credited.
//! 4. An entry that was handed out is gone: nobody gives it back, and a worker that dies with it
//!    loses it. A refill may leave out ids that were handed out just now.
//! 5. A delayed entry is not handed out before its time.
//! 6. No call blocks on an empty queue except `wait`, which has a limit.
//! 7. An unreadable entry goes to the dead entries unchanged, is counted, and stops nothing.

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
    /// Whether the entry starts an execution, which needs a permit of the limiter.
    pub starts_execution: bool,
    /// Whether the order waited for a condition, which was seen to hold.
    pub has_fired: bool,
}

impl From<DueOrder> for Job {
    fn from(due: DueOrder) -> Self {
        Self {
            order_id: due.id,
            client: due.client,
            starts_execution: due.starts_execution,
            has_fired: due.has_fired,
        }
    }
}

/// Which entries a worker can use now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    Any,
    /// Only those that start no execution: the worker has no permit.
    Resumes,
}

/// What a worker got.
#[derive(Debug, Default)]
pub struct Popped {
    pub jobs: Vec<Job>,
    /// Whether the queue has no more entries of the wanted kind: the next one ends a
    /// [`JobQueue::wait`].
    pub is_drained: bool,
    /// When to ask again, if the shared limiter held entries back.
    pub limited_for: Option<Duration>,
}

/// How full the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    pub ready: u64,
    pub delayed: u64,
    pub dead_entries: u64,
    /// Whether the queue had to leave entries in the store, and asks for them when it has room.
    pub is_overflowing: bool,
}

/// Which orders to look at next. See the module's promises.
///
/// Cancel safety: a dropped `pop` may lose entries, which the sweeper brings again; every other
/// call may be dropped and repeated.
#[async_trait]
pub trait JobQueue: Send + Sync + Debug {
    /// Adds entries; returns how many it took. The sweeper brings again those for which it had no
    /// room.
    async fn push(&self, jobs: Vec<Job>) -> Result<usize> {
        self.refill(jobs, Duration::ZERO).await
    }

    /// The same for orders found due in the store, except ids that were handed out within the given
    /// time: the worker that has such an id is about to claim the order.
    async fn refill(&self, jobs: Vec<Job>, unless_popped_within: Duration) -> Result<usize>;

    /// Adds an entry if that needs no waiting, as in a queue inside this process; otherwise returns
    /// it. The sweeper brings again an entry for which there was no room.
    fn push_now(&self, job: Job) -> std::result::Result<(), Job> {
        Err(job)
    }

    /// Adds an entry that may be handed out after `delay`.
    async fn push_delayed(&self, job: Job, delay: Duration) -> Result<()>;

    /// Hands out up to `max` entries.
    async fn pop(&self, max: usize, wanted: Wanted) -> Result<Popped>;

    /// Reports that a start which the shared limiter allowed was recorded this much later. The
    /// limiter pauses for as long, but only once for all starts that were late together: the limit
    /// is about when executions are seen to begin, and a late start comes closer to the starts
    /// after it. Does nothing if no limiter is shared.
    async fn began_late(&self, by: Duration) -> Result<()> {
        let _ = by;
        Ok(())
    }

    /// Reports that a start which the shared limiter allowed this long ago did not happen. Another
    /// start may take its place, unless so much time has passed that the limiter has refilled
    /// anyway. Does nothing if no limiter is shared.
    async fn unspent(&self, since: Duration) -> Result<()> {
        let _ = since;
        Ok(())
    }

    /// Waits until the queue may have something to hand out, at most for `limit`. An entry that
    /// came since the last `pop` ends the wait at once.
    async fn wait(&self, limit: Duration);

    /// Waits until the queue has room for due orders that only the store knows, or until somebody
    /// has emptied it: the sweeper then runs at once. May never end.
    async fn wait_hungry(&self);

    /// How full it is.
    async fn depth(&self) -> Result<Depth>;

    /// Entries that could not be read, newest first.
    async fn dead_entries(&self, limit: usize) -> Result<Vec<String>>;
}
