//! What the whole cluster is doing, read from the store at most a few times a second however many
//! clients ask.
//!
//! A background task reads while somebody has asked lately and sleeps otherwise; a caller that
//! needs fresher numbers joins the reading that is under way.

mod estimate;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use actix_web::web::Bytes;
use api_types::submit::QueueEstimate;
use domain::Terms;
use ports::order_history::Counts;
use ports::worker_registry::WorkerRow;
use ports::{Ports, Shutdown};
use tokio::sync::Notify;

use crate::error::{ApiError, Code, Result};
use crate::limits::{Ceiling, Room};
use crate::settings::{GatewaySettings, StartLimit};
use crate::views;

/// The oldest numbers that are shown.
const MAX_AGE: Duration = Duration::from_secs(1);
/// Pause between readings while somebody asks: two readings fit within the maximum age.
const READ_EVERY: Duration = Duration::from_millis(800);
/// Minimum interval between readings that callers ask for.
const SPACING: Duration = Duration::from_millis(10);
/// If nobody asks for this long, reading stops.
const INTEREST: Duration = Duration::from_secs(3);
/// A store that needs longer counts as down.
const PATIENCE: Duration = Duration::from_secs(2);
/// A full queue drains only as fast as orders are executed.
const RETRY_FULL: Duration = Duration::from_secs(5);

/// The numbers, and the task that keeps them fresh.
#[derive(Debug)]
pub(crate) struct Stats {
    ports: Ports,
    max_waiting: u64,
    start_limit: Option<StartLimit>,
    latest: RwLock<Option<Arc<Snapshot>>>,
    /// Orders in the queue, for the limit.
    waiting: Ceiling,
    max_on_condition: u64,
    /// Orders that wait for a condition, for theirs.
    on_condition: Ceiling,
    /// Lets one caller read at a time; holds when the last failed reading began.
    reading: tokio::sync::Mutex<Option<Duration>>,
    asked_at_ms: AtomicU64,
    asleep: AtomicBool,
    wake: Notify,
}

/// Where an order waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// For a worker.
    Queue,
    /// For its condition.
    Condition,
}

impl Place {
    /// Where a new order with these terms waits first.
    pub(crate) const fn of(terms: &Terms) -> Self {
        match terms.order_type.waits() {
            true => Self::Condition,
            false => Self::Queue,
        }
    }
}

/// The numbers of one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// When the reading began.
    read_at: Duration,
    /// The answer of `GET /api/stats`.
    pub(crate) answer: Bytes,
    pub(crate) counts: Counts,
    /// Orders in the hands of workers, as these tell.
    pub(crate) in_hands: u64,
    /// Nothing is signed and nothing is sent.
    pub(crate) is_halted: bool,
    /// No execution begins.
    pub(crate) is_paused: bool,
    /// The live workers, oldest first.
    pub(crate) workers: Vec<WorkerRow>,
    estimate: Option<QueueEstimate>,
}

impl Stats {
    /// Starts the background task.
    #[must_use]
    pub(crate) fn start(
        ports: &Ports,
        settings: &GatewaySettings,
        shutdown: &Shutdown,
    ) -> Arc<Self> {
        let stats = Arc::new(Self {
            ports: ports.clone(),
            max_waiting: settings.queue_max_waiting,
            start_limit: settings.start_limit,
            latest: RwLock::default(),
            waiting: Ceiling::default(),
            max_on_condition: settings.waiting_max,
            on_condition: Ceiling::default(),
            reading: tokio::sync::Mutex::default(),
            asked_at_ms: AtomicU64::new(0),
            asleep: AtomicBool::new(false),
            wake: Notify::new(),
        });
        let keeper = Arc::clone(&stats);
        shutdown.spawn_until_soft(async move { keeper.keep_fresh().await });
        stats
    }

    async fn keep_fresh(&self) {
        loop {
            if self.is_wanted() {
                // If the store does not answer, the age of the numbers shows it.
                let _ = self.refresh().await;
                self.ports.clock.sleep(READ_EVERY).await;
            } else {
                self.asleep.store(true, Ordering::SeqCst);
                // Somebody may have asked between the two lines above.
                if !self.is_wanted() {
                    self.wake.notified().await;
                }
                self.asleep.store(false, Ordering::SeqCst);
            }
        }
    }

    fn is_wanted(&self) -> bool {
        let asked_at = Duration::from_millis(self.asked_at_ms.load(Ordering::SeqCst));
        !asked_at.is_zero() && self.ports.clock.monotonic().saturating_sub(asked_at) < INTEREST
    }

    /// Keeps the numbers fresh for a while.
    fn note_interest(&self, now: Duration) {
        let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.asked_at_ms.store(millis.max(1), Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) {
            self.wake.notify_one();
        }
    }

    fn latest(&self) -> Option<Arc<Snapshot>> {
        // Replaced as a whole: a panic leaves it unchanged.
        let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
        latest.clone()
    }

    fn not_older_than(&self, moment: Duration) -> Option<Arc<Snapshot>> {
        self.latest().filter(|snapshot| snapshot.read_at >= moment)
    }

