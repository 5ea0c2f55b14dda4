//! One identity of the worker, from its registration until it retires or learns that it is gone.
//! Leases belong to it; when it ends, everything done in its name ends too.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{OrderId, WorkerId};
use ports::retry::Policy;
use ports::worker_registry::{Beat, Heartbeat, WorkerRow};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tracing::{info, warn};

use crate::context::Context;
use crate::limiter::Limiter;
use crate::metrics::Metrics;

/// Waits between tries to reach a store that is down.
const REACH: Policy = Policy {
    base_delay: Duration::from_millis(100),
    max_delay: Duration::from_secs(1),
};
/// How long an order waits to have a worker to itself. The orders in the other slots end or are
/// given back long before, because the worker takes no new ones meanwhile; after this time others
/// go first for once.
const ALONE_LIMIT: Duration = Duration::from_secs(60);
/// A failed heartbeat is repeated after this fraction of its period.
const REPEAT_PART: u32 = 4;

/// A worker's first heartbeat: it has no orders yet.
const FIRST_BEAT: Beat = Beat {
    number: 1,
    heard: 0,
    holding: Vec::new(),
};

/// What the process shows about its worker, across identities.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    enlisted: AtomicBool,
    worker: Mutex<Option<WorkerId>>,
    running: AtomicU32,
}

impl Presence {
    pub(crate) fn is_enlisted(&self) -> bool {
        self.enlisted.load(Ordering::Relaxed)
    }

    /// The present identity, once the store knows it.
    pub(crate) fn worker(&self) -> Option<WorkerId> {
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        worker.filter(|_| self.is_enlisted())
    }

    fn enlist(&self, worker: WorkerId) {
        *self.worker.lock().unwrap_or_else(PoisonError::into_inner) = Some(worker);
        self.enlisted.store(true, Ordering::Relaxed);
    }

    pub(crate) fn running(&self) -> u32 {
        self.running.load(Ordering::Relaxed)
    }
}

/// An identity and its orders.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) worker: WorkerId,
    slots: Arc<Semaphore>,
    slot_count: u32,
    presence: Arc<Presence>,
    metrics: Metrics,
    /// Orders in this worker's hands: each enters before it is claimed and leaves when the worker
    /// has finished with it. Heartbeats name them, and they keep the worker from taking an order
    /// twice.
    held: Mutex<HashSet<OrderId>>,
    is_paused: AtomicBool,
    live_workers: AtomicU32,
    /// Raised when the store refused a write because of its lease: perhaps the worker was declared
    /// dead.
    doubt: Notify,
    has_doubt: AtomicBool,
}

/// All other slots of a worker, kept empty so that one order is alone in its hands.
#[derive(Debug)]
pub(crate) struct Solitude(Option<OwnedSemaphorePermit>);

/// An order in this worker's hands, in one of its slots.
#[derive(Debug)]
pub(crate) struct Slot {
    session: Arc<Session>,
    order: OrderId,
    _permit: OwnedSemaphorePermit,
}

impl Session {
    /// Registers the worker under a fresh identity; waits for the store as long as it takes.
    pub(crate) async fn open(ctx: &Context, presence: &Arc<Presence>) -> Arc<Self> {
        let accept = |(worker, answer): (WorkerId, ports::Result<Heartbeat>), failures| match answer
        {
            Ok(Heartbeat::Alive {
                paused,
                live_workers,
            }) => {
                let session = Self::new(ctx, worker, presence);
                session.heard(paused, live_workers);
                info!(worker.id = %worker, slots = session.slot_count, "worker {worker} takes orders");
                Some(session)
            }
            Ok(Heartbeat::Gone) => None,
            Err(error) => {
                if failures == 0 {
                    warn!(%error, "the worker waits for the store: {error}");
                }
                None
            }
        };
        REACH
            .repeat_until(&*ctx.clock, &ctx.random, || enter(ctx), accept)
            .await
    }

