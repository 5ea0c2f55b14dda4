//! What the one process knows in addition to its file: which workers are alive, which orders they
//! have, and running counts. So statistics need no disk, and heartbeats need it only if they stop
//! naming an order.
//!
//! This is correct because the data folder is locked: nobody else changes the file, and no lease
//! outlives the process. This state changes only after the corresponding transaction is committed.

mod ended;
pub(crate) mod wallets;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use domain::order::WaitsFor;
use domain::{ClientId, OrderId, Status, Timestamp, WorkerId};
use ports::finality::Turn;
use ports::order_history::Counts;
use ports::worker_registry::{Beat, Heartbeat, WorkerRow};

use crate::settings::Settings;

use ended::Ended;

/// The state itself, behind one lock that is held for microseconds.
#[derive(Debug)]
pub(crate) struct Live {
    lease: Duration,
    longest_rest: Duration,
    by_status: [u64; 8],
    /// Pending orders that wait for a condition, by what it is about.
    on_condition: [u64; 3],
    open_by_client: BTreeMap<ClientId, u64>,
    /// How many open orders wait for each due time that was in the future when it was set.
    delayed: BTreeMap<Timestamp, u64>,
    /// Those among them that are no longer pending.
    resting: BTreeMap<Timestamp, u64>,
    workers: BTreeMap<WorkerId, Worker>,
    paused: bool,
    /// Until when each turn lasts, by the process's monotonic clock.
    turns: HashMap<Turn, Duration>,
    /// Who sends webhooks, and until when.
    sending: Option<(WorkerId, Duration)>,
    ended: Ended,
    /// Since when, by the process's monotonic clock, an order has waited whose due time is further
    /// ahead than the longest delay: a clock that was set back cannot tell its age.
    ahead_since: Option<Duration>,
}

#[derive(Debug)]
struct Worker {
    row: WorkerRow,
    /// By the process's monotonic clock: setting the host's clock ends no lease.
    seen: Duration,
    /// The number of its last heartbeat.
    beat: u64,
    /// Orders whose row names this worker, and its heartbeat before the last grant or claim of each.
    leases: HashMap<OrderId, u64>,
}

/// What a batch changes, applied once it is committed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    by_status: [i64; 8],
    on_condition: [i64; 3],
    opened: Vec<ClientId>,
    closed: Vec<ClientId>,
    delayed: Vec<(Timestamp, Status)>,
    undelayed: Vec<(Timestamp, Status)>,
    /// Whether an order's row names this worker from now on; in the order of the changes.
    holds: Vec<(WorkerId, OrderId, bool)>,
    ended: Vec<Option<Duration>>,
    retired: Vec<WorkerId>,
    pub(crate) paused: Option<bool>,
}

impl Changes {
    /// An order came in.
    pub(crate) fn accepted(&mut self, client: ClientId) {
        self.by_status[Status::Pending.index()] += 1;
        self.opened.push(client);
    }

    /// So many orders more wait for a condition.
    pub(crate) fn begun_to_wait(&mut self, waits_for: WaitsFor, more: i64) {
        self.on_condition[waits_for.index()] += more;
    }

    /// An order went from one status to another.
    pub(crate) fn moved(&mut self, from: Status, to: Status) {
        self.by_status[from.index()] -= 1;
        self.by_status[to.index()] += 1;
    }

    /// An order ended; with `latency` if it was confirmed.
    pub(crate) fn ended(&mut self, client: ClientId, latency: Option<Duration>) {
        self.closed.push(client);
        self.ended.push(latency);
    }

    /// A worker is gone, and no order's row names it.
    pub(crate) fn retired(&mut self, worker: WorkerId) {
        self.retired.push(worker);
    }

    /// The order's row names this worker from now on, or the worker has claimed it again.
    pub(crate) fn granted(&mut self, worker: WorkerId, order: OrderId) {
        self.holds.push((worker, order, true));
    }

    /// Whether [`Self::granted`] was called for them.
    pub(crate) fn is_granted(&self, worker: WorkerId, order: OrderId) -> bool {
        self.holds.contains(&(worker, order, true))
    }

    /// The order's row no longer names this worker.
    pub(crate) fn given_back(&mut self, worker: WorkerId, order: OrderId) {
        self.holds.push((worker, order, false));
    }

    /// An open order waits for this time.
    pub(crate) fn delayed_until(&mut self, due_at: Timestamp, status: Status) {
        self.delayed.push((due_at, status));
    }

    /// An order no longer waits for this time.
    pub(crate) fn no_longer_delayed_until(&mut self, due_at: Timestamp, status: Status) {
        self.undelayed.push((due_at, status));
    }

    /// Whether the row of counters changes.
    pub(crate) fn touches_counters(&self) -> bool {
        self.by_status != [0; 8]
    }
}

/// What is read from the file when it is opened.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    pub(crate) by_status: [u64; 8],
    pub(crate) on_condition: [u64; 3],
    pub(crate) open_by_client: BTreeMap<ClientId, u64>,
    pub(crate) delayed: BTreeMap<Timestamp, u64>,
    pub(crate) resting: BTreeMap<Timestamp, u64>,
    pub(crate) paused: bool,
}

