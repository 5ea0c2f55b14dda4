//! Estimates how long a new order may wait for its turn, from the rate limit and from how quickly
//! the queue has moved so far.

use api_types::submit::QueueEstimate;
use config::LimitScope;
use ports::order_history::Counts;
use ports::worker_registry::WorkerRow;

use crate::settings::StartLimit;

const MINUTE_MS: u64 = 60_000;
/// A queue younger than this says nothing about how quickly it moves.
const LEAST_MEASURED_MS: u64 = 5_000;

/// The estimate for an order submitted now; `None` if there is nothing to estimate from.
pub(super) fn next_turn(
    counts: &Counts,
    workers: &[WorkerRow],
    limit: Option<StartLimit>,
) -> Option<QueueEstimate> {
    let position = counts.waiting.saturating_add(1);
    let slots: u64 = workers.iter().map(|worker| u64::from(worker.slots)).sum();
    if slots == 0 {
        return None;
    }
    // If orders wait although slots are free, they wait for the rate limit.
    let has_room = counts.running < slots;
    if has_room && (counts.waiting == 0 || limit.is_none()) {
        return Some(QueueEstimate {
            position,
            eta_ms: 0,
        });
    }
    let by_limit = limit.map(|limit| by_limit(position, workers.len(), limit));
    // The slower of the two decides.
    let eta_ms = by_pace(counts, position)
        .max(by_limit)
        .or_else(|| by_latency(counts, position, slots))?;
    Some(QueueEstimate { position, eta_ms })
}

fn by_limit(ahead: u64, workers: usize, limit: StartLimit) -> u64 {
    let limits = match limit.scope {
        LimitScope::Worker => u64::try_from(workers).unwrap_or(u64::MAX),
        LimitScope::Queue => 1,
    };
    let per_minute = u64::from(limit.per_minute.get()).saturating_mul(limits.max(1));
    ahead.saturating_mul(MINUTE_MS) / per_minute
}

/// The pace at which orders have ended since the queue began to fill: before that the workers were
/// not slow but idle.
fn by_pace(counts: &Counts, ahead: u64) -> Option<u64> {
    let queued_ms = counts.oldest_waiting_ms?.min(MINUTE_MS);
    if queued_ms < LEAST_MEASURED_MS {
        return None;
    }
    ahead
        .saturating_mul(queued_ms)
        .checked_div(counts.ended_last_minute)
}

/// If nothing was measured yet: all slots, each used for as long as recent orders took.
fn by_latency(counts: &Counts, ahead: u64, slots: u64) -> Option<u64> {
    let each = counts.latency_p50_ms?;
    ahead.saturating_mul(each).checked_div(slots)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

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
            limits: String::new(),
            running: 0,
            wallets: Vec::new(),
            started_at: at,
            seen_at: at,
        }
    }

    fn limit(per_minute: u32, scope: LimitScope) -> Option<StartLimit> {
        let per_minute = NonZeroU32::new(per_minute)?;
        Some(StartLimit { per_minute, scope })
    }

    #[track_caller]
    fn check(counts: &Counts, workers: &[WorkerRow], limit: Option<StartLimit>, eta_ms: u64) {
        let position = counts.waiting + 1;
        assert_eq!(
            next_turn(counts, workers, limit),
            Some(QueueEstimate { position, eta_ms })
        );
    }

    #[test]
    fn a_free_slot_takes_the_order_at_once() {
        let per_minute = limit(100, LimitScope::Worker);

        check(&Counts::default(), &[worker(10)], None, 0);
        check(&Counts::default(), &[worker(10)], per_minute, 0);
    }

    #[test]
    fn a_limited_queue_moves_at_its_limit_from_the_first_second_on() {
        let fresh = || Counts {
            waiting: 49,
            running: 10,
            ended_last_minute: 3,
            oldest_waiting_ms: Some(2_000),
            ..Counts::default()
        };
        let workers = [worker(10), worker(10)];

        check(
            &fresh(),
            &workers[..1],
            limit(100, LimitScope::Worker),
            30_000,
        );
        check(&fresh(), &workers, limit(100, LimitScope::Worker), 15_000);
        check(&fresh(), &workers, limit(100, LimitScope::Queue), 30_000);
    }

    #[test]
    fn who_waits_beside_free_slots_waits_for_the_limit() {
        let counts = Counts {
            waiting: 14,
            running: 6,
            ..Counts::default()
        };

        check(
            &counts,
            &[worker(10)],
            limit(100, LimitScope::Worker),
            9_000,
        );
    }

    #[test]
    fn a_queue_that_moves_slower_than_its_limit_is_measured_since_there_has_been_one() {
        let counts = || Counts {
            waiting: 99,
            running: 10,
            ended_last_minute: 20,
            ..Counts::default()
        };
        let queued = |ms| Counts {
            oldest_waiting_ms: Some(ms),
            ..counts()
        };
        let per_minute = limit(600, LimitScope::Worker);

        check(&queued(10_000), &[worker(10)], per_minute, 50_000);
        check(&queued(900_000), &[worker(10)], per_minute, 300_000);
        check(&queued(10_000), &[worker(10)], None, 50_000);
    }

    #[test]
    fn without_workers_and_without_a_past_there_is_no_guess() {
        let full = Counts {
            running: 10,
            ..Counts::default()
        };

        assert_eq!(next_turn(&Counts::default(), &[], None), None);
        assert_eq!(next_turn(&full, &[worker(10)], None), None);
    }
}
