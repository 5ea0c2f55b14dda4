//! The limit over all workers, measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use backend_redis::{QueueSettings, StartLimit};
use domain::ClientId;
use ports::JobQueue;
use ports::job_queue::{Job, Wanted};
use testkit::contract::Given;
use tokio::task::JoinSet;

use crate::{queue, queue_settings, server};

#[expect(clippy::disallowed_methods, reason = "the test is the stop-watch")]
fn now() -> Instant {
    Instant::now()
}

/// 600 a minute are ten a second: the same limit as over a minute, but visible sooner.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_workers_share_one_limit() {
    const WINDOW: Duration = Duration::from_secs(3);
    const PER_MINUTE: u32 = 600;
    const BURST: u32 = 5;
    // Twice a window's; they take six seconds and a half.
    const STARTS: usize = 70;
    const LIMIT: Duration = Duration::from_secs(30);
    let server = server();
    let settings = QueueSettings {
        limit: Some(StartLimit {
            per_minute: PER_MINUTE,
            burst: BURST,
        }),
        ..queue_settings(&server)
    };
    let given = Given::new();
    let first = queue(settings.clone()).await;
    let jobs = (0..200)
        .map(|_| Job {
            order_id: given.order_id(),
            client: ClientId::anyone(),
            starts_execution: true,
            has_fired: false,
        })
        .collect();
    first.push(jobs).await.expect("push answers");
    let begun = now();
    let all = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..3 {
        let queue = queue(settings.clone()).await;
        let all = Arc::clone(&all);
        workers.spawn(async move {
            let mut started = Vec::new();
            while all.load(Ordering::Relaxed) < STARTS && begun.elapsed() < LIMIT {
                let asked_at = now();
                let popped = queue.pop(1, Wanted::Any).await;
                let popped = popped.expect("pop answers");
                all.fetch_add(popped.jobs.len(), Ordering::Relaxed);
                started.extend(popped.jobs.iter().map(|_| (asked_at, now())));
                if let Some(wait) = popped.limited_for {
                    tokio::time::sleep(wait).await;
                }
            }
            started
        });
    }

    // Each start lies between its two times.
    let mut started: Vec<(Instant, Instant)> =
        workers.join_all().await.into_iter().flatten().collect();
    started.sort();

    let refilled = usize::try_from(u64::from(PER_MINUTE) * WINDOW.as_secs() / 60).expect("small");
    let burst = usize::try_from(BURST).expect("small");
    for (first, _) in &started {
        let surely_within = started.iter().filter(|(asked_at, had_at)| {
            asked_at >= first && had_at.duration_since(*first) < WINDOW
        });
        assert!(surely_within.count() <= refilled + burst);
    }
    // The limit is also used, not only kept.
    assert!(started.len() >= STARTS, "only {}", started.len());
}

#[tokio::test]
async fn a_limit_over_several_shards_is_refused() {
    let server = server();
    let settings = QueueSettings {
        shards: 2,
        limit: Some(StartLimit {
            per_minute: 1,
            burst: 1,
        }),
        ..queue_settings(&server)
    };

    assert!(backend_redis::RedisQueue::connect(settings).await.is_err());
}
