//! Publishers while Redis is down: every reader that may have missed a dropped event gets `Lost`.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::cmd;
use ports::status_feed::{Position, Published, TailFrom, Tailed};
use ports::{Announcer, JobQueue, Shutdown, StatusFeed};
use testkit::contract::status_feed::event;
use testkit::contract::{Given, eventually, promptly};

use crate::{feed, meddle, queue, queue_settings, server};

/// Whether whoever comes back to this place is given the event, or is told that some are missing.
pub(crate) async fn is_told(
    feed: &Arc<dyn StatusFeed>,
    before: &Position,
    wanted: &Published,
) -> bool {
    let shard = feed.shard_of(wanted.event.order_id);
    let Ok(mut tail) = feed.tail(shard, TailFrom::After(before.clone())).await else {
        return false;
    };
    let told = async {
        loop {
            match tail.next().await {
                Ok(Tailed::Lost) => return true,
                Ok(Tailed::Events(events)) => {
                    if events.iter().any(|(_, told)| **told == *wanted) {
                        return true;
                    }
                }
                Err(_) => return false,
            }
        }
    };
    let told = tokio::time::timeout(Duration::from_millis(500), told).await;
    told.unwrap_or(false)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_publisher_drops_while_the_server_is_away_is_told_in_every_shard() {
    let server = server();
    let feed: Arc<dyn StatusFeed> = feed(&server).await;
    let queue: Arc<dyn JobQueue> = queue(queue_settings(&server)).await;
    let given = Given::new();
    let mut of_shards = Vec::new();
    while of_shards.len() < usize::from(feed.shards()) {
        let order = given.order_id();
        if usize::from(feed.shard_of(order).0) == of_shards.len() {
            let tail = feed.tail(feed.shard_of(order), TailFrom::Now).await;
            of_shards.push((order, tail.expect("tail answers").position()));
        }
    }
    let shutdown = Shutdown::new();
    let announcer = Announcer::start(Arc::clone(&feed), queue, &shutdown);

    server.process.freeze().expect("Redis can be frozen");
    let dropped: Vec<Published> = of_shards
        .iter()
        .map(|(order, _)| event(*order, 0))
        .collect();
    for one in &dropped {
        announcer.publish(&one.client, &one.event);
    }
    // By then the earlier ones were declared dead as well.
    let (other, _) = of_shards[0];
    let refused = feed.publish(vec![event(other, 9)]).await;
    assert!(refused.is_err(), "{refused:?}");
    server.process.thaw().expect("Redis can be thawed");

    // Like a publisher that was never cut off: its tails have seen no error.
    let fresh: Arc<dyn StatusFeed> = crate::feed(&server).await;
    for ((_, before), wanted) in of_shards.iter().zip(&dropped) {
        eventually("the event, or a loss", async || {
            is_told(&fresh, before, wanted).await.then_some(())
        })
        .await;
    }
    drop(announcer);
    promptly("the end of the lanes", shutdown.finished()).await;
}

#[tokio::test]
async fn a_publisher_that_ends_in_good_order_is_not_taken_to_have_died() {
    let server = server();
    let feed: Arc<dyn StatusFeed> = feed(&server).await;
    let queue: Arc<dyn JobQueue> = queue(queue_settings(&server)).await;
    let shutdown = Shutdown::new();
    let announcer = Announcer::start(Arc::clone(&feed), queue, &shutdown);
    let mut present = cmd("ZCARD");
    present.arg("order-engine:{f0}:publishers");
    eventually("the first beat", async || {
        (meddle::<i64>(&server, &present).await == 1).then_some(())
    })
    .await;

    drop(announcer);
    promptly("the end of the lanes", shutdown.finished()).await;

    assert_eq!(meddle::<i64>(&server, &present).await, 0);
}
