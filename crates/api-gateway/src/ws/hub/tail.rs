//! Tailing one shard of the feed while anybody watches something in it.

use std::sync::Arc;
use std::time::Duration;

use ports::status_feed::{FeedTail, Position, Published, Shard, TailFrom, Tailed};

use super::{Inner, ShardWatches};

/// First wait after the feed did not answer; doubled up to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// A feed that is back is noticed this soon; watched orders are read from the store meanwhile.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// An adapter that has not opened a tail by then is asked again.
const OPEN_PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks whether the last socket has left.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Tails this shard, again and again, until the process stops.
pub(super) async fn run(hub: Arc<Inner>, shard: Shard) {
    tokio::select! {
        biased;
        () = hub.stopped() => {}
        () = tail_again_and_again(&hub, shard) => {}
    }
}

async fn tail_again_and_again(hub: &Inner, shard: Shard) {
    let watches = hub.shard_at(shard);
    let mut pause = SHORTEST_PAUSE;
    loop {
        while !is_wanted(hub, watches) {
            watches.interest.notified().await;
        }
        let opening = hub.ports.feed.tail(shard, TailFrom::Now);
        match tokio::time::timeout(OPEN_PATIENCE, opening).await {
            Ok(Ok(tail)) => {
                pause = SHORTEST_PAUSE;
                follow(hub, shard, tail).await;
            }
            Ok(Err(error)) => {
                log_not_tailed(shard, &error);
                pause = hub.rest(pause).await;
            }
            Err(_) => pause = hub.rest(pause).await,
        }
    }
}

/// Passes on what the tail brings until nobody has needed it for a while.
async fn follow(hub: &Inner, shard: Shard, mut tail: Box<dyn FeedTail>) {
    let watches = hub.shard_at(shard);
    hub.ring.jumped(shard, tail.position());
    watches.open.send_replace(true);
    // What was recorded between a watch and the tail's opening is in the store alone.
    hub.ask_shard(shard);

    let mut pause = SHORTEST_PAUSE;
    let mut idle = tokio::time::interval(hub.settings.tail_linger);
    idle.reset();
    loop {
        let brought = tokio::select! {
            biased;
            brought = tail.next() => brought,
            _ = idle.tick() => {
                if is_wanted(hub, watches) {
                    continue;
                }
                break;
            }
        };
        match brought {
            Ok(Tailed::Events(events)) => {
                pause = SHORTEST_PAUSE;
                pass_on(hub, shard, &events).await;
            }
            Ok(Tailed::Lost) => {
                hub.ask_shard(shard);
                hub.ring.jumped(shard, tail.position());
            }
            Err(error) => {
                log_not_tailed(shard, &error);
                pause = hub.rest(pause).await;
            }
        }
    }
    watches.open.send_replace(false);
    hub.ring.closed(shard);
}

fn log_not_tailed(Shard(shard): Shard, error: &ports::Error) {
    let error: &dyn std::error::Error = error;
    tracing::debug!(
        shard,
        error,
        "shard {shard} of the feed does not answer; watched orders are read from the store"
    );
}

fn is_wanted(hub: &Inner, watches: &ShardWatches) -> bool {
    watches.len() > 0 || hub.ring.has_readers()
}

async fn pass_on(hub: &Inner, shard: Shard, events: &[(Position, Arc<Published>)]) {
    for (_, published) in events {
        hub.tell(&published.event);
    }
    if let Some((_, last)) = events.last() {
        let lag = hub.ports.clock.now().since(last.event.at);
        metrics::gauge!("feed_lag_seconds").set(lag.as_secs_f64());
    }
    crate::account_stream::pass_on(hub, shard, events).await;
}

impl Inner {
    async fn rest(&self, pause: Duration) -> Duration {
        let jitter = self.ports.random.duration_below(pause);
        self.ports.clock.sleep(pause + jitter).await;
        (pause * 2).min(LONGEST_PAUSE)
    }

    /// Waits until the process stops and the sockets have left, or have had their time to.
    pub(super) async fn stopped(&self) {
        self.shutdown.soft().await;
        let leave = self.settings.leave_within + self.settings.write_patience;
        let all_left = async {
            while self.limits.open_count() > 0 {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        // Who has not left by then is cut off with the server.
        let _ = tokio::time::timeout(leave, all_left).await;
    }
}