impl Live {
    /// The state after opening: no worker is alive, so no lease is valid.
    pub(crate) fn new(settings: Settings, stored: Stored) -> Self {
        Self {
            lease: settings.lease,
            longest_rest: settings.longest_rest,
            by_status: stored.by_status,
            on_condition: stored.on_condition,
            open_by_client: stored.open_by_client,
            delayed: stored.delayed,
            resting: stored.resting,
            workers: BTreeMap::new(),
            paused: stored.paused,
            turns: HashMap::new(),
            sending: None,
            ended: Ended::default(),
            ahead_since: None,
        }
    }

    /// Gives a turn, unless the last one goes on.
    pub(crate) fn take_turn(&mut self, turn: Turn, lasting: Duration, monotonic: Duration) -> bool {
        let is_free = self
            .turns
            .get(&turn)
            .is_none_or(|until| *until <= monotonic);
        if is_free {
            self.turns.insert(turn, monotonic + lasting);
        }
        is_free
    }

    /// Gives the sending of webhooks, unless another one has it.
    pub(crate) fn hold_sending(
        &mut self,
        holder: WorkerId,
        lasting: Duration,
        monotonic: Duration,
    ) -> bool {
        let is_free = self
            .sending
            .is_none_or(|(other, until)| other == holder || until <= monotonic);
        if is_free {
            self.sending = Some((holder, monotonic + lasting));
        }
        is_free
    }

    /// The holder sends no more.
    pub(crate) fn leave_sending(&mut self, holder: WorkerId) {
        self.sending = self.sending.filter(|(other, _)| *other != holder);
    }

    /// The longest delay of an order.
    pub(crate) const fn longest_rest(&self) -> Duration {
        self.longest_rest
    }

    /// The counts by status as they will be after these changes.
    pub(crate) fn counters_after(&self, changes: &Changes) -> [u64; 8] {
        let mut after = self.by_status;
        for (count, change) in after.iter_mut().zip(changes.by_status) {
            *count = count.saturating_add_signed(change);
        }
        after
    }

    /// Applies changes that were committed at this time of the process.
    pub(crate) fn apply(&mut self, changes: Changes, monotonic: Duration) {
        self.by_status = self.counters_after(&changes);
        for (count, change) in self.on_condition.iter_mut().zip(changes.on_condition) {
            *count = count.saturating_add_signed(change);
        }
        for client in changes.opened {
            *self.open_by_client.entry(client).or_default() += 1;
        }
        for client in changes.closed {
            lower(&mut self.open_by_client, &client);
        }
        for (due_at, status) in changes.delayed {
            *self.delayed.entry(due_at).or_default() += 1;
            if status != Status::Pending {
                *self.resting.entry(due_at).or_default() += 1;
            }
        }
        for (due_at, status) in changes.undelayed {
            lower(&mut self.delayed, &due_at);
            if status != Status::Pending {
                lower(&mut self.resting, &due_at);
            }
        }
        for (worker, order, is_held) in changes.holds {
            if let Some(worker) = self.workers.get_mut(&worker) {
                if is_held {
                    worker.leases.insert(order, worker.beat);
                } else {
                    worker.leases.remove(&order);
                }
            }
        }
        for latency in changes.ended {
            self.ended.add(monotonic, latency);
        }
        for worker in changes.retired {
            self.workers.remove(&worker);
        }
        self.paused = changes.paused.unwrap_or(self.paused);
    }

    /// Whether the leases of this worker are valid.
    pub(crate) fn is_alive(&self, worker: WorkerId, monotonic: Duration) -> bool {
        let worker = self.workers.get(&worker);
        worker.is_some_and(|worker| self.is_fresh(worker, monotonic))
    }

    fn is_fresh(&self, worker: &Worker, monotonic: Duration) -> bool {
        monotonic.saturating_sub(worker.seen) <= self.lease
    }

    /// Every worker whose leases are valid.
    pub(crate) fn alive(&self, monotonic: Duration) -> HashSet<WorkerId> {
        self.fresh(monotonic).map(|worker| worker.row.id).collect()
    }

    fn fresh(&self, monotonic: Duration) -> impl Iterator<Item = &Worker> {
        let workers = self.workers.values();
        workers.filter(move |worker| self.is_fresh(worker, monotonic))
    }

    /// Registers a worker. Registering again does not change a worker, even if it has been silent
    /// for too long since.
    pub(crate) fn enlist(&mut self, row: &WorkerRow, now: Timestamp, monotonic: Duration) {
        let entered = || Worker {
            row: WorkerRow {
                started_at: now,
                seen_at: now,
                ..row.clone()
            },
            seen: monotonic,
            beat: 0,
            leases: HashMap::new(),
        };
        self.workers.entry(row.id).or_insert_with(entered);
    }

