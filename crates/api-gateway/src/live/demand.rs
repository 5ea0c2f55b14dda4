//! How readers tell tails that a shard is wanted, and tails tell readers that it is open.

use ports::status_feed::Shard;
use tokio::sync::{Notify, watch};

/// The demand for every shard.
#[derive(Debug)]
pub(super) struct Demand(Box<[Tap]>);

#[derive(Debug, Default)]
struct Tap {
    wanted: Notify,
    open: watch::Sender<bool>,
}

impl Demand {
    pub(super) fn new(shards: u16) -> Self {
        Self((0..shards).map(|_| Tap::default()).collect())
    }

    fn tap(&self, Shard(index): Shard) -> &Tap {
        &self.0[usize::from(index) % self.0.len()]
    }

    /// A reader needs this shard.
    pub(super) fn wake(&self, shard: Shard) {
        self.tap(shard).wanted.notify_one();
    }

    /// A reader needs all shards.
    pub(super) fn wake_all(&self) {
        self.0.iter().for_each(|tap| tap.wanted.notify_one());
    }

    /// Waits until a reader needs the shard.
    pub(super) async fn woken(&self, shard: Shard) {
        self.tap(shard).wanted.notified().await;
    }

    /// Says whether the shard's tail is open.
    pub(super) fn set_open(&self, shard: Shard, open: bool) {
        self.tap(shard).open.send_replace(open);
    }

    /// Whether the shard's tail is open now.
    pub(super) fn is_open(&self, shard: Shard) -> bool {
        *self.tap(shard).open.borrow()
    }

    /// Waits until every tail is open, or was while this waited.
    pub(super) async fn all_open(&self) {
        for tap in &self.0 {
            // The sender lives as long as `self`.
            let _ = tap.open.subscribe().wait_for(|open| *open).await;
        }
    }
}
