//! Reading from the store what the feed did not bring.

use std::sync::Arc;
use std::time::Duration;

use domain::OrderId;
use ports::order_history::Watch;

use super::{Inner, ShardWatches, Urgency};

/// Orders in one query: an order has some ten events, so an answer stays within a few MiB.
const CHUNK: usize = 512;
/// A store that has not answered by then is asked again.
const PATIENCE: Duration = Duration::from_secs(5);
/// First wait after the store did not answer; doubled up to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// A store that is back is noticed this soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Reads watched orders from the store, as many in one query as wait, until the process stops.
pub(super) async fn run(hub: Arc<Inner>) {
    tokio::select! {
        biased;
        () = hub.stopped() => {}
        () = read_again_and_again(&hub) => {}
    }
}

async fn read_again_and_again(hub: &Inner) {
    let mut pause = SHORTEST_PAUSE;
    let mut silence = tokio::time::interval(hub.settings.reread_after);
    silence.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let chunk = hub.take_chunk();
        if chunk.is_empty() {
            tokio::select! {
                biased;
                () = hub.asked.notified() => {}
                _ = silence.tick() => hub.ask_silent(),
            }
            continue;
        }
        if hub.read(&chunk).await {
            pause = SHORTEST_PAUSE;
        } else {
            hub.ask_again(&chunk);
            hub.ports.clock.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

impl Inner {
    fn take_chunk(&self) -> Vec<Watch> {
        let mut ids = Vec::new();
        let mut to_read = self.to_read();
        while ids.len() < CHUNK {
            let next = to_read.urgent.pop_front();
            let Some(id) = next.or_else(|| to_read.silent.pop_front()) else {
                break;
            };
            ids.push(id);
        }
        drop(to_read);
        let now = self.ports.clock.monotonic();
        let watches = ids
            .into_iter()
            .filter_map(|id| self.shard(id).take_asked(id, now));
        watches.collect()
    }

    /// Asks for every open order of which nothing was heard for a while.
    fn ask_silent(&self) {
        let now = self.ports.clock.monotonic();
        let Some(before) = now.checked_sub(self.settings.reread_after) else {
            return;
        };
        let silent: Vec<OrderId> = self
            .shards
            .iter()
            .flat_map(|shard: &ShardWatches| shard.mark_silent(before))
            .collect();
        if !silent.is_empty() {
            self.enqueue(silent, Urgency::Silent);
        }
    }

    fn ask_again(&self, chunk: &[Watch]) {
        for watch in chunk {
            self.ask(watch.order_id, Urgency::Urgent);
        }
    }

    /// Reads these orders' missing events; false where the store did not answer.
    async fn read(&self, chunk: &[Watch]) -> bool {
        metrics::counter!("hub_rereads_total").increment(1);
        let reading = self.ports.store.events_for(chunk);
        match tokio::time::timeout(PATIENCE, reading).await {
            Ok(Ok(events)) => {
                for event in &events {
                    self.tell(event);
                }
                true
            }
            Ok(Err(error)) => {
                let error: &dyn std::error::Error = &error;
                tracing::debug!(error, "watched orders cannot be read now; trying again");
                false
            }
            Err(_) => false,
        }
    }
}
