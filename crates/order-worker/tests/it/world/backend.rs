//! The embedded backend, inline and in memory: no thread of its own, so that paused time stays exact.

use std::sync::Arc;

use backend_embedded::Settings;
use backend_embedded::queue::Limits;
use backend_embedded::{InProcessFeed, InProcessQueue, SqliteStore};
use ports::{Clock, JobQueue, Random, StatusFeed, Store};

use super::LEASE;

pub(crate) type Backend = (Arc<dyn Store>, Arc<dyn JobQueue>, Arc<dyn StatusFeed>);

pub(crate) fn open(clock: &Arc<dyn Clock>) -> Backend {
    let settings = Settings {
        lease: LEASE,
        ..Settings::default()
    };
    let store = SqliteStore::in_memory(settings, Arc::clone(clock)).unwrap();
    let queue = InProcessQueue::new(Limits::default(), Arc::clone(clock));
    let feed = InProcessFeed::new(&Random::seeded(7));
    (Arc::new(store), Arc::new(queue), Arc::new(feed))
}
