//! A queue that can be taken away: a fault around a real one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::WorkerId;
use ports::job_queue::{Claimed, Delivery, Depth, Job, Wanted};
use ports::{Error, JobQueue, Result};

#[derive(Debug)]
pub(crate) struct FaultyQueue {
    inner: Arc<dyn JobQueue>,
    is_away: AtomicBool,
}

impl FaultyQueue {
    pub(crate) fn around(inner: Arc<dyn JobQueue>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            is_away: AtomicBool::new(false),
        })
    }

    pub(crate) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
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
    async fn push(&self, jobs: Vec<Job>) -> Result<usize> {
        self.reach()?.push(jobs).await
    }

    async fn push_delayed(&self, job: Job, delay: Duration) -> Result<()> {
        self.reach()?.push_delayed(job, delay).await
    }

    async fn claim(&self, worker: WorkerId, max: usize, wanted: Wanted) -> Result<Claimed> {
        self.reach()?.claim(worker, max, wanted).await
    }

    async fn ack(&self, delivery: Delivery) -> Result<()> {
        self.reach()?.ack(delivery).await
    }

    async fn retry(&self, delivery: Delivery, delay: Duration) -> Result<()> {
        self.reach()?.retry(delivery, delay).await
    }

    async fn wait(&self, limit: Duration) {
        self.inner.wait(limit).await;
    }

    async fn wait_hungry(&self) {
        self.inner.wait_hungry().await;
    }

    async fn heartbeat(&self, worker: WorkerId) -> Result<()> {
        self.reach()?.heartbeat(worker).await
    }

    async fn reap(&self) -> Result<usize> {
        self.reach()?.reap().await
    }

    async fn leave(&self, worker: WorkerId) -> Result<()> {
        self.reach()?.leave(worker).await
    }

    async fn depth(&self) -> Result<Depth> {
        self.reach()?.depth().await
    }

    async fn dead_entries(&self, limit: usize) -> Result<Vec<String>> {
        self.reach()?.dead_entries(limit).await
    }
}
