//! Wakes waiting workers: a blocking pop on a connection of its own. The popped wake-ups carry
//! nothing, so a lost or a surplus one costs only a look at the queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deadpool_redis::redis::{RedisResult, cmd};
use tokio::sync::Notify;

use crate::failure::Failure;
use crate::link::Link;

/// One wait in the server; it is renewed while somebody in this process waits.
const LISTEN: Duration = Duration::from_secs(2);
/// Between two tries to listen to a server that is down.
const PAUSE: Duration = Duration::from_millis(250);

/// Who waits in this process, and what wakes them.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    waiting: AtomicUsize,
    somebody: Notify,
    rung: Notify,
}

/// Counts a waiter while it waits.
struct Waiter<'a>(&'a Bell);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Bell {
    /// Waits until the bell rings, at most for `limit`.
    pub(crate) async fn wait(&self, limit: Duration) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        let _waiter = Waiter(self);
        // There is a listener for each shard.
        self.somebody.notify_waiters();
        // Whether it was rung or not: the caller looks at the queue next.
        let _ = tokio::time::timeout(limit, self.rung.notified()).await;
    }

    /// Listens while somebody waits. A wake-up that arrives just after the last waiter has gone
    /// rings for the next one.
    pub(crate) async fn listen(self: Arc<Self>, link: Arc<Link>, list: String) {
        loop {
            self.until_somebody_waits().await;
            if self.listen_on_one_connection(&link, &list).await.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn listen_on_one_connection(&self, link: &Link, list: &str) -> Result<(), Failure> {
        let mut connection = link.waiting_connection(list, LISTEN).await?;
        loop {
            let mut pop = cmd("BLPOP");
            pop.arg(list).arg(LISTEN.as_secs());
            let popped: RedisResult<Option<(String, String)>> =
                pop.query_async(&mut connection).await;
            if link.judge(popped.map_err(Failure::Refused))?.is_some() {
                self.rung.notify_one();
            }
            self.until_somebody_waits().await;
        }
    }

    async fn until_somebody_waits(&self) {
        loop {
            let coming = self.somebody.notified();
            if self.waiting.load(Ordering::Acquire) > 0 {
                return;
            }
            coming.await;
        }
    }
}
