//! Promise 3: what starts an execution passes the shared limiter.

use std::time::Duration;

use super::{ids, job, pop, pop_all, push, resume};
use crate::contract::{Given, QueueFixture};

/// 3: the shared limiter.
pub async fn the_shared_limiter_holds_executions_back(fixture: &impl QueueFixture) {
    let given = Given::new();
    let Some(queue) = fixture.limited(3).await else {
        return;
    };
    let jobs: Vec<_> = (0..10).map(|_| job(&given)).collect();
    push(&queue, &jobs).await;

    let started = pop_all(&queue).await;
    let more = pop(&queue, 10).await;

    assert_eq!(started.len(), 3);
    assert_eq!(ids(&more.jobs), []);
    assert!(more.limited_for.is_some_and(|wait| wait > Duration::ZERO));
    assert_eq!(queue.depth().await.expect("depth answers").ready, 7);
}

/// 3: not for resumes.
pub async fn the_shared_limiter_lets_resumes_pass(fixture: &impl QueueFixture) {
    let given = Given::new();
    let Some(queue) = fixture.limited(1).await else {
        return;
    };
    push(&queue, &[job(&given), job(&given)]).await;
    assert_eq!(pop_all(&queue).await.len(), 1);
    let resumes: Vec<_> = (0..5).map(|_| resume(&given)).collect();
    push(&queue, &resumes).await;

    let resumed = pop_all(&queue).await;

    assert_eq!(resumed.len(), resumes.len());
}

/// 3: the limiter pauses for as long as starts were late, once.
pub async fn starts_that_were_late_together_cost_their_time_once(fixture: &impl QueueFixture) {
    let given = Given::new();
    // One a minute, three at once.
    let Some(queue) = fixture.limited(3).await else {
        return;
    };
    let jobs: Vec<_> = (0..5).map(|_| job(&given)).collect();
    push(&queue, &jobs).await;
    let first = pop(&queue, 1).await.jobs;
    assert_eq!(first.len(), 1);

    for late_by in [50, 60, 55, 60] {
        let told = queue.began_late(Duration::from_secs(late_by)).await;
        told.expect("the queue answers");
    }

    assert_eq!(pop_all(&queue).await.len(), 1);
}

/// 3: a permit that was not used.
pub async fn what_did_not_start_lets_another_start(fixture: &impl QueueFixture) {
    let given = Given::new();
    // One an hour, two at once.
    let Some(queue) = fixture.limited(2).await else {
        return;
    };
    let jobs: Vec<_> = (0..5).map(|_| job(&given)).collect();
    push(&queue, &jobs).await;
    assert_eq!(pop_all(&queue).await.len(), 2);

    let at_once = Duration::ZERO;
    queue.unspent(at_once).await.expect("the queue answers");

    assert_eq!(ids(&pop_all(&queue).await), [jobs[2].order_id]);
    // There were never more than the limit.
    assert_eq!(pop_all(&queue).await, []);
}

/// 3: the limiter may be full again by then, and it cannot hold more.
pub async fn what_did_not_start_for_long_lets_nothing_start(fixture: &impl QueueFixture) {
    let given = Given::new();
    let Some(queue) = fixture.limited(2).await else {
        return;
    };
    let jobs: Vec<_> = (0..5).map(|_| job(&given)).collect();
    push(&queue, &jobs).await;
    assert_eq!(pop_all(&queue).await.len(), 2);

    let long_since = Duration::from_secs(7_200);
    queue.unspent(long_since).await.expect("the queue answers");

    assert_eq!(pop_all(&queue).await, []);
}
