//! What only the in-process queue has: bounded windows, waking the sweeper, delayed entries.

use std::sync::Arc;
use std::time::Duration;

use backend_embedded::InProcessQueue;
use backend_embedded::queue::Limits;
use domain::ClientId;
use ports::JobQueue;
use ports::job_queue::{Job, Wanted};
use testkit::ManualClock;
use testkit::contract::{Given, promptly};
use tokio::task::JoinSet;

const FAR: Duration = Duration::from_secs(3_600);

fn queue(window: usize) -> (Arc<InProcessQueue>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let limits = Limits {
        window,
        ..Limits::default()
    };
    let queue = InProcessQueue::new(limits, Arc::clone(&clock) as _);
    (Arc::new(queue), clock)
}

fn jobs(given: &Given, count: usize) -> Vec<Job> {
    let job = || Job {
        order_id: given.order_id(),
        client: ClientId::anyone(),
        starts_execution: true,
        has_fired: false,
    };
    std::iter::repeat_with(job).take(count).collect()
}

#[tokio::test]
async fn what_does_not_fit_is_asked_for_once_there_is_room() {
    let (queue, _) = queue(10);
    let given = Given::new();
    let backlog = jobs(&given, 15);
    assert_eq!(queue.push(backlog.clone()).await.unwrap(), 10);
    let hungry = queue.wait_hungry();
    tokio::pin!(hungry);

    let first = queue.pop(5, Wanted::Any).await.unwrap();
    let asked_early = is_ready(hungry.as_mut()).await;
    let second = queue.pop(1, Wanted::Any).await.unwrap();

    assert!(!asked_early, "half full is not hungry");
    promptly("the queue to be hungry", hungry).await;
    assert_eq!(queue.push(backlog[6..].to_vec()).await.unwrap(), 5);
    let rest = queue.pop(100, Wanted::Any).await.unwrap();
    let served = [first, second, rest]
        .into_iter()
        .flat_map(|popped| popped.jobs);
    let served: Vec<_> = served.collect();
    assert_eq!(served, backlog);
}

/// Whether a future is ready now.
async fn is_ready(future: impl Future<Output = ()>) -> bool {
    tokio::select! {
        biased;
        () = future => true,
        () = std::future::ready(()) => false,
    }
}

#[tokio::test]
async fn a_younger_order_does_not_overtake_one_that_found_no_room() {
    let (queue, _) = queue(4);
    let given = Given::new();
    let backlog = jobs(&given, 5);
    queue.push(backlog.clone()).await.unwrap();
    let first = queue.pop(1, Wanted::Any).await.unwrap();
    assert_eq!(first.jobs.len(), 1);

    let younger = jobs(&given, 1);

    assert_eq!(queue.push(younger).await.unwrap(), 0);
    assert_eq!(queue.push(vec![backlog[4].clone()]).await.unwrap(), 1);
}

#[tokio::test]
async fn a_wait_ends_when_a_delayed_entry_is_due() {
    let (queue, clock) = queue(10);
    let given = Given::new();
    let job = jobs(&given, 1).remove(0);
    queue
        .push_delayed(job, Duration::from_secs(5))
        .await
        .unwrap();
    let waiter = Arc::clone(&queue);
    let mut waiting = JoinSet::new();
    waiting.spawn(async move { waiter.wait(FAR).await });
    clock.advance(Duration::from_secs(4));
    tokio::task::yield_now().await;
    assert!(waiting.try_join_next().is_none());

    clock.advance(Duration::from_secs(1));

    promptly("the wait for a delayed entry", waiting.join_all()).await;
    let popped = queue.pop(1, Wanted::Any).await.unwrap();
    assert_eq!(popped.jobs.len(), 1);
}

#[tokio::test]
async fn a_worker_without_a_token_does_not_go_round_in_circles() {
    let (queue, _) = queue(10);
    let given = Given::new();
    queue.push(jobs(&given, 1)).await.unwrap();
    let resumes = queue.pop(1, Wanted::Resumes).await.unwrap();
    assert!(resumes.jobs.is_empty());

    let woken = is_ready(queue.wait(FAR)).await;

    assert!(!woken, "what it cannot take woke it");
    let mut resume = jobs(&given, 1);
    resume[0].starts_execution = false;
    let waiter = Arc::clone(&queue);
    let mut waiting = JoinSet::new();
    waiting.spawn(async move { waiter.wait(FAR).await });
    queue.push(resume).await.unwrap();
    promptly("the wake-up for a resume", waiting.join_all()).await;
}
