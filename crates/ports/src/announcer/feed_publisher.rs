//! The lane to the feed. If it fails to publish an event it owes followers a loss mark, and it
//! publishes nothing later until the mark is written: nobody may see an event after a gap before
//! learning of the gap.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::{BATCH, PATIENCE};
use crate::retry::Policy;
use crate::status_feed::{BEAT, Published};
use crate::{Result, StatusFeed};

/// Waits after the lane failed to write the loss mark: followers learn of the loss soon after the feed is back.
/// While a server is down its adapter sends it no calls.
const PAUSES: Policy = Policy {
    base_delay: Duration::from_millis(100),
    max_delay: Duration::from_millis(800),
};

/// The lane from this process to its feed.
#[derive(Debug)]
pub(super) struct FeedPublisher {
    feed: Arc<dyn StatusFeed>,
    events: mpsc::Receiver<Published>,
    owes_loss: Arc<AtomicBool>,
}

impl FeedPublisher {
    pub(super) fn new(feed: Arc<dyn StatusFeed>, events: mpsc::Receiver<Published>) -> Self {
        Self {
            feed,
            events,
            owes_loss: Arc::default(),
        }
    }

    /// The flag that a caller sets when it drops an event.
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
                // Without retiring: another publisher then writes the mark instead.
                return;
            }
            tokio::select! {
                biased;
                // Checked first, because events may arrive without pause.
                _ = beat.tick() => self.beat().await,
                received = self.events.recv_many(&mut batch, BATCH) => match received {
                    0 => break,
                    _ => self.publish(std::mem::take(&mut batch)).await,
                },
            }
        }
        // If this fails, followers only learn of a loss that did not happen.
        let _ = answered(self.feed.retire()).await;
    }

    async fn publish(&self, batch: Vec<Published>) {
        let count = batch.len();
        if !answered(self.feed.publish(batch)).await {
            self.owes_loss.store(true, Ordering::Release);
            metrics::counter!("feed_dropped_total").increment(count as u64);
            tracing::debug!(
                count,
                "{count} events did not reach the feed; followers read the store"
            );
        }
    }

    async fn beat(&self) {
        if !answered(self.feed.beat()).await {
            // The feed was down: it may also have lost what it took before.
            self.owes_loss.store(true, Ordering::Release);
        }
    }

    /// Writes the loss mark, again and again until it succeeds; a lane whose senders are gone gives
    /// up after a while.
    async fn pay(&self) -> Debt {
        let mut failures = 0;
        let mut closed_since = None;
        // Cleared before the call: events that are dropped meanwhile need a new mark.
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

/// Whether a loss mark is still to be written.
#[derive(Debug, PartialEq, Eq)]
enum Debt {
    Paid,
    Left,
}

async fn answered(call: impl Future<Output = Result<()>>) -> bool {
    matches!(tokio::time::timeout(PATIENCE, call).await, Ok(Ok(())))
}
