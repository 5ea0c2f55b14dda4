//! Reads from the store what the feed did not deliver. The same loop serves clients while the feed
//! is down.

use std::sync::Arc;
use std::time::Duration;

use ports::Ports;
use ports::order_history::Watch;
use ports::retry::Policy;

use super::logs::Logs;

/// Orders in one query: an order has some ten events, so an answer stays within a few MiB.
const CHUNK: usize = 512;
/// A store that has not answered by then is asked again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Waits after the store did not answer: the loop notices within the longest that it is back.
const PAUSES: Policy = Policy {
    base_delay: Duration::from_millis(100),
    max_delay: Duration::from_secs(1),
};

/// Reads followed orders from the store, in one query as many as are listed; also those that were
/// silent for too long.
pub(super) async fn run(logs: Arc<Logs>, ports: Ports, silent_for: Duration) {
    let mut failures = 0_u32;
    let mut silence = tokio::time::interval(silent_for);
    silence.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let chunk = logs.take_asked(CHUNK);
        if chunk.is_empty() {
            tokio::select! {
                biased;
                () = logs.asked() => {}
                _ = silence.tick() => logs.ask_silent(silent_for),
            }
        } else if read(&logs, &ports, &chunk).await {
            failures = 0;
        } else {
            chunk.iter().for_each(|watch| logs.ask(watch.order_id));
            failures = failures.saturating_add(1);
            ports.clock.sleep(PAUSES.step(failures)).await;
        }
    }
}

/// Reads these orders' missing events; false if the store did not answer.
async fn read(logs: &Logs, ports: &Ports, chunk: &[Watch]) -> bool {
    metrics::counter!("hub_rereads_total").increment(1);
    let reading = ports.store.events_for(chunk);
    match tokio::time::timeout(PATIENCE, reading).await {
        Ok(Ok(events)) => {
            events.iter().for_each(|event| logs.tell(event));
            true
        }
        Ok(Err(error)) => {
            let error: &dyn std::error::Error = &error;
            tracing::debug!(error, "followed orders cannot be read now; trying again");
            false
        }
        Err(_) => false,
    }
}
