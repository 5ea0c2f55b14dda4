//! Tells queue and feed what the store already knows, without anybody waiting for them.
//!
//! Both are hints. If they are slow or down, events and entries that do not fit into the bounded
//! buffers here are dropped: the sweeper brings the orders again, and followers learn that events
//! are missing before they get later ones, and read the store. A feed or queue inside this process
//! is called at once, on the caller's thread, because a lane would wake another thread for each
//! event.

mod feed_publisher;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::{ClientId, Event};
use tokio::sync::mpsc;

use self::feed_publisher::FeedPublisher;
use crate::job_queue::Job;
use crate::status_feed::Published;
use crate::{JobQueue, Shutdown, StatusFeed};

/// Events or entries kept while the last batch is on its way; at a few hundred bytes each, a few
/// MiB.
const BUFFERED: usize = 16_384;
/// The most that one call carries.
const BATCH: usize = 1_024;
/// A server that needs longer counts as down; its adapter has its own, shorter limits.
const PATIENCE: Duration = Duration::from_secs(5);

/// A cheap handle to both lanes.
#[derive(Debug, Clone)]
pub struct Announcer {
    feed: Arc<dyn StatusFeed>,
    queue: Arc<dyn JobQueue>,
    events: mpsc::Sender<Published>,
    /// Events were dropped, and followers do not know it yet.
    owes_loss: Arc<AtomicBool>,
    jobs: mpsc::Sender<Job>,
}

impl Announcer {
    /// Starts the two lanes. They drain and end when the last handle is gone or the process stops
    /// hard.
    #[must_use]
    pub fn start(feed: Arc<dyn StatusFeed>, queue: Arc<dyn JobQueue>, shutdown: &Shutdown) -> Self {
        describe();
        let (events, receiver) = mpsc::channel(BUFFERED);
        let lane = FeedPublisher::new(Arc::clone(&feed), receiver);
        let owes_loss = lane.owes_loss();
        shutdown.spawn(lane.run());
        let (jobs, receiver) = mpsc::channel(BUFFERED);
        shutdown.spawn(push_all(Arc::clone(&queue), receiver));
        Self {
            feed,
            queue,
            events,
            owes_loss,
            jobs,
        }
    }

    /// Announces a recorded event to followers.
    pub fn publish(&self, client: &ClientId, event: &Event) {
        let published = Published {
            client: client.clone(),
            event: event.clone(),
        };
        let Some(published) = self.feed.publish_now(published) else {
            return;
        };
        if self.events.try_send(published).is_err() {
            metrics::counter!("feed_dropped_total").increment(1);
            // The lane has a full buffer to work on, and checks this flag before each batch.
            self.owes_loss.store(true, Ordering::Release);
        }
    }

    /// Announces to followers that events may be stored which nobody will publish.
    pub fn lost(&self) {
        self.owes_loss.store(true, Ordering::Release);
    }

    /// Announces a due order to workers.
    pub fn enqueue(&self, job: Job) {
        let Err(job) = self.queue.push_now(job) else {
            return;
        };
        if self.jobs.try_send(job).is_err() {
            metrics::counter!("queue_push_dropped_total").increment(1);
        }
    }
}

/// Both metrics are zero from the start.
fn describe() {
    metrics::describe_counter!("feed_dropped_total", "Events that did not reach the feed");
    metrics::describe_counter!(
        "queue_push_dropped_total",
        "Due orders that did not reach the queue"
    );
    metrics::counter!("feed_dropped_total").increment(0);
    metrics::counter!("queue_push_dropped_total").increment(0);
}

async fn push_all(queue: Arc<dyn JobQueue>, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        let count = batch.len();
        let pushed = tokio::time::timeout(PATIENCE, queue.push(std::mem::take(&mut batch)));
        if !matches!(pushed.await, Ok(Ok(_))) {
            metrics::counter!("queue_push_dropped_total").increment(count as u64);
            tracing::debug!(
                count,
                "{count} orders did not reach the queue; the sweeper brings them"
            );
        }
    }
}
