//! A queue that can be taken down, or miss delayed entries: faults around a real one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ports::job_queue::{Depth, Job, Popped, Wanted};
use ports::{Error, JobQueue, Result};

use super::store::counts_down;

#[derive(Debug)]
pub(crate) struct FaultyQueue {
    inner: Arc<dyn JobQueue>,
    is_away: AtomicBool,
    deaf_to: AtomicU32,
    late_starts: AtomicU32,
}

impl FaultyQueue {
    pub(crate) fn around(inner: Arc<dyn JobQueue>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            is_away: AtomicBool::new(false),
            deaf_to: AtomicU32::new(0),
            late_starts: AtomicU32::new(0),
        })
    }

    pub(crate) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// Loses this many delayed entries.
    pub(crate) fn lose_delayed(&self, count: u32) {
        self.deaf_to.store(count, Ordering::SeqCst);
    }

    pub(crate) fn has_lost_them(&self) -> bool {
        self.deaf_to.load(Ordering::SeqCst) == 0
    }

    /// How many starts were reported late.
    pub(crate) fn late_starts(&self) -> u32 {
        self.late_starts.load(Ordering::SeqCst)
    }

    fn reach(&self) -> Result<&dyn JobQueue> {
        if self.is_away.load(Ordering::SeqCst) {
            Err(Error::unavailable("the queue", "taken away by the test"))
        } else {
            Ok(self.inner.as_ref())
        }
    }
}

#[async_trait]
impl JobQueue for FaultyQueue {
    async fn refill(&self, jobs: Vec<Job>, unless_popped_within: Duration) -> Result<usize> {
        self.reach()?.refill(jobs, unless_popped_within).await
    }

    async fn push_delayed(&self, job: Job, delay: Duration) -> Result<()> {
        if counts_down(&self.deaf_to) {
            return Err(Error::unavailable("the queue", "deaf by the test"));
        }
        self.reach()?.push_delayed(job, delay).await
    }

    async fn pop(&self, max: usize, wanted: Wanted) -> Result<Popped> {
        self.reach()?.pop(max, wanted).await
    }

    async fn began_late(&self, by: Duration) -> Result<()> {
        self.late_starts.fetch_add(1, Ordering::SeqCst);
        self.reach()?.began_late(by).await
    }

    async fn wait(&self, limit: Duration) {
        self.inner.wait(limit).await;
    }

    async fn wait_hungry(&self) {
        self.inner.wait_hungry().await;
    }

    async fn depth(&self) -> Result<Depth> {
        self.reach()?.depth().await
    }

    async fn dead_entries(&self, limit: usize) -> Result<Vec<String>> {
        self.reach()?.dead_entries(limit).await
    }
}
