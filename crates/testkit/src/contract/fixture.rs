//! What a backend gives to its contract's tests: handles, and a way to let its time pass.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ports::{JobQueue, StatusFeed, Store};

/// A fresh, empty store under test.
#[async_trait]
pub trait StoreFixture: Send + Sync {
    /// The store as the process that opened it holds it.
    fn store(&self) -> Arc<dyn Store>;

    /// The same store as another process sees it; another handle if only one process may open it.
    async fn second_handle(&self) -> Arc<dyn Store>;

    /// The store as the next process finds it after every process that had it open was killed.
    /// Earlier handles are no longer used. A store that lives only in memory returns the same one.
    async fn after_a_crash(&self) -> Arc<dyn Store>;

    /// Returns once the store's own clock has advanced by at least this much.
    async fn advance(&self, by: Duration);

    /// Sets the store's own clock forward or back by this much. Its monotonic times stay.
    async fn turn_clock(&self, by_ms: i64);

    /// The lease time the store was opened with.
    fn lease(&self) -> Duration;

    /// The longest delay that the store was opened with: more than an hour.
    fn longest_rest(&self) -> Duration;
}

/// A fresh, empty queue under test.
#[async_trait]
pub trait QueueFixture: Send + Sync {
    /// The queue as one process sees it.
    fn queue(&self) -> Arc<dyn JobQueue>;

    /// The same queue as another process sees it; another handle if it lives in one process.
    async fn second_handle(&self) -> Arc<dyn JobQueue>;

    /// Returns once the queue's own clock has advanced by at least this much.
    async fn advance(&self, by: Duration);

    /// A fresh queue whose shared limiter lets `burst` executions start at once and then one an
    /// hour; `None` if the backend has no shared limiter.
    async fn limited(&self, burst: u32) -> Option<Arc<dyn JobQueue>>;

    /// Puts an unreadable entry in front of all others.
    async fn inject_unreadable(&self, raw: &str) -> Unreadable;
}

/// Whether a queue can contain unreadable entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// The entry is there now.
    Injected,
    /// Entries are values of this process and cannot be unreadable.
    Impossible,
}

/// A fresh feed under test.
#[async_trait]
pub trait FeedFixture: Send + Sync {
    /// The feed as one process sees it.
    fn feed(&self) -> Arc<dyn StatusFeed>;

    /// The same feed as another process sees it; another handle if it lives in one process.
    async fn second_handle(&self) -> Arc<dyn StatusFeed>;

    /// More events than the feed keeps for any tail. Fixtures keep it small.
    fn more_than_it_keeps(&self) -> usize;

    /// The feed after everything it kept was lost: a restart, an emptied server.
    async fn after_losing_everything(&self) -> Arc<dyn StatusFeed>;

    /// From now on the feed answers no handle.
    async fn begin_outage(&self) -> Outage;

    /// The feed answers again, with its former content.
    async fn end_outage(&self);
}

/// Whether a feed can be down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It is down now.
    Begun,
    /// It is a part of this process, and ends with it.
    Impossible,
}
