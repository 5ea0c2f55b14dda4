//! FAILURES.md, cases 3 and 10: the content of Redis may be lost, old or garbage at any time.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use backend_redis::RedisQueue;
use deadpool_redis::redis::{Cmd, cmd};
use domain::{ClientId, OrderId};
use ports::job_queue::{Job, Wanted};
use ports::status_feed::{TailFrom, Tailed};
use ports::{JobQueue, Random, StatusFeed};
use testkit::contract::status_feed::event;
use testkit::contract::{Given, eventually, promptly, version_1};

use crate::{feed, meddle, queue, queue_settings, server};

fn jobs(given: &Given, count: usize) -> Vec<Job> {
    (0..count)
        .map(|_| Job {
            order_id: given.order_id(),
            client: ClientId::anyone(),
            starts_execution: true,
            has_fired: false,
        })
        .collect()
}

async fn pop_all(queue: &Arc<RedisQueue>) -> HashSet<OrderId> {
    let mut ids = HashSet::new();
    loop {
        let popped = queue.pop(50, Wanted::Any).await;
        let jobs = popped.expect("pop answers").jobs;
        if jobs.is_empty() {
            return ids;
        }
        ids.extend(jobs.into_iter().map(|job| job.order_id));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_queue_calls_the_sweeper_and_is_filled_again() {
    let server = server();
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    let lost = jobs(&given, 30);
    queue.push(lost.clone()).await.expect("push answers");

    let _: String = meddle(&server, &cmd("FLUSHALL")).await;
    queue.depth().await.expect("depth answers");

    promptly("the call of the sweeper", queue.wait_hungry()).await;
    assert_eq!(queue.push(lost).await.expect("push answers"), 30);
    assert_eq!(pop_all(&queue).await.len(), 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolled_back_queue_refuses_nothing_that_the_sweeper_brings() {
    let mut server = server();
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    let early = jobs(&given, 20);
    queue.push(early.clone()).await.expect("push answers");
    // Waiting when the copy is made, and handed out afterwards.
    let copy = server.snapshot().expect("Redis can be copied");
    eventually("Redis to be back", async || queue.depth().await.ok()).await;
    let popped = queue.pop(10, Wanted::Any).await;
    assert_eq!(popped.expect("pop answers").jobs, early[..10]);
    let late = jobs(&given, 50);
    queue.push(late.clone()).await.expect("push answers");

    server.roll_back(&copy).expect("Redis can be rolled back");
    eventually("Redis to be back", async || queue.depth().await.ok()).await;

    promptly("the call of the sweeper", queue.wait_hungry()).await;
    let open: Vec<Job> = early.iter().skip(10).chain(&late).cloned().collect();
    let pushed = queue.push(open.clone()).await.expect("push answers");
    assert_eq!(pushed, open.len());
    let expected: HashSet<OrderId> = open.iter().map(|job| job.order_id).collect();
    assert_eq!(pop_all(&queue).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_lost_single_keys_starts_over() {
    for name in ["ring", "ready:anyone", "popped", "known", "delayed"] {
        let server = server();
        let queue = queue(queue_settings(&server)).await;
        let given = Given::new();
        let all = jobs(&given, 20);
        queue.push(all.clone()).await.expect("push answers");
        let popped = queue.pop(5, Wanted::Any).await;
        drop(popped.expect("pop answers"));
        let delayed = jobs(&given, 1).remove(0);
        queue
            .push_delayed(delayed.clone(), Duration::from_secs(3_600))
            .await
            .expect("push_delayed answers");

        let mut lose = cmd("DEL");
        lose.arg(format!("order-engine:{{jobs0}}:{name}"));
        let _: i64 = meddle(&server, &lose).await;

        // What the sweeper does, until everything has been handed out.
        let wanted: HashSet<OrderId> = all.iter().map(|job| job.order_id).collect();
        let seen = tokio::sync::Mutex::new(HashSet::new());
        eventually(&format!("all entries without {name}"), async || {
            let just_now = Duration::from_millis(1);
            let refilled = queue.refill(all.clone(), just_now).await;
            refilled.expect("refill answers");
            let mut seen = seen.lock().await;
            seen.extend(pop_all(&queue).await);
            wanted.is_subset(&seen).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_in_every_list_stops_nothing() {
    let server = server();
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    let all = jobs(&given, 10);
    queue.push(all.clone()).await.expect("push answers");
    let garbage: &[u8] = b"\xff\xfe{}\0 not an id";
    for name in ["resumes", "ring", "ready:anyone", "bell"] {
        for end in ["LPUSH", "RPUSH"] {
            let mut inject = cmd(end);
            inject
                .arg(format!("order-engine:{{jobs0}}:{name}"))
                .arg(garbage);
            let _: i64 = meddle(&server, &inject).await;
        }
    }
    let mut inject = cmd("ZADD");
    inject
        .arg("order-engine:{jobs0}:delayed")
        .arg(1)
        .arg(garbage);
    let _: i64 = meddle(&server, &inject).await;

    let seen = pop_all(&queue).await;

    assert_eq!(seen, all.iter().map(|job| job.order_id).collect());
    let dead = queue.dead_entries(100).await.expect("dead_entries answer");
    assert_eq!(dead.len(), 5);
}

/// Garbage: random bytes, and ids and entries with a byte changed or cut off.
fn garbage(random: &Random, order: OrderId) -> Vec<u8> {
    let mut bytes = match random.below(4) {
        0 => Vec::new(),
        1 => order.to_string().into_bytes(),
        2 => b"sanyone".to_vec(),
        _ => b"------------------------------------".to_vec(),
    };
    let place = |limit: usize| usize::try_from(random.below(limit as u64 + 1)).expect("a place");
    match random.below(3) {
        0 => bytes.truncate(place(bytes.len())),
        1 => {
            for _ in 0..random.below(80) {
                bytes.push(random.bits().to_le_bytes()[0]);
            }
        }
        _ => bytes.insert(place(bytes.len()), random.bits().to_le_bytes()[0]),
    }
    bytes
}

/// One piece of garbage.
fn injection(random: &Random, known: OrderId) -> Cmd {
    let queue = |name: &str| format!("order-engine:{{jobs0}}:{name}");
    let junk = garbage(random, known);
    match random.below(5) {
        0 => {
            let mut set = cmd("HSET");
            set.arg(queue("known")).arg(known.to_string()).arg(junk);
            set
        }
        1 => {
            let mut set = cmd("HSET");
            set.arg(queue("known")).arg(junk.clone()).arg(junk);
            set
        }
        2 => {
            let mut add = cmd("ZADD");
            add.arg(queue("delayed")).arg(random.below(3)).arg(junk);
            add
        }
        n => {
            let mut push = cmd(if n == 3 { "LPUSH" } else { "RPUSH" });
            let lists = ["resumes", "ring", "ready:anyone", "bell"];
            let list = lists[usize::try_from(random.below(4)).expect("a list")];
            push.arg(queue(list)).arg(junk);
            push
        }
    }
}

/// Whatever Redis contains, pops answer, and every order that the sweeper brings is handed out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_bytes_in_the_queue_stop_a_pop_or_keep_an_order_from_the_sweeper() {
    let server = server();
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    for seed in 0..60 {
        let random = Random::seeded(seed);
        let all = jobs(&given, 5);
        queue.push(all.clone()).await.expect("push answers");
        for _ in 0..12 {
            let known = all[usize::try_from(random.below(5)).expect("a place")].order_id;
            let _: i64 = meddle(&server, &injection(&random, known)).await;
        }

        let mut seen = pop_all(&queue).await;
        queue.push(all.clone()).await.expect("push answers");
        seen.extend(pop_all(&queue).await);

        for job in &all {
            assert!(
                seen.contains(&job.order_id),
                "seed {seed}: an order is lost"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_takes_no_more_and_calls_the_sweeper_once_there_is_room() {
    let server = server();
    let mut settings = queue_settings(&server);
    settings.capacity = 10;
    let queue = queue(settings).await;
    let given = Given::new();

    let pushed = queue.push(jobs(&given, 15)).await.expect("push answers");
    assert_eq!(pushed, 10);
    let is_overflowing = async || queue.depth().await.expect("depth answers").is_overflowing;
    assert!(is_overflowing().await);

    let most = queue.pop(8, Wanted::Any).await;
    assert_eq!(most.expect("pop answers").jobs.len(), 8);
    let rest = queue.pop(8, Wanted::Any).await;
    assert_eq!(rest.expect("pop answers").jobs.len(), 2);
    promptly("the call of the sweeper", queue.wait_hungry()).await;
    assert!(!is_overflowing().await);
    assert_eq!(queue.push(jobs(&given, 5)).await.expect("push answers"), 5);
}

/// A reader of every event learns of one that only a newer version can read; the others arrive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_event_is_a_loss_and_hides_no_other() {
    check_loss(r#"{"type":"armed"}"#).await;
}

/// Version 1 left out what stands in the order's terms, which a feed does not have: followers read the
/// store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_version_1_that_needs_its_orders_terms_is_a_loss() {
    let published = event(Given::new().order_id(), 2);
    let mut entry = serde_json::to_value(published).expect("it is JSON");
    entry["event"]["data"] = serde_json::from_str(version_1::ROUTED).expect("it is JSON");
    check_loss(&entry.to_string()).await;
}

/// Reads a shard in which this stands between two events of an order.
async fn check_loss(entry: &str) {
    let server = server();
    let feed = feed(&server).await;
    let order = Given::new().order_id();
    let event = |seq| event(order, seq);
    let shard = feed.shard_of(order);
    let tail = feed.tail(shard, TailFrom::Now).await;
    let mut tail = tail.expect("tail answers");
    let mut add = cmd("XADD");
    add.arg(format!("order-engine:{{f{}}}:events", shard.0))
        .arg("*")
        .arg("e")
        .arg(entry);

    feed.publish(vec![event(0)]).await.expect("publish answers");
    let _: String = meddle(&server, &add).await;
    feed.publish(vec![event(1)]).await.expect("publish answers");

    assert_eq!(seqs(promptly("the first", tail.next()).await), [0]);
    let before = tail.position();
    let told = promptly("the loss", tail.next()).await;
    assert!(matches!(told, Ok(Tailed::Lost)), "{told:?}");
    let after = tail.position();
    assert_eq!(seqs(promptly("the second", tail.next()).await), [1]);
    // Only a reader that resumes at an earlier place gets `Lost` again.
    let mut back = feed
        .tail(shard, TailFrom::After(before))
        .await
        .expect("tail answers");
    let told = promptly("the loss", back.next()).await;
    assert!(matches!(told, Ok(Tailed::Lost)), "{told:?}");
    let mut back = feed
        .tail(shard, TailFrom::After(after))
        .await
        .expect("tail answers");
    assert_eq!(seqs(promptly("the second", back.next()).await), [1]);
}

fn seqs(tailed: ports::Result<Tailed>) -> Vec<u32> {
    let Ok(Tailed::Events(events)) = tailed else {
        panic!("events were to come: {tailed:?}");
    };
    let seqs = events.iter().map(|(_, told)| told.event.seq.get());
    seqs.collect()
}
