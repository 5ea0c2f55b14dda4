//! FAILURES.md, case 17c: a master of a Redis Cluster dies or stands still and its replica takes its place, with
//! everything or without the latest; or a part of what it has moves to another master.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::OrderId;
use ports::job_queue::{Job, Wanted};
use ports::status_feed::{Position, Published, TailFrom, Tailed};
use ports::{Announcer, JobQueue, Shutdown, StatusFeed};
use servers::RedisCluster;
use testkit::contract::status_feed::event;
use testkit::contract::{Given, eventually, promptly};

use crate::publishers::is_told;
use crate::redis_cluster::{jobs, one_of_each_shard, settings_at};
use crate::{feed_at, queue};

/// A stream of the feed, and a list of the queue on another master.
const STREAM: &str = "order-engine:{f0}:events";
const LIST: &str = "order-engine:{jobs0}:epoch";

fn cluster() -> RedisCluster {
    RedisCluster::start().expect("a Redis Cluster starts")
}

fn fail_over(cluster: &mut RedisCluster, key: &str) {
    let before = cluster.kill_holder(key).expect("a master can be killed");
    let after = cluster.wait_for_holder(key).expect("it is replaced");
    assert_ne!(before, after);
}

/// A replica takes the master's place without what is done meanwhile.
async fn fail_over_without(cluster: &mut RedisCluster, key: &str, lost: impl Future<Output = ()>) {
    let holder = cluster.holder(key).expect("the key has a master");
    let replica = cluster.partner(holder);
    replica.process.freeze().expect("a replica can be frozen");
    // What it was sent before this it reads once it goes on, and nothing after.
    let cut = cluster.ask(key, &["CLIENT", "KILL", "TYPE", "replica"]);
    assert_eq!(cut.expect("Redis answers"), "1");
    lost.await;
    cluster.kill_holder(key).expect("a master can be killed");
    let replica = cluster.partner(holder);
    replica.process.thaw().expect("a replica can be thawed");
    cluster.wait_for_holder(key).expect("it is replaced");
}

