//! Brings back due orders that the queue does not know, because it lost them or a worker died with
//! them.
//!
//! The queue is a hint (I1). Whatever happens to it, this loop refills it from the store, and may
//! do so at any time because pushing is idempotent. It walks a long backlog page by page over
//! several rounds, so that a round stays small; if it finds that the queue lacks something, it
//! walks on to the end.

use std::time::Duration;

use domain::{OrderId, Timestamp};
use ports::job_queue::Job;
use ports::order_store::{DueOrder, DuePage};
use ports::{Ports, Shutdown};
use tracing::{debug, warn};

/// Orders looked at in one call.
const PAGE: usize = 1_000;
/// A round that never ended would starve all other work: this is twice the number of waiting orders
/// that the default settings accept.
const PAGES_PER_ROUND: usize = 2_000;
/// Orders of each client brought before the walk begins, so that a long backlog of one client does
/// not keep another's few orders out of an emptied queue.
const FAIR_SHARE: usize = 50;
/// After this many pages that bring the queue nothing new, a routine round leaves the rest to the
/// next one.
const FRUITLESS_PAGES: usize = 8;
/// Pause between two rounds, even if the queue asks for more.
const GAP: Duration = Duration::from_millis(20);

/// Why a round begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The process has just started: every due order counts as lost.
    Start,
    /// The period is over.
    Routine,
    /// The queue has room, or was emptied.
    Hungry,
}

/// The loop, and how far its walk through the backlog has come.
#[derive(Debug)]
pub struct Sweeper {
    ports: Ports,
    period: Duration,
    reached: Option<(Timestamp, OrderId)>,
}

impl Sweeper {
    /// A sweeper that has seen nothing yet.
    #[must_use]
    pub fn new(ports: &Ports, period: Duration) -> Self {
        Self {
            ports: ports.clone(),
            period,
            reached: None,
        }
    }

    /// Sweeps until somebody asks to stop: at once, then once per period or when the queue asks for
    /// orders.
    pub async fn run(mut self, shutdown: Shutdown) {
        let mut reason = Reason::Start;
        // So that the workers of a cluster that start together do not sweep together.
        let mut pause = self.ports.random.duration_below(self.period);
        loop {
            tokio::select! {
                biased;
                () = shutdown.soft() => return,
                () = self.round(reason) => {}
            }
            self.ports.clock.sleep(GAP.min(self.period)).await;
            reason = tokio::select! {
                biased;
                () = shutdown.soft() => return,
                () = self.ports.queue.wait_hungry() => Reason::Hungry,
                () = self.ports.clock.sleep(pause) => Reason::Routine,
            };
            pause = self.period;
        }
    }

    /// One round: it tries every part, even if another part fails.
    pub async fn round(&mut self, reason: Reason) {
        if let Err(error) = self.mark_silent_dead().await {
            debug!(%error, "silent workers wait for the next round: {error}");
        }
        if let Err(error) = self.push_due(reason).await {
            debug!(%error, "due orders wait for the next round: {error}");
        }
    }

    async fn push_due(&mut self, reason: Reason) -> ports::Result<()> {
        let taken = self.walk(reason).await?.taken;
        if taken > 0 {
            let pushed = u64::try_from(taken).unwrap_or(u64::MAX);
            metrics::counter!("sweeper_pushed_total").increment(pushed);
            debug!(taken, "{taken} due orders were brought to the queue");
        }
        Ok(())
    }

