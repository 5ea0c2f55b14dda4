//! Every promise of every port: the store once as in production, once in memory; queue and feed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backend_embedded::{InProcessFeed, InProcessQueue, Settings, SqliteStore, queue};
use ports::webhooks::Outbox;
use ports::{Clock, JobQueue, Random, StatusFeed, Store};
use tempfile::TempDir;
use testkit::ManualClock;
use testkit::contract::{FeedFixture, Outage, QueueFixture, StoreFixture, Unreadable};

const LEASE: Duration = Duration::from_secs(20);
const LONGEST_REST: Duration = Duration::from_secs(2 * 3_600);
const SETTINGS: Settings = Settings {
    lease: LEASE,
    longest_rest: LONGEST_REST,
    outbox: Outbox::None,
};

/// A store in a folder, with its threads.
struct OnDisk {
    folder: TempDir,
    store: Arc<SqliteStore>,
    clock: Arc<ManualClock>,
    outbox: Outbox,
}

impl OnDisk {
    fn fresh() -> Self {
        Self::with(Outbox::None)
    }

    fn with(outbox: Outbox) -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::default());
        let store = open(folder.path(), outbox, &clock);
        Self {
            folder,
            store,
            clock,
            outbox,
        }
    }

    /// The files as a kill of the process leaves them: copied while the store is open.
    fn files_as_a_crash_leaves_them(&self) -> PathBuf {
        let copy = self.folder.path().join("after-the-crash");
        std::fs::create_dir(&copy).unwrap();
        for name in ["engine.db", "engine.db-wal"] {
            std::fs::copy(self.folder.path().join(name), copy.join(name)).unwrap();
        }
        copy
    }
}

fn open(folder: &Path, outbox: Outbox, clock: &Arc<ManualClock>) -> Arc<SqliteStore> {
    let settings = Settings { outbox, ..SETTINGS };
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    Arc::new(SqliteStore::open(folder, settings, clock).unwrap())
}

#[async_trait]
impl StoreFixture for OnDisk {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }

    async fn second_handle(&self) -> Arc<dyn Store> {
        self.store()
    }

    async fn after_a_crash(&self) -> Arc<dyn Store> {
        open(
            &self.files_as_a_crash_leaves_them(),
            self.outbox,
            &self.clock,
        )
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    async fn turn_clock(&self, by_ms: i64) {
        self.clock.turn_ms(by_ms);
    }

    fn lease(&self) -> Duration {
        LEASE
    }

    fn longest_rest(&self) -> Duration {
        LONGEST_REST
    }
}

/// A store in memory, answering inline.
struct InMemory {
    store: Arc<SqliteStore>,
    clock: Arc<ManualClock>,
}

impl InMemory {
    fn fresh() -> Self {
        Self::with(Outbox::None)
    }

    fn with(outbox: Outbox) -> Self {
        let clock = Arc::new(ManualClock::default());
        let settings = Settings { outbox, ..SETTINGS };
        let store = SqliteStore::in_memory(settings, Arc::clone(&clock) as _).unwrap();
        Self {
            store: Arc::new(store),
            clock,
        }
    }
}

#[async_trait]
impl StoreFixture for InMemory {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }

    async fn second_handle(&self) -> Arc<dyn Store> {
        self.store()
    }

    async fn after_a_crash(&self) -> Arc<dyn Store> {
        self.store()
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    async fn turn_clock(&self, by_ms: i64) {
        self.clock.turn_ms(by_ms);
    }

    fn lease(&self) -> Duration {
        LEASE
    }

    fn longest_rest(&self) -> Duration {
        LONGEST_REST
    }
}

struct Queue {
    queue: Arc<InProcessQueue>,
    clock: Arc<ManualClock>,
}

impl Queue {
    fn fresh() -> Self {
        let clock = Arc::new(ManualClock::default());
        let limits = queue::Limits::default();
        Self {
            queue: Arc::new(InProcessQueue::new(limits, Arc::clone(&clock) as _)),
            clock,
        }
    }
}

#[async_trait]
impl QueueFixture for Queue {
    fn queue(&self) -> Arc<dyn JobQueue> {
        Arc::clone(&self.queue) as _
    }

    async fn second_handle(&self) -> Arc<dyn JobQueue> {
        self.queue()
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    async fn limited(&self, _burst: u32) -> Option<Arc<dyn JobQueue>> {
        None
    }

    async fn inject_unreadable(&self, _raw: &str) -> Unreadable {
        Unreadable::Impossible
    }
}

struct Feed(Arc<InProcessFeed>);

impl Feed {
    const KEPT: usize = 64;

    fn fresh() -> Self {
        let random = Random::from_system();
        Self(Arc::new(InProcessFeed::keeping(Self::KEPT, &random)))
    }
}

#[async_trait]
impl FeedFixture for Feed {
    fn feed(&self) -> Arc<dyn StatusFeed> {
        Arc::clone(&self.0) as _
    }

    async fn second_handle(&self) -> Arc<dyn StatusFeed> {
        self.feed()
    }

    fn more_than_it_keeps(&self) -> usize {
        Self::KEPT + 1
    }

    async fn after_losing_everything(&self) -> Arc<dyn StatusFeed> {
        Self::fresh().feed()
    }

    async fn begin_outage(&self) -> Outage {
        Outage::Impossible
    }

    async fn end_outage(&self) {}
}

mod on_disk {
    use super::*;

    testkit::store_contract!(OnDisk::fresh());
    testkit::outbox_contract!(OnDisk::with(Outbox::All), OnDisk::with(Outbox::Terminal));
}

mod in_memory {
    use super::*;

    testkit::store_contract!(InMemory::fresh());
    testkit::outbox_contract!(
        InMemory::with(Outbox::All),
        InMemory::with(Outbox::Terminal)
    );
}

testkit::queue_contract!(Queue::fresh());
testkit::feed_contract!(Feed::fresh());