/// Pops as workers do and brings again what is missing as the sweeper does, until everything was handed out.
async fn hand_all_out(queue: &dyn JobQueue, all: &[Job]) {
    let wanted: HashSet<OrderId> = all.iter().map(|job| job.order_id).collect();
    let seen = tokio::sync::Mutex::new(HashSet::new());
    eventually("all entries", async || {
        let mut seen = seen.lock().await;
        let open = all.iter().filter(|job| !seen.contains(&job.order_id));
        let open: Vec<Job> = open.cloned().collect();
        queue.refill(open, Duration::from_millis(1)).await.ok()?;
        while let Ok(popped) = queue.pop(50, Wanted::Any).await
            && !popped.jobs.is_empty()
        {
            seen.extend(popped.jobs.into_iter().map(|job| job.order_id));
        }
        wanted.is_subset(&seen).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "waits for an election; scripts/test --full runs it"]
async fn a_queue_goes_on_with_every_entry_once_a_replica_has_taken_its_masters_place() {
    let mut cluster = cluster();
    let queue = queue(settings_at(&cluster.url())).await;
    let all = jobs(&Given::new(), 200);
    queue.push(all.clone()).await.expect("push answers");

    fail_over(&mut cluster, LIST);
    eventually("the queue", async || queue.depth().await.ok()).await;

    hand_all_out(&*queue, &all).await;
    // Its bell rings as well, wherever it is now.
    for job in jobs(&Given::new(), 8) {
        let waiting = queue.wait(Duration::from_secs(60));
        let pushing = async { queue.push(vec![job]).await.expect("push answers") };
        promptly("the bell", async { tokio::join!(waiting, pushing) }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "waits for an election; scripts/test --full runs it"]
async fn a_queue_goes_on_while_the_master_that_was_replaced_stands_still() {
    let cluster = cluster();
    let queue = queue(settings_at(&cluster.url())).await;
    let all = jobs(&Given::new(), 200);
    queue.push(all.clone()).await.expect("push answers");
    let frozen = cluster.holder(LIST).expect("the key has a master");

    cluster.nodes()[frozen]
        .process
        .freeze()
        .expect("a master can be frozen");
    eventually("its replica", async || {
        let answer = cluster.partner(frozen).ask(&["EXISTS", LIST]);
        answer.is_ok_and(|said| said == "1").then_some(())
    })
    .await;
    eventually("the queue", async || queue.depth().await.ok()).await;

    hand_all_out(&*queue, &all).await;
    cluster.nodes()[frozen]
        .process
        .thaw()
        .expect("a master can be thawed");
}

/// No script runs where a part of its keys is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "repeats over a cluster that moves a slot; scripts/test --full runs it"]
async fn a_queue_whose_slot_is_moved_is_away_until_all_of_it_has_arrived() {
    let cluster = cluster();
    let queue = queue(settings_at(&cluster.url())).await;
    let given = Given::new();
    // Some of them in each shard.
    let (early, late) = (jobs(&given, 50), jobs(&given, 50));
    queue.push(early.clone()).await.expect("push answers");

    let moved = cluster.begin_move(LIST).expect("a slot can be moved");
    let refused = queue.push(late.clone()).await;
    assert!(
        matches!(refused, Err(ports::Error::Unavailable { .. })),
        "{refused:?}"
    );
    // MIGRATE refuses to write over what a script had put there.
    cluster.end_move(&moved).expect("its keys can be moved");

    let depth = eventually("the queue", async || queue.depth().await.ok()).await;
    // The push had got as far as the shard that is moved, if it did not begin with it.
    assert!(depth.ready >= 50, "{depth:?}");
    hand_all_out(&*queue, &[early, late].concat()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "waits for an election; scripts/test --full runs it"]
async fn a_replica_that_lacks_the_latest_entries_calls_the_sweeper() {
    let mut cluster = cluster();
    let queue = queue(settings_at(&cluster.url())).await;
    let given = Given::new();
    let (early, late) = (jobs(&given, 50), jobs(&given, 50));
    queue.push(early.clone()).await.expect("push answers");

    fail_over_without(&mut cluster, LIST, async {
        queue.push(late.clone()).await.expect("push answers");
    })
    .await;
    eventually("the queue", async || queue.depth().await.ok()).await;

    promptly("the call of the sweeper", queue.wait_hungry()).await;
    hand_all_out(&*queue, &[early, late].concat()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "waits for an election; scripts/test --full runs it"]
async fn tails_say_that_they_may_have_lost_and_go_on_at_the_replica() {
    let mut cluster = cluster();
    let feed = feed_at(&cluster.url()).await;
    let orders = one_of_each_shard(&*feed, &Given::new());
    let of_dead = orders[0];
    let tail = feed.tail(feed.shard_of(of_dead), TailFrom::Now).await;
    let mut tail = tail.expect("tail answers");
    feed.publish(vec![event(of_dead, 0)])
        .await
        .expect("publish answers");
    let first = promptly("the first event", tail.next()).await;
    assert!(matches!(first, Ok(Tailed::Events(_))), "{first:?}");
    // Else the tail's place would be gone, and it would go on with what comes after the second event.
    let replicated = cluster.wait_for_replica(STREAM);
    replicated.expect("the replica has the first event");

    fail_over(&mut cluster, STREAM);
    eventually("the feed", async || {
        let all = orders.iter().map(|order| event(*order, 1));
        feed.publish(all.collect()).await.ok()
    })
    .await;

    let told = promptly("the tail", async {
        loop {
            if let Ok(told) = tail.next().await {
                return told;
            }
        }
    })
    .await;
    assert!(matches!(told, Tailed::Lost), "{told:?}");
    let second = promptly("the second event", tail.next()).await;
    let Ok(Tailed::Events(second)) = second else {
        panic!("it goes on with what was published: {second:?}");
    };
    assert_eq!(*second[0].1, event(of_dead, 1));
}

/// The master had taken it, and nobody else knows that it is lost: whoever published it notices that the
/// connection broke, and owes a mark.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "waits for an election; scripts/test --full runs it"]
async fn what_the_replica_lacks_is_told_to_readers_who_were_away_meanwhile() {
    let mut cluster = cluster();
    let url = cluster.url();
    let feed: Arc<dyn StatusFeed> = feed_at(&url).await;
    let jobs: Arc<dyn JobQueue> = queue(settings_at(&url)).await;
    let lost = event(one_of_each_shard(&*feed, &Given::new())[0], 0);
    let shard = feed.shard_of(lost.event.order_id);
    let tail = feed.tail(shard, TailFrom::Now).await;
    let before: Position = tail.expect("tail answers").position();
    // Else it would be gone, and tell by itself.
    let replicated = cluster.wait_for_replica(STREAM);
    replicated.expect("the replica has the place");
    let shutdown = Shutdown::new();
    let announcer = Announcer::start(Arc::clone(&feed), jobs, &shutdown);

    let wanted: Published = lost.clone();
    let publishing = async {
        announcer.publish(&lost.client, &lost.event);
        let fresh: Arc<dyn StatusFeed> = feed_at(&url).await;
        eventually("the master to have it", async || {
            is_told(&fresh, &before, &lost).await.then_some(())
        })
        .await;
    };
    fail_over_without(&mut cluster, STREAM, Box::pin(publishing)).await;

    let fresh: Arc<dyn StatusFeed> = feed_at(&url).await;
    eventually("the loss", async || {
        is_told(&fresh, &before, &wanted).await.then_some(())
    })
    .await;
    drop(announcer);
    promptly("the end of the lanes", shutdown.finished()).await;
}
