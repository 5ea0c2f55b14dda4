//! [`JobQueue`] inside this process: a window of waiting orders per client, served in turn.
//!
//! The mutex is held for microseconds and never across an await; every operation costs at most the
//! logarithm of a bounded size. Orders that do not fit stay in the store, and the sweeper is woken
//! when there is room.

mod state;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ports::job_queue::{Depth, Job, Popped, Wanted};
use ports::{Clock, JobQueue, Result};
use tokio::sync::Notify;

use crate::writer::lock;
use state::State;

/// How many orders wait in memory.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Waiting orders per client: enough for a second of the fastest engine; the store keeps the
    /// rest.
    pub window: usize,
    /// Orders that wait to be resumed.
    pub resumes: usize,
    /// Orders that wait for a time.
    pub delayed: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            window: 4_096,
            resumes: 16_384,
            delayed: 65_536,
        }
    }
}

/// The queue of an engine that is one process.
#[derive(Debug)]
pub struct InProcessQueue {
    state: Mutex<State>,
    arrived: Notify,
    hungry: Notify,
    clock: Arc<dyn Clock>,
}

impl InProcessQueue {
    /// An empty queue.
    #[must_use]
    pub fn new(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            state: Mutex::new(State::new(limits)),
            arrived: Notify::new(),
            hungry: Notify::new(),
            clock,
        }
    }

    /// Changes the state, then wakes the tasks that the change concerns.
    fn change<T>(&self, change: impl FnOnce(&mut State, Duration) -> T) -> T {
        let now = self.clock.monotonic();
        let (value, wakes) = {
            let mut state = lock(&self.state);
            let value = change(&mut state, now);
            (value, state.take_wakes())
        };
        if wakes.arrived {
            self.arrived.notify_waiters();
        }
        if wakes.hungry {
            // Stored for the sweeper if it is not waiting now.
            self.hungry.notify_one();
        }
        value
    }
}

#[async_trait]
impl JobQueue for InProcessQueue {
    async fn refill(&self, jobs: Vec<Job>, unless_popped_within: Duration) -> Result<usize> {
        let refill = |state: &mut State, now| {
            let jobs = jobs.iter();
            jobs.filter(|job| state.refill(job, unless_popped_within, now))
                .count()
        };
        Ok(self.change(refill))
    }

    fn push_now(&self, job: Job) -> std::result::Result<(), Job> {
        self.change(|state, _| state.push(&job));
        Ok(())
    }

    async fn push_delayed(&self, job: Job, delay: Duration) -> Result<()> {
        self.change(|state, now| state.push_delayed(job, now + delay));
        Ok(())
    }

    async fn pop(&self, max: usize, wanted: Wanted) -> Result<Popped> {
        let jobs = self.change(|state, now| state.pop(max, wanted, now));
        Ok(Popped {
            is_drained: jobs.len() < max,
            jobs,
            limited_for: None,
        })
    }

    /// If the last look was for resumes only and found none, entries that start an execution do not
    /// end the wait: otherwise a worker without a permit would loop.
    async fn wait(&self, limit: Duration) {
        let arrived = self.arrived.notified();
        tokio::pin!(arrived);
        // Registered before the queue is looked at: a push between the two wakes this task.
        arrived.as_mut().enable();
        let now = self.clock.monotonic();
        let until_next = lock(&self.state).until_next(now);
        if until_next == Some(Duration::ZERO) {
            return;
        }
        let limit = until_next.map_or(limit, |next| next.min(limit));
        tokio::select! {
            biased;
            () = arrived => {}
            () = self.clock.sleep(limit) => {}
        }
    }

    async fn wait_hungry(&self) {
        self.hungry.notified().await;
    }

    async fn depth(&self) -> Result<Depth> {
        Ok(lock(&self.state).depth())
    }

    /// Entries are values of this process, so none is unreadable.
    async fn dead_entries(&self, _limit: usize) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}