    /// The numbers, if they are at most so old. Keeps them fresh for a while.
    pub(crate) fn within(&self, age: Duration) -> Option<Arc<Snapshot>> {
        let now = self.ports.clock.monotonic();
        self.note_interest(now);
        self.not_older_than(now.saturating_sub(age))
    }

    /// The numbers, at most a second old.
    pub(crate) async fn recent(&self) -> Result<Arc<Snapshot>> {
        let now = self.ports.clock.monotonic();
        self.note_interest(now);
        match self.not_older_than(now.saturating_sub(MAX_AGE)) {
            Some(snapshot) => Ok(snapshot),
            None => self.refresh().await,
        }
    }

    /// How long a new order may wait for its turn, if that is known; the call itself never waits.
    pub(crate) fn estimate(&self) -> Option<QueueEstimate> {
        let now = self.ports.clock.monotonic();
        self.note_interest(now);
        let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
        let snapshot = latest.as_ref()?;
        (snapshot.read_at >= now.saturating_sub(MAX_AGE)).then_some(snapshot.estimate)?
    }

    /// A place in the queue, if it is not known to be full.
    pub(crate) async fn admit(&self, place: Place) -> Result<Room> {
        // The bound is right for this gateway's orders however old it is. For other gateways'
        // orders it is as old as the numbers, which are kept fresh while orders come.
        let (ceiling, most) = self.limit_of(place);
        let admit = || ceiling.admit(most, Duration::ZERO);
        if let Some(room) = admit() {
            return Ok(room);
        }
        self.refresh().await?;
        admit().ok_or_else(|| {
            let (code, where_to) = match place {
                Place::Queue => (Code::QueueFull, ""),
                Place::Condition => (Code::WaitingFull, " for a condition"),
            };
            let detail = format!("{most} orders are waiting{where_to} already");
            ApiError::new(code, detail).retry_after(RETRY_FULL)
        })
    }

    const fn limit_of(&self, place: Place) -> (&Ceiling, u64) {
        match place {
            Place::Queue => (&self.waiting, self.max_waiting),
            Place::Condition => (&self.on_condition, self.max_on_condition),
        }
    }

    /// Whether the limit of one of the places may refuse the next order.
    pub(crate) fn is_near_full(&self) -> bool {
        [Place::Queue, Place::Condition].iter().any(|place| {
            let (ceiling, most) = self.limit_of(*place);
            !ceiling.is_below(most)
        })
    }

    /// Reads the numbers, or joins a reading that began after this call.
    async fn refresh(&self) -> Result<Arc<Snapshot>> {
        let asked_at = self.ports.clock.monotonic();
        let mut failed_at = self.reading.lock().await;
        if let Some(snapshot) = self.not_older_than(asked_at) {
            return Ok(snapshot);
        }
        // A caller that waited for a reading that failed does not wait for another one.
        if failed_at.is_some_and(|failed_at| failed_at >= asked_at) {
            return Err(ApiError::store_unavailable());
        }
        if let Some(last) = self.latest() {
            let rest = (last.read_at + SPACING).saturating_sub(self.ports.clock.monotonic());
            if !rest.is_zero() {
                self.ports.clock.sleep(rest).await;
            }
        }
        *failed_at = Some(self.ports.clock.monotonic());
        let snapshot = Arc::new(self.read().await?);
        *failed_at = None;
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        *latest = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    async fn read(&self) -> Result<Snapshot> {
        let read_at = self.ports.clock.monotonic();
        let (asking, asking_too) = (self.waiting.ask(), self.on_condition.ask());
        let store = &self.ports.store;
        let reading = async {
            tokio::try_join!(
                store.counts(),
                store.workers(),
                store.is_paused(),
                store.halted()
            )
        };
        let (counts, workers, is_paused, halt) = tokio::time::timeout(PATIENCE, reading)
            .await
            .map_err(|_| ApiError::store_unavailable())??;
        self.waiting.answer(
            &asking,
            counts.waiting.saturating_add(counts.delayed),
            read_at,
        );
        self.on_condition
            .answer(&asking_too, counts.on_condition, read_at);
        report(&counts);
        let stats = views::stats(&counts, &workers, is_paused, halt.as_ref());
        let answer =
            serde_json::to_vec(&stats).expect("invariant: numbers and strings are always JSON");
        Ok(Snapshot {
            read_at,
            answer: answer.into(),
            // Nobody knows when operators will resume.
            estimate: match is_paused {
                true => None,
                false => estimate::next_turn(&counts, &workers, self.start_limit),
            },
            is_halted: halt.is_some(),
            is_paused,
            in_hands: workers.iter().map(|row| u64::from(row.running)).sum(),
            counts,
            workers,
        })
    }
}

fn report(counts: &Counts) {
    let gauge = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    metrics::gauge!("queue_waiting_orders").set(gauge(counts.waiting));
    metrics::gauge!("queue_delayed_orders").set(gauge(counts.delayed));
    metrics::gauge!("waiting_orders").set(gauge(counts.on_condition));
    metrics::gauge!("queue_running_orders").set(gauge(counts.running));
    let oldest = Duration::from_millis(counts.oldest_waiting_ms.unwrap_or(0));
    metrics::gauge!("queue_oldest_age_seconds").set(oldest.as_secs_f64());
}
