//! Transactions that were accepted and wait for their execution, in memory: a chain that dies forgets them,
//! as a real one would. Nothing runs while nothing waits.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ports::Shutdown;
use tokio::sync::Notify;
use tracing::warn;

use crate::ledger::{Ledger, Pending};
use crate::world::World;

/// Waiting transactions, the next due first. Their number is bounded by `known::IN_FLIGHT_MAX`.
#[derive(Debug)]
pub(crate) struct Mempool {
    world: Arc<World>,
    ledger: Arc<Ledger>,
    shutdown: Shutdown,
    waiting: Mutex<Waiting>,
    earlier: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    heap: BinaryHeap<Reverse<Due>>,
    arrivals: u64,
    is_running: bool,
}

#[derive(Debug)]
struct Due {
    at: Duration,
    /// Breaks ties: first come, first served.
    arrival: u64,
    pending: Pending,
}

impl Mempool {
    pub(crate) fn new(world: Arc<World>, ledger: Arc<Ledger>, shutdown: Shutdown) -> Self {
        Self {
            world,
            ledger,
            shutdown,
            waiting: Mutex::default(),
            earlier: Notify::new(),
        }
    }

    /// Lets a transaction wait until `at`, on the monotonic clock.
    pub(crate) fn add(self: &Arc<Self>, at: Duration, pending: Pending) {
        let mut waiting = self.lock();
        let is_first = waiting.heap.peek().is_none_or(|Reverse(due)| at < due.at);
        waiting.arrivals += 1;
        let arrival = waiting.arrivals;
        waiting.heap.push(Reverse(Due {
            at,
            arrival,
            pending,
        }));
        if !waiting.is_running {
            waiting.is_running = true;
            let running = Running {
                mempool: Arc::clone(self),
                ended: false,
            };
            self.shutdown.spawn(running.hand_over());
        } else if is_first {
            self.earlier.notify_one();
        }
    }

    async fn execute(&self, pending: Pending) {
        let signature = pending.signature.clone();
        if let Err(error) = self.ledger.execute(pending).await {
            warn!(%error, "a transaction was dropped: {error}");
            self.world.known.drop_all(std::iter::once(&signature));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // A heap is whole between calls.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one task that hands over what is due.
struct Running {
    mempool: Arc<Mempool>,
    ended: bool,
}

/// What a look at the heap gives.
enum Turn {
    Execute(Vec<Pending>),
    SleepUntil(Duration),
    /// Nothing waits, and the next arrival starts a task of its own.
    Ended,
}

impl Running {
    async fn hand_over(mut self) {
        loop {
            match self.turn() {
                Turn::Execute(due) => {
                    for pending in due {
                        self.mempool.execute(pending).await;
                    }
                }
                Turn::SleepUntil(at) => {
                    let clock = &self.mempool.world.clock;
                    let left = at.saturating_sub(clock.monotonic());
                    tokio::select! {
                        () = self.mempool.earlier.notified() => {}
                        () = clock.sleep(left) => {}
                    }
                }
                Turn::Ended => return,
            }
        }
    }

    fn turn(&mut self) -> Turn {
        let now = self.mempool.world.clock.monotonic();
        let mut waiting = self.mempool.lock();
        let mut due = Vec::new();
        while waiting
            .heap
            .peek()
            .is_some_and(|Reverse(next)| next.at <= now)
        {
            due.extend(waiting.heap.pop().map(|Reverse(next)| next.pending));
        }
        match waiting.heap.peek() {
            _ if !due.is_empty() => Turn::Execute(due),
            Some(Reverse(next)) => Turn::SleepUntil(next.at),
            None => {
                waiting.is_running = false;
                self.ended = true;
                Turn::Ended
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Stopped half-way: the next arrival starts another task.
        if !self.ended {
            self.mempool.lock().is_running = false;
        }
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.arrival).cmp(&(other.at, other.arrival))
    }
}