    /// Walks the backlog from where the last round has come to, as far as this round goes.
    async fn walk(&mut self, reason: Reason) -> ports::Result<Walk> {
        let grace = match reason {
            Reason::Start | Reason::Hungry => Duration::ZERO,
            // Gateways and workers push due orders themselves; the sweeper is for the ones they
            // lost.
            Reason::Routine => self.period,
        };
        let is_walking = self.reached.is_some();
        let mut is_fair = is_walking || reason != Reason::Routine;
        if is_fair {
            self.bring_the_oldest().await?;
        }
        let mut patience = match reason {
            Reason::Start | Reason::Hungry => Some(PAGES_PER_ROUND),
            Reason::Routine => None,
        };
        let mut walk = Walk::default();
        let mut is_from_oldest = !is_walking;
        for _ in 0..PAGES_PER_ROUND {
            let page = DuePage {
                grace,
                after: self.reached,
                limit: PAGE,
            };
            let due = self.ports.store.due(page).await?;
            let (count, last) = (due.len(), due.last().map(|order| (order.due_at, order.id)));
            let pushed = self.refill(due).await?;
            walk.passed(page.after, count, pushed);
            if walk.has_filled_up(pushed) {
                // Continue with the first order that may have found no room.
                self.reached = walk.incomplete_from.flatten();
                break;
            }
            self.reached = last.filter(|_| count == PAGE);
            let is_at_end = self.reached.is_none();
            if is_at_end && is_from_oldest {
                break;
            }
            if !std::mem::replace(&mut is_fair, true) {
                self.bring_the_oldest().await?;
            }
            // There is a backlog; only then is it worth asking how much of it the queue knows.
            let patience = match patience {
                Some(patience) => patience,
                None => *patience.insert(self.patience().await?),
            };
            if walk.fruitless >= patience {
                break;
            }
            is_from_oldest |= is_at_end;
        }
        Ok(walk)
    }

    /// An order with which a worker died before it claimed it is among its client's oldest, so it
    /// is brought even during a backlog.
    async fn bring_the_oldest(&self) -> ports::Result<()> {
        let due = self.ports.store.due_fairly(FAIR_SHARE, PAGE).await?;
        self.refill(due).await.map(drop)
    }

    async fn refill(&self, due: Vec<DueOrder>) -> ports::Result<usize> {
        if due.is_empty() {
            return Ok(0);
        }
        let jobs = due.into_iter().map(Job::from).collect();
        self.ports.queue.refill(jobs, self.period).await
    }

    /// How many pages that bring nothing new a routine round walks: more if the queue knows fewer
    /// orders than wait in the store, and does not ask for them itself.
    async fn patience(&self) -> ports::Result<usize> {
        let depth = self.ports.queue.depth().await?;
        if depth.is_overflowing {
            return Ok(1);
        }
        let (counts, workers) = (
            self.ports.store.counts().await?,
            self.ports.store.workers().await?,
        );
        // An order in a slot may not have begun yet: it waits in the store, and the queue no longer
        // knows it.
        let slots: u64 = workers.iter().map(|row| u64::from(row.slots)).sum();
        Ok(match depth.ready.saturating_add(slots) < counts.waiting {
            true => FRUITLESS_PAGES,
            false => 1,
        })
    }

    async fn mark_silent_dead(&self) -> ports::Result<()> {
        for worker in self.ports.store.mark_silent_dead().await? {
            metrics::counter!("workers_buried_total").increment(1);
            warn!(worker.id = %worker, "worker {worker} fell silent; its orders pass to others");
        }
        Ok(())
    }
}

/// What a walk through the backlog has found.
#[derive(Debug, Default)]
struct Walk {
    /// Orders that the queue did not know.
    taken: usize,
    /// Consecutive pages of which the queue took nothing, before it took anything.
    fruitless: usize,
    /// Where the first page begins that the queue did not take completely, since it last took a
    /// complete one.
    incomplete_from: Option<Option<(Timestamp, OrderId)>>,
}

impl Walk {
    fn passed(&mut self, from: Option<(Timestamp, OrderId)>, count: usize, pushed: usize) {
        self.taken += pushed;
        if self.taken == 0 {
            self.fruitless += 1;
        } else if pushed == count {
            self.incomplete_from = None;
        } else if self.incomplete_from.is_none() {
            self.incomplete_from = Some(from);
        }
    }

    /// A queue that took some orders and then none is full.
    const fn has_filled_up(&self, pushed: usize) -> bool {
        self.taken > 0 && pushed == 0
    }
}
