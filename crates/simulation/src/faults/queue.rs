//! The queue as a process reaches it, and the queue itself, which may be emptied without any
//! process knowing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use backend_embedded::InProcessQueue;
use backend_embedded::queue::Limits;
use ports::job_queue::{Depth, Job, Popped, Wanted};
use ports::{Clock, JobQueue, Result};
use tokio::sync::Notify;

use super::Line;
use crate::witness::Witness;

/// Remembered entries, to be delivered once more.
const REMEMBERED: usize = 16;

/// The queue that all processes share.
#[derive(Debug)]
pub(crate) struct SharedQueue {
    limits: Limits,
    clock: Arc<dyn Clock>,
    now: Mutex<Arc<InProcessQueue>>,
    emptied: Notify,
    handed_out: Mutex<VecDeque<Job>>,
}

impl SharedQueue {
    pub(crate) fn new(limits: Limits, clock: Arc<dyn Clock>) -> Arc<Self> {
        let queue = Arc::new(InProcessQueue::new(limits, Arc::clone(&clock)));
        Arc::new(Self {
            limits,
            clock,
            now: Mutex::new(queue),
            emptied: Notify::new(),
            handed_out: Mutex::default(),
        })
    }

    fn get(&self) -> Arc<InProcessQueue> {
        Arc::clone(&self.now.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Deletes everything, as a flushed server does.
    pub(crate) fn empty(&self) {
        let fresh = Arc::new(InProcessQueue::new(self.limits, Arc::clone(&self.clock)));
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        self.emptied.notify_waiters();
    }

    fn remember(&self, popped: &Popped) {
        let mut handed_out = self
            .handed_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        handed_out.extend(popped.jobs.iter().cloned());
        while handed_out.len() > REMEMBERED {
            handed_out.pop_front();
        }
    }

    fn old_job(&self, n: u64) -> Option<Job> {
        let handed_out = self
            .handed_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = u64::try_from(handed_out.len()).unwrap_or(0);
        let index = n.checked_rem(count)?;
        handed_out.get(usize::try_from(index).ok()?).cloned()
    }
}

#[derive(Debug)]
pub(crate) struct FaultyQueue {
    pub(crate) shared: Arc<SharedQueue>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) line: Line,
}

#[async_trait]
impl JobQueue for FaultyQueue {
    async fn refill(&self, jobs: Vec<Job>, unless_popped_within: Duration) -> Result<usize> {
        let queue = self.shared.get();
        let call = async move { queue.refill(jobs, unless_popped_within).await };
        self.line.tell(call).await
    }

    async fn push_delayed(&self, job: Job, delay: Duration) -> Result<()> {
        let queue = self.shared.get();
        let call = async move { queue.push_delayed(job, delay).await };
        self.line.tell(call).await
    }

    async fn pop(&self, max: usize, wanted: Wanted) -> Result<Popped> {
        let queue = self.shared.get();
        let witness = Arc::clone(&self.witness);
        let call = async move {
            let popped = queue.pop(max, wanted).await?;
            for job in &popped.jobs {
                witness.note(format_args!("{} is handed out", job.order_id));
            }
            Ok(popped)
        };
        let mut popped = self.line.tell(call).await?;
        let n = self.line.process.fortune.bits();
        if popped.jobs.len() < max
            && self.line.happens(|climate| climate.doubled)
            && let Some(job) = self.shared.old_job(n)
        {
            popped.jobs.push(job);
        }
        self.shared.remember(&popped);
        Ok(popped)
    }

    async fn wait(&self, limit: Duration) {
        let queue = self.shared.get();
        tokio::select! {
            biased;
            () = queue.wait(limit) => {}
            () = self.shared.emptied.notified() => {}
        }
        self.line.process.pass().await;
    }

    async fn wait_hungry(&self) {
        let queue = self.shared.get();
        tokio::select! {
            biased;
            () = queue.wait_hungry() => {}
            () = self.shared.emptied.notified() => {}
        }
        self.line.process.pass().await;
    }

    async fn depth(&self) -> Result<Depth> {
        let queue = self.shared.get();
        self.line.ask(async move { queue.depth().await }).await
    }

    async fn dead_entries(&self, limit: usize) -> Result<Vec<String>> {
        let queue = self.shared.get();
        self.line
            .ask(async move { queue.dead_entries(limit).await })
            .await
    }
}
