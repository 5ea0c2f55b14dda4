//! Converts the ports' types to what clients see. The domain's types are converted in `api-types`,
//! which does not know the ports.

use api_types::OrderView;
use api_types::admin::{AuditView, QueueEntries};
use api_types::stats::{
    ByStatus, HaltView, Latency, QueueStats, StatsAnswer, Throughput, WaitingStats, WorkerView,
};
use domain::{Order, Status, TokenList};
use ports::finality::Standing;
use ports::job_queue::Depth;
use ports::operations::AuditEntry;
use ports::order_history::Counts;
use ports::safety::Halt;
use ports::worker_registry::WorkerRow;

/// An order as clients see it, with what is known of its transaction beside its events.
pub(crate) fn order(order: &Order, standing: &Standing, tokens: &TokenList) -> OrderView {
    let mut view = OrderView::new(order, tokens);
    if let Some(finality) = &standing.finality {
        view.add_finality(order, (finality.at, finality.fill.as_ref()), tokens);
    }
    if let Some(vanished) = standing.vanished {
        view.add_vanished(vanished.at, vanished.dead_at);
    }
    if order.status() == Status::Submitted {
        if let Some(doubt) = &standing.doubt {
            view.add_doubt(doubt.since, &doubt.reason);
        }
        if let Some(word) = &standing.word {
            view.add_word(word.at, &word.reason);
        }
        if let Some(report) = &standing.landing {
            view.add_landing(report);
        }
    }
    view
}

/// The answer made of these counts and workers.
pub(crate) fn stats(
    counts: &Counts,
    workers: &[WorkerRow],
    paused: bool,
    halt: Option<&Halt>,
) -> StatsAnswer {
    StatsAnswer {
        success: true,
        paused,
        halted: halt.map(|halt| halted(halt, To::Everybody)),
        by_status: ByStatus::from(&counts.by_status),
        waiting: WaitingStats {
            price: counts
                .on_condition
                .saturating_sub(counts.on_pool)
                .saturating_sub(counts.on_volume),
            pool: counts.on_pool,
            volume: counts.on_volume,
        },
        queue: queue(counts),
        throughput: Throughput {
            last_minute: counts.ended_last_minute,
        },
        latency_ms: Latency {
            p50: counts.latency_p50_ms,
            p99: counts.latency_p99_ms,
        },
        workers: workers.iter().map(worker).collect(),
    }
}

/// Who sees a halt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    Operators,
    Everybody,
}

/// A halt, with its reason for operators alone: it may tell of the wallet.
pub(crate) fn halted(halt: &Halt, to: To) -> HaltView {
    HaltView {
        since: halt.since.to_string(),
        by: halt.actor.clone(),
        reason: (to == To::Operators).then(|| halt.reason.clone()),
    }
}

/// How many orders wait and are executed.
pub(crate) fn queue(counts: &Counts) -> QueueStats {
    QueueStats {
        waiting: counts.waiting,
        delayed: counts.delayed,
        running: counts.running,
        oldest_ms: counts.oldest_waiting_ms.unwrap_or(0),
    }
}

/// A live worker.
pub(crate) fn worker(worker: &WorkerRow) -> WorkerView {
    WorkerView {
        id: worker.id.uuid(),
        version: worker.version.clone(),
        host: worker.host.clone(),
        slots: worker.slots,
        running: worker.running,
        started_at: worker.started_at.to_string(),
        seen_at: worker.seen_at.to_string(),
    }
}

/// The queue's depth, and how many orders are in the workers' hands.
pub(crate) fn entries(depth: Depth, in_hands: u64) -> QueueEntries {
    QueueEntries {
        ready: depth.ready,
        delayed: depth.delayed,
        in_flight: in_hands,
        dead: depth.dead_entries,
    }
}

/// An operator's act.
pub(crate) fn act(entry: AuditEntry) -> AuditView {
    AuditView {
        id: entry.id,
        at: entry.at.to_string(),
        actor: entry.actor,
        action: entry.action,
        subject: entry.subject,
        detail: entry.detail,
    }
}
