//! The server's clock was set back: the times that it has written are ahead of it now. Tests cannot
//! set Redis' clock, so they move the written times forward instead.

use std::collections::HashSet;
use std::time::Duration;

use deadpool_redis::redis::cmd;
use domain::ClientId;
use ports::JobQueue;
use ports::job_queue::{Job, Wanted};
use servers::RedisServer;
use testkit::contract::Given;

use crate::{LONGEST_REST, meddle, queue, queue_settings, server};

/// Moves all times of a sorted set forward by more than the longest delay.
async fn set_forth(server: &RedisServer, name: &str) {
    let key = format!("order-engine:{{jobs0}}:{name}");
    let mut members = cmd("ZRANGE");
    members.arg(&key).arg(0).arg(-1);
    let members: Vec<String> = meddle(server, &members).await;
    assert!(!members.is_empty(), "{name} is empty");
    let by = (LONGEST_REST + Duration::from_secs(3_600)).as_millis();
    for member in members {
        let mut forth = cmd("ZINCRBY");
        forth.arg(&key).arg(by.to_string()).arg(member);
        let _: f64 = meddle(server, &forth).await;
    }
}

fn job(given: &Given) -> Job {
    Job {
        order_id: given.order_id(),
        client: ClientId::anyone(),
        starts_execution: true,
        has_fired: false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delayed_entry_does_not_wait_for_a_clock_that_was_set_back() {
    let server = server();
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    let delayed = [job(&given), job(&given)];
    for job in delayed.clone() {
        let pushed = queue.push_delayed(job, Duration::from_secs(1_800)).await;
        pushed.expect("push_delayed answers");
    }
    let early = queue.pop(10, Wanted::Any).await;
    assert_eq!(early.expect("pop answers").jobs, []);

    set_forth(&server, "delayed").await;

    let popped = queue.pop(10, Wanted::Any).await;
    let popped = popped.expect("pop answers").jobs.into_iter();
    let popped: HashSet<_> = popped.map(|job| job.order_id).collect();
    assert_eq!(popped, delayed.map(|job| job.order_id).into());
}

/// An id handed out later than now was handed out before the clock was set back: it may be queued
/// again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refill_does_not_wait_for_a_clock_that_was_set_back() {
    let server = server();
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    let lost = job(&given);
    queue.push(vec![lost.clone()]).await.expect("push answers");
    let popped = queue.pop(1, Wanted::Any).await;
    assert_eq!(popped.expect("pop answers").jobs.len(), 1);
    let just_now = Duration::from_secs(600);
    let early = queue.refill(vec![lost.clone()], just_now).await;
    assert_eq!(early.expect("refill answers"), 0);

    set_forth(&server, "popped").await;

    let refilled = queue.refill(vec![lost], just_now).await;
    assert_eq!(refilled.expect("refill answers"), 1);
}

/// The latest that were handed out are kept, and those of a clock that was ahead would be the latest of all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_handed_out_after_the_clock_was_set_back_is_not_refilled_at_once() {
    let server = server();
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    let mut ahead = cmd("EVAL");
    ahead
        .arg("for n = 1, 20000 do redis.call('ZADD', KEYS[1], 1e14, n) end return 0")
        .arg(1)
        .arg("order-engine:{jobs0}:popped");
    let _: u8 = meddle(&server, &ahead).await;
    let since = job(&given);
    queue.push(vec![since.clone()]).await.expect("push answers");
    let popped = queue.pop(1, Wanted::Any).await;
    assert_eq!(popped.expect("pop answers").jobs.len(), 1);

    let refilled = queue.refill(vec![since], Duration::from_secs(600)).await;

    assert_eq!(refilled.expect("refill answers"), 0);
}