    /// Keeps a worker alive, unless it was silent for too long; also returns the orders that it has
    /// stopped naming.
    pub(crate) fn heartbeat(
        &mut self,
        worker: WorkerId,
        beat: &Beat,
        now: Timestamp,
        monotonic: Duration,
    ) -> (Heartbeat, Vec<OrderId>) {
        if !self.is_alive(worker, monotonic) {
            return (Heartbeat::Gone, Vec::new());
        }
        let mut unnamed = Vec::new();
        if let Some(worker) = self.workers.get_mut(&worker)
            && beat.number > worker.beat
        {
            worker.seen = monotonic;
            worker.beat = beat.number;
            worker.row.seen_at = now;
            worker.row.running = u32::try_from(beat.holding.len()).unwrap_or(u32::MAX);
            unnamed = worker.unnamed(beat);
        }
        let live_workers = self.fresh(monotonic).count();
        let alive = Heartbeat::Alive {
            paused: self.paused,
            live_workers: u32::try_from(live_workers).unwrap_or(u32::MAX),
        };
        (alive, unnamed)
    }

    /// Whether the worker has stopped naming this order, as of the heartbeat whose answer it had
    /// got.
    pub(crate) fn is_unnamed(&self, worker: WorkerId, order: OrderId, heard: u64) -> bool {
        let leased = self.workers.get(&worker).and_then(|w| w.leases.get(&order));
        leased.is_some_and(|leased| *leased < heard)
    }

    /// Removes a worker.
    pub(crate) fn retire(&mut self, worker: WorkerId) {
        self.workers.remove(&worker);
    }

    /// Removes silent workers; returns them.
    pub(crate) fn mark_silent_dead(&mut self, monotonic: Duration) -> Vec<WorkerId> {
        let alive = self.alive(monotonic);
        let ids = self.workers.keys().copied();
        let buried: Vec<_> = ids.filter(|id| !alive.contains(id)).collect();
        for id in &buried {
            self.workers.remove(id);
        }
        buried
    }

    /// The live workers, oldest first.
    pub(crate) fn workers(&self, monotonic: Duration) -> Vec<WorkerRow> {
        let mut rows: Vec<_> = self.fresh(monotonic).map(|w| w.row.clone()).collect();
        rows.sort_by_key(|row| (row.started_at, row.id));
        rows
    }

    /// Whether operators have paused the engine.
    pub(crate) const fn is_paused(&self) -> bool {
        self.paused
    }

    /// How long an order has waited whose due time is further ahead than the longest delay, if
    /// there is one.
    pub(crate) fn ahead_for(&mut self, is_ahead: bool, monotonic: Duration) -> Option<Duration> {
        if !is_ahead {
            self.ahead_since = None;
            return None;
        }
        let since = *self.ahead_since.get_or_insert(monotonic);
        Some(monotonic.saturating_sub(since))
    }

    /// How many open orders a client has.
    pub(crate) fn open_orders(&self, client: &ClientId) -> u64 {
        self.open_by_client.get(client).copied().unwrap_or(0)
    }

    /// The clients that have open orders.
    pub(crate) fn clients_with_open_orders(&self) -> Vec<ClientId> {
        self.open_by_client.keys().cloned().collect()
    }

    /// All counts except the age of the oldest waiting order, which only the file knows.
    pub(crate) fn counts(&mut self, now: Timestamp, monotonic: Duration) -> Counts {
        // Drops due times that have passed.
        let not_yet = now.plus(Duration::from_millis(1));
        self.delayed = self.delayed.split_off(&not_yet);
        self.resting = self.resting.split_off(&not_yet);
        let latest = now.plus(self.longest_rest);
        let until = |times: &BTreeMap<Timestamp, u64>| -> u64 {
            times.range(..=latest).map(|(_, count)| count).sum()
        };
        let (delayed, resting) = (until(&self.delayed), until(&self.resting));
        let count = |status: Status| self.by_status[status.index()];
        let running = count(Status::Routing) + count(Status::Building) + count(Status::Submitted);
        let latency = self.ended.latencies();
        let on_condition = self.on_condition.iter().sum();
        Counts {
            by_status: self.by_status,
            waiting: count(Status::Pending)
                .saturating_sub(on_condition)
                .saturating_sub(delayed.saturating_sub(resting)),
            on_condition,
            on_pool: self.on_condition[WaitsFor::Pool.index()],
            on_volume: self.on_condition[WaitsFor::Volume.index()],
            delayed,
            running,
            oldest_waiting_ms: None,
            ended_last_minute: self.ended.last_minute(monotonic),
            latency_p50_ms: latency.at_percent(50),
            latency_p99_ms: latency.at_percent(99),
        }
    }
}

impl Worker {
    fn unnamed(&self, beat: &Beat) -> Vec<OrderId> {
        let named: HashSet<_> = beat.holding.iter().collect();
        let leases = self.leases.iter();
        leases
            .filter(|(order, leased)| **leased < beat.heard && !named.contains(order))
            .map(|(order, _)| *order)
            .collect()
    }
}

fn lower<K: Ord>(counts: &mut BTreeMap<K, u64>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
