//! The lane to the feed. What it could not publish it owes: until watchers have been told, nothing later is
//! published, so that nobody is shown what follows a hole before being told of the hole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::{BATCH, PATIENCE};
use crate::retry::Policy;
use crate::status_feed::{BEAT, Published};
use crate::{Result, StatusFeed};

/// Waits after watchers could not be told of a loss: they are told soon after the feed is back. Adapters keep
/// calls from a server that is away.
const PAUSES: Policy = Policy {
    base_delay: Duration::from_millis(100),
    max_delay: Duration::from_millis(800),
};

/// The way to the feed of one process.
#[derive(Debug)]
pub(super) struct FeedLane {
    feed: Arc<dyn StatusFeed>,
    events: mpsc::Receiver<Published>,
    owes_loss: Arc<AtomicBool>,
}

impl FeedLane {
    pub(super) fn new(feed: Arc<dyn StatusFeed>, events: mpsc::Receiver<Published>) -> Self {
        Self {
            feed,
            events,
            owes_loss: Arc::default(),
        }
    }

    /// Set by whoever drops an event.
    pub(super) fn owes_loss(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.owes_loss)
    }

    /// Publishes until the last sender is gone.
    pub(super) async fn run(mut self) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            if self.pay().await == Debt::Left {
                // Not retired: another publisher tells in its place.
                return;
            }
            tokio::select! {
                biased;
                // First, as events may never cease to come.
                _ = beat.tick() => self.beat().await,
                received = self.events.recv_many(&mut batch, BATCH) => match received {
                    0 => break,
                    _ => self.publish(std::mem::take(&mut batch)).await,
                },
            }
        }
        // Where this fails, watchers are told of a loss that there was not.
        let _ = answered(self.feed.retire()).await;
    }

    async fn publish(&self, batch: Vec<Published>) {
        let count = batch.len();
        if !answered(self.feed.publish(batch)).await {
            self.owes_loss.store(true, Ordering::Release);
            metrics::counter!("feed_dropped_total").increment(count as u64);
            tracing::debug!(
                count,
                "{count} events did not reach the feed; watchers read the store"
            );
        }
    }

    async fn beat(&self) {
        if !answered(self.feed.beat()).await {
            // It was away: what it had taken before may be lost with it.
            self.owes_loss.store(true, Ordering::Release);
        }
    }

    /// Tells watchers of what was dropped, again and again until it is told; a lane whose senders are gone
    /// gives up after a while.
    async fn pay(&self) -> Debt {
        let mut failures = 0;
        let mut closed_since = None;
        // Taken back before it is told: what is dropped meanwhile is told anew.
        while self.owes_loss.swap(false, Ordering::AcqRel) {
            if answered(self.feed.tell_lost()).await {
                continue;
            }
            self.owes_loss.store(true, Ordering::Release);
            if self.events.is_closed() {
                let since = *closed_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= PATIENCE {
                    return Debt::Left;
                }
            }
            failures += 1;
            tokio::time::sleep(PAUSES.step(failures)).await;
        }
        Debt::Paid
    }
}

/// What is still to be told.
#[derive(Debug, PartialEq, Eq)]
enum Debt {
    Paid,
    Left,
}

async fn answered(call: impl Future<Output = Result<()>>) -> bool {
    matches!(tokio::time::timeout(PATIENCE, call).await, Ok(Ok(())))
}