    fn new(ctx: &Context, worker: WorkerId, presence: &Arc<Presence>) -> Arc<Self> {
        let slots = ctx.settings.concurrency.max(1);
        ctx.metrics.slots.set(slots);
        ctx.metrics.slots_used.set(0);
        presence.running.store(0, Ordering::Relaxed);
        presence.enlist(worker);
        let permits = usize::try_from(slots)
            .unwrap_or(usize::MAX)
            .min(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            worker,
            slots: Arc::new(Semaphore::new(permits)),
            slot_count: u32::try_from(permits).unwrap_or(u32::MAX),
            presence: Arc::clone(presence),
            metrics: ctx.metrics.clone(),
            held: Mutex::default(),
            is_paused: AtomicBool::new(false),
            live_workers: AtomicU32::new(1),
            doubt: Notify::new(),
            has_doubt: AtomicBool::new(false),
        })
    }

    fn heard(&self, paused: bool, live_workers: u32) {
        self.hear_pause(paused);
        self.live_workers
            .store(live_workers.max(1), Ordering::Relaxed);
    }

    /// Remembers what the store said about a pause, in whatever answer.
    pub(crate) fn hear_pause(&self, paused: bool) {
        self.is_paused.store(paused, Ordering::Relaxed);
    }

    /// Whether operators have paused the engine, according to the last answer.
    pub(crate) fn is_paused(&self) -> bool {
        self.is_paused.load(Ordering::Relaxed)
    }

    /// Waits for a free slot; returns it and the number of free slots.
    pub(crate) async fn free_slot(&self) -> (OwnedSemaphorePermit, usize) {
        let permit = Arc::clone(&self.slots).acquire_owned().await;
        let permit = permit.expect("invariant: the slots are never closed");
        (permit, 1 + self.slots.available_permits())
    }

    /// Another free slot, if there is one.
    pub(crate) fn another_slot(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.slots).try_acquire_owned().ok()
    }

    /// Puts an order into a slot; `None` if it is already in this worker's hands.
    pub(crate) fn hold(
        self: &Arc<Self>,
        order: OrderId,
        permit: OwnedSemaphorePermit,
    ) -> Option<Slot> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.insert(order) {
            return None;
        }
        drop(held);
        self.presence.running.fetch_add(1, Ordering::Relaxed);
        self.metrics.slots_used.increment(1);
        Some(Slot {
            session: Arc::clone(self),
            order,
            _permit: permit,
        })
    }

    fn held(&self) -> Vec<OrderId> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().copied().collect()
    }

    /// Waits until this worker has no other order, and keeps it so; `None` if that takes too long,
    /// or if the order is in its hands by now. This caller is first in line for slots, so the
    /// worker takes no order meanwhile.
    pub(crate) async fn alone(
        self: &Arc<Self>,
        ctx: &Context,
        order: OrderId,
    ) -> Option<(Slot, Solitude)> {
        let all = Arc::clone(&self.slots).acquire_many_owned(self.slot_count);
        let mut all = tokio::select! {
            biased;
            () = ctx.shutdown.soft() => return None,
            all = all => all.expect("invariant: the slots are never closed"),
            () = ctx.clock.sleep(ALONE_LIMIT) => return None,
        };
        let one = all.split(1).expect("invariant: there is at least one slot");
        let slot = self.hold(order, one)?;
        Some((slot, Solitude(Some(all))))
    }

    /// Notes that the store refused a write because of its lease.
    pub(crate) fn doubt_lease(&self) {
        self.has_doubt.store(true, Ordering::Relaxed);
        self.doubt.notify_one();
    }

    /// This worker's share of the queue's common limit, while the queue is down.
    pub(crate) fn shared_limiter(&self, ctx: &Context) -> Option<Arc<Limiter>> {
        let workers = self.live_workers.load(Ordering::Relaxed);
        ctx.share_of_limit(NonZeroU32::new(workers).unwrap_or(NonZeroU32::MIN))
    }

    /// Keeps the identity alive; returns once it is lost, for good: the store said so, or was silent for
    /// so long that others may have been given what this worker holds.
    pub(crate) async fn keep_alive(&self, ctx: &Context) {
        let (period, lease) = (ctx.settings.heartbeat, ctx.settings.lease);
        let mut heard_at = ctx.clock.monotonic();
        let mut pause = period;
        let mut beat = FIRST_BEAT;
        beat.heard = beat.number;
        loop {
            tokio::select! {
                () = self.doubt.notified() => {}
                () = ctx.clock.sleep(pause) => {}
            }
            let asked_at = ctx.clock.monotonic();
            beat.number += 1;
            beat.holding = self.held();
            let patience = lease
                .saturating_sub(asked_at.saturating_sub(heard_at))
                .min(period);
            match timeout(patience, ctx.store.heartbeat(self.worker, &beat)).await {
                Ok(Ok(Heartbeat::Alive {
                    paused,
                    live_workers,
                })) => {
                    // The lease counts from a moment before the store got the heartbeat.
                    heard_at = asked_at;
                    beat.heard = beat.number;
                    pause = period.saturating_sub(ctx.clock.monotonic().saturating_sub(asked_at));
                    self.heard(paused, live_workers);
                    if self.has_doubt.swap(false, Ordering::Relaxed) {
                        ctx.metrics.lease_lost.increment(1);
                    }
                    continue;
                }
                Ok(Ok(Heartbeat::Gone)) => break,
                Ok(Err(_)) | Err(_) => pause = period / REPEAT_PART,
            }
            if ctx.clock.monotonic().saturating_sub(heard_at) >= lease {
                break;
            }
        }
        ctx.metrics.lease_lost.increment(1);
        self.presence.enlisted.store(false, Ordering::Relaxed);
        let worker = self.worker;
        warn!(worker.id = %worker, "worker {worker} was declared dead; it drops its orders and registers under a new id");
    }
}

/// Enters the list of workers under a fresh identity, and says that it lives.
async fn enter(ctx: &Context) -> (WorkerId, ports::Result<Heartbeat>) {
    let now = ctx.clock.now();
    let worker = ctx.random.worker_id(now);
    let row = WorkerRow {
        id: worker,
        version: ctx.settings.version.clone(),
        host: ctx.settings.host.clone(),
        slots: ctx.settings.concurrency.max(1),
        limits: ctx.settings.limits.print(ctx.router.tokens()),
        running: 0,
        wallets: ctx.chain.names(),
        started_at: now,
        seen_at: now,
    };
    let entered = async {
        ctx.store.enlist(&row).await?;
        ctx.store.heartbeat(worker, &FIRST_BEAT).await
    };
    (worker, entered.await)
}

impl Solitude {
    /// No slot is kept empty.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// The worker may take other orders again.
    pub(crate) fn end(&mut self) {
        drop(self.0.take());
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut held = self
            .session
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        held.remove(&self.order);
        drop(held);
        self.session
            .presence
            .running
            .fetch_sub(1, Ordering::Relaxed);
        self.session.metrics.slots_used.decrement(1);
    }
}
