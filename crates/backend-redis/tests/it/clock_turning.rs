//! The server's clock was set back: what it has written is ahead of it now. Redis has no clock of its own to
//! set, so the times that it wrote are set forth instead.

use std::collections::HashSet;
use std::time::Duration;

use deadpool_redis::redis::cmd;
use domain::ClientId;
use ports::JobQueue;
use ports::job_queue::{Job, Wanted};
use servers::RedisServer;
use testkit::contract::{Given, eventually};

use crate::{LONGEST_REST, meddle, queue, queue_settings, server};

/// Sets all times of a sorted set forth by more than any rest.
async fn set_forth(server: &RedisServer, name: &str) {
    let key = format!("order-engine:{{q0}}:{name}");
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
    let worker = given.worker_id();
    let early = queue.claim(worker, 10, Wanted::Any).await;
    assert_eq!(early.expect("claim answers").deliveries.len(), 0);

    set_forth(&server, "delayed").await;

    let claimed = queue.claim(worker, 10, Wanted::Any).await;
    let claimed = claimed.expect("claim answers").deliveries.into_iter();
    let claimed: HashSet<_> = claimed.map(|delivery| delivery.job.order_id).collect();
    assert_eq!(claimed, delayed.map(|job| job.order_id).into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_worker_held_does_not_wait_for_a_clock_that_was_set_back() {
    let server = server();
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    let held = job(&given);
    queue.push(vec![held.clone()]).await.expect("push answers");
    let (dead, alive) = (given.worker_id(), given.worker_id());
    let claimed = queue.claim(dead, 1, Wanted::Any).await;
    assert_eq!(claimed.expect("claim answers").deliveries.len(), 1);

    set_forth(&server, "beats").await;

    eventually("the entry to come back", async || {
        queue.reap().await.expect("reap answers");
        let claimed = queue.claim(alive, 1, Wanted::Any).await;
        let claimed = claimed.expect("claim answers").deliveries;
        (claimed.len() == 1).then(|| assert_eq!(claimed[0].job, held))
    })
    .await;
}
