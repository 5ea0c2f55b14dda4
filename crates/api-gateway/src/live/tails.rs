//! Tails the feed's shards, each while a reader needs it.

use std::sync::Arc;
use std::time::Duration;

use ports::Ports;
use ports::retry::Policy;
use ports::status_feed::{FeedTail, Position, Published, Shard, TailFrom, Tailed};

use super::account::Account;
use super::demand::Demand;
use super::logs::Logs;

/// Waits after the feed did not answer. The loop notices within the longest that the feed is back; meanwhile
/// followed orders are read from the store.
const PAUSES: Policy = Policy {
    base_delay: Duration::from_millis(200),
    max_delay: Duration::from_secs(4),
};
/// An adapter that has not opened a tail by then is asked again.
const OPEN_PATIENCE: Duration = Duration::from_secs(5);

/// The tail of one shard.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) shard: Shard,
    pub(super) ports: Ports,
    pub(super) logs: Arc<Logs>,
    pub(super) account: Arc<Account>,
    pub(super) demand: Arc<Demand>,
    /// How long it stays open when no reader needs it any more.
    pub(super) linger: Duration,
}

impl Tail {
    /// Tails the shard, again and again.
    pub(super) async fn run(self) {
        let mut failures = 0;
        loop {
            while !self.is_wanted() {
                self.demand.woken(self.shard).await;
            }
            let opening = self.ports.feed.tail(self.shard, TailFrom::Now);
            match tokio::time::timeout(OPEN_PATIENCE, opening).await {
                Ok(Ok(tail)) => {
                    failures = 0;
                    self.follow(tail).await;
                }
                Ok(Err(error)) => {
                    self.log_silence(&error);
                    self.rest(&mut failures).await;
                }
                Err(_) => self.rest(&mut failures).await,
            }
        }
    }

    fn is_wanted(&self) -> bool {
        self.logs.are_followed(self.shard) || self.account.has_readers()
    }

    /// Passes on what the tail delivers until no reader has needed it for a while.
    async fn follow(&self, mut tail: Box<dyn FeedTail>) {
        self.account.jumped(self.shard, tail.position());
        self.demand.set_open(self.shard, true);
        // Events recorded between a watch and the opening of the tail are only in the store.
        self.logs.ask_shard(self.shard);

        let mut failures = 0;
        let mut idle = tokio::time::interval(self.linger);
        idle.reset();
        loop {
            let brought = tokio::select! {
                biased;
                brought = tail.next() => brought,
                _ = idle.tick() => {
                    if self.is_wanted() {
                        continue;
                    }
                    break;
                }
            };
            match brought {
                Ok(Tailed::Events(events)) => {
                    failures = 0;
                    self.pass_on(&events);
                }
                Ok(Tailed::Lost) => {
                    self.logs.ask_shard(self.shard);
                    self.account.jumped(self.shard, tail.position());
                }
                Err(error) => {
                    self.log_silence(&error);
                    self.rest(&mut failures).await;
                }
            }
        }
        self.demand.set_open(self.shard, false);
        self.account.closed(self.shard);
    }

    fn pass_on(&self, events: &[(Position, Arc<Published>)]) {
        for (_, published) in events {
            self.logs.tell(&published.event);
        }
        if let Some((_, last)) = events.last() {
            let lag = self.ports.clock.now().since(last.event.at);
            metrics::gauge!("feed_lag_seconds").set(lag.as_secs_f64());
        }
        self.account.pass_on(self.shard, events);
    }

    fn log_silence(&self, error: &ports::Error) {
        let (Shard(shard), error): (_, &dyn std::error::Error) = (self.shard, error);
        tracing::debug!(
            shard,
            error,
            "shard {shard} of the feed does not answer; watched orders are read from the store"
        );
    }

    /// Waits after one more failure in a row.
    async fn rest(&self, failures: &mut u32) {
        *failures = failures.saturating_add(1);
        let pause = PAUSES.delay_after(*failures, &self.ports.random);
        self.ports.clock.sleep(pause).await;
    }
}
