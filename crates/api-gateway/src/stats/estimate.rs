//! How long a new order may wait for its turn: a guess from what happened in the last minute.

use api_types::submit::QueueEstimate;
use ports::order_history::Counts;
use ports::worker_registry::WorkerRow;

const MINUTE_MS: u64 = 60_000;

/// The guess for an order that is handed in now; `None` where there is nothing to guess from.
pub(super) fn next_turn(counts: &Counts, workers: &[WorkerRow]) -> Option<QueueEstimate> {
    let position = counts.waiting.saturating_add(1);
    let slots: u64 = workers.iter().map(|worker| u64::from(worker.slots)).sum();
    let free = slots.saturating_sub(counts.running);
    let ahead = position.saturating_sub(free);
    if slots > 0 && ahead == 0 {
        return Some(QueueEstimate {
            position,
            eta_ms: 0,
        });
    }
    let by_pace = ahead
        .saturating_mul(MINUTE_MS)
        .checked_div(counts.ended_last_minute);
    let by_latency = || {
        let each = counts.latency_p50_ms?;
        ahead.saturating_mul(each).checked_div(slots)
    };
    let eta_ms = by_pace.or_else(by_latency)?;
    Some(QueueEstimate { position, eta_ms })
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, WorkerId};
    use uuid::Uuid;

    use super::*;

    fn worker(slots: u32) -> WorkerRow {
        let at = Timestamp::from_millis(0);
        WorkerRow {
            id: WorkerId::new(Uuid::nil()),
            version: String::new(),
            host: String::new(),
            slots,
            running: 0,
            started_at: at,
            seen_at: at,
        }
    }

    #[test]
    fn a_free_slot_takes_the_order_at_once() {
        let guess = next_turn(&Counts::default(), &[worker(10)]);

        assert_eq!(
            guess,
            Some(QueueEstimate {
                position: 1,
                eta_ms: 0
            })
        );
    }

    #[test]
    fn a_queue_moves_at_the_last_minutes_pace() {
        let counts = Counts {
            waiting: 49,
            running: 10,
            ended_last_minute: 100,
            ..Counts::default()
        };

        let guess = next_turn(&counts, &[worker(10)]);

        assert_eq!(
            guess,
            Some(QueueEstimate {
                position: 50,
                eta_ms: 30_000
            })
        );
    }

    #[test]
    fn without_workers_and_without_a_past_there_is_no_guess() {
        assert_eq!(next_turn(&Counts::default(), &[]), None);
    }
}
