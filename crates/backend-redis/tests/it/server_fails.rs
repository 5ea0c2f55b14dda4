//! FAILURES.md, cases 17 and 28: Redis dead, frozen, full, read-only. Calls fail fast, and work again
//! soon after its return.

use std::time::{Duration, Instant};

use deadpool_redis::redis::cmd;
use domain::{ClientId, Seq};
use ports::job_queue::{Job, Wanted};
use ports::status_feed::{TailFrom, Tailed};
use ports::{Error, JobQueue, StatusFeed};
use servers::RedisServer;
use testkit::contract::status_feed::event;
use testkit::contract::{Given, eventually, promptly};

use crate::{feed, meddle, queue, queue_settings, server};

#[expect(clippy::disallowed_methods, reason = "the test is the stop-watch")]
fn now() -> Instant {
    Instant::now()
}

fn job(given: &Given) -> Job {
    Job {
        order_id: given.order_id(),
        client: ClientId::anyone(),
        starts_execution: true,
        has_fired: false,
    }
}

/// Fifty calls, of which one or two may find out that it is down.
async fn fifty_calls_fail_fast(server: &RedisServer, given: &Given) {
    let queue = queue(queue_settings(server)).await;
    let begun = now();
    for _ in 0..50 {
        let refused = queue.push(vec![job(given)]).await;
        assert!(
            matches!(refused, Err(Error::Unavailable { .. })),
            "{refused:?}"
        );
    }
    // If each call waited by itself, they would take minutes.
    assert!(begun.elapsed() < Duration::from_secs(15), "{begun:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_server_fails_fast_and_is_used_again_within_seconds() {
    let mut server = server();
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    let before = vec![job(&given)];
    queue.push(before).await.expect("push answers");

    server.process.kill().expect("Redis can be killed");
    assert!(queue.push(vec![job(&given)]).await.is_err());
    fifty_calls_fail_fast(&server, &given).await;
    // Waiting keeps its limit, and is no busy loop.
    let begun = now();
    queue.wait(Duration::from_millis(300)).await;
    assert!(begun.elapsed() >= Duration::from_millis(300));

    server.restart().expect("Redis comes back");
    // A server that had not written its content down may have lost it.
    let begun = now();
    let fresh = job(&given);
    eventually("the queue", async || {
        queue.push(vec![fresh.clone()]).await.ok()
    })
    .await;
    eventually("what was pushed after its return", async || {
        let popped = queue.pop(10, Wanted::Any).await.ok()?;
        if popped.jobs.contains(&fresh) {
            return Some(());
        }
        // A lost answer may have contained it.
        queue.push(vec![fresh.clone()]).await.ok()?;
        None
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_fails_fast_and_is_used_again_within_seconds() {
    let server = server();
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();

    server.process.freeze().expect("Redis can be frozen");
    let begun = now();
    assert!(queue.push(vec![job(&given)]).await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(5));
    fifty_calls_fail_fast(&server, &given).await;

    server.process.thaw().expect("Redis can be thawed");
    let begun = now();
    eventually("the queue", async || {
        queue.push(vec![job(&given)]).await.ok()
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_server_is_away_and_loses_no_entry_halfway() {
    let server =
        RedisServer::start_with(&["--maxmemory", "100mb", "--maxmemory-policy", "noeviction"])
            .expect("Redis starts");
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    let kept = job(&given);
    queue.push(vec![kept.clone()]).await.expect("push answers");
    let set_limit = |limit: &str| {
        let mut set = cmd("CONFIG");
        set.arg("SET").arg("maxmemory").arg(limit);
        set
    };
    let _: String = meddle(&server, &set_limit("1")).await;

    let refused = queue.push(vec![job(&given)]).await;
    assert!(
        matches!(refused, Err(Error::Unavailable { .. })),
        "{refused:?}"
    );
    assert!(queue.pop(10, Wanted::Any).await.is_err());

    let _: String = meddle(&server, &set_limit("0")).await;
    let popped = eventually("the queue", async || queue.pop(10, Wanted::Any).await.ok()).await;
    assert_eq!(popped.jobs, [kept]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_is_away_until_it_is_promoted() {
    let (primary, server) = (server(), server());
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    let port = primary.port().to_string();
    let replica_of = |host: &str, port: &str| {
        let mut of = cmd("REPLICAOF");
        of.arg(host).arg(port);
        of
    };
    let _: String = meddle(&server, &replica_of("127.0.0.1", &port)).await;

    let refused = queue.push(vec![job(&given)]).await;
    assert!(
        matches!(refused, Err(Error::Unavailable { .. })),
        "{refused:?}"
    );

    let _: String = meddle(&server, &replica_of("NO", "ONE")).await;
    eventually("the queue", async || {
        queue.push(vec![job(&given)]).await.ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_says_that_it_may_have_lost_and_goes_on_after_its_server_was_away() {
    // A server that syncs every second may put off writing for as long, and be killed before: the tail's place
    // would be gone, and it would go on with what comes after the second event.
    let server = RedisServer::start_with(&["--appendfsync", "always"]);
    let mut server = server.expect("Redis starts");
    let feed = feed(&server).await;
    let given = Given::new();
    let order = given.order_id();
    let event = |seq| event(order, seq);
    let tail = feed.tail(feed.shard_of(order), TailFrom::Now).await;
    let mut tail = tail.expect("tail answers");
    feed.publish(vec![event(0)]).await.expect("publish answers");
    let Ok(Tailed::Events(first)) = promptly("the first event", tail.next()).await else {
        panic!("the first event is lost");
    };
    assert_eq!(first.len(), 1);

    server.process.kill().expect("Redis can be killed");
    assert!(tail.next().await.is_err());
    server.restart().expect("Redis comes back");
    eventually("the feed", async || feed.publish(vec![event(1)]).await.ok()).await;

    let brought = promptly("its return", async {
        loop {
            if let Ok(tailed) = tail.next().await {
                return tailed;
            }
        }
    })
    .await;
    assert!(matches!(brought, Tailed::Lost), "{brought:?}");
    let Ok(Tailed::Events(second)) = promptly("the second event", tail.next()).await else {
        panic!("it goes on with what was published");
    };
    assert_eq!(second[0].1.event.seq, Seq::new(1));
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_used_once_it_is() {
    let mut server = server();
    server.stop();
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    assert!(queue.push(vec![job(&given)]).await.is_err());

    server.restart().expect("Redis starts");

    eventually("the queue", async || {
        queue.push(vec![job(&given)]).await.ok()
    })
    .await;
}
