//! A Redis Cluster: queue and feed are spread over its nodes, whichever of them is named.

use std::collections::HashSet;
use std::time::Duration;

use backend_redis::QueueSettings;
use domain::{ClientId, OrderId};
use ports::job_queue::{Job, Wanted};
use ports::status_feed::{Shard, TailFrom, Tailed};
use ports::{JobQueue, StatusFeed};
use servers::{RedisCluster, tls};
use testkit::contract::status_feed::event;
use testkit::contract::{Given, promptly};

use crate::{feed_at, queue, queue_settings_at};

/// Enough for some to be on every node.
pub(crate) const QUEUE_SHARDS: u16 = 4;

pub(crate) fn jobs(given: &Given, count: usize) -> Vec<Job> {
    (0..count)
        .map(|_| Job {
            order_id: given.order_id(),
            client: ClientId::anyone(),
            starts_execution: true,
            has_fired: false,
        })
        .collect()
}

pub(crate) fn settings_at(url: &str) -> QueueSettings {
    QueueSettings {
        shards: QUEUE_SHARDS,
        ..queue_settings_at(url)
    }
}

/// An order of each of the feed's shards.
pub(crate) fn one_of_each_shard(feed: &dyn StatusFeed, given: &Given) -> Vec<OrderId> {
    let shards = (0..feed.shards()).map(Shard);
    let of_shard = |shard| {
        let mut orders = std::iter::repeat_with(|| given.order_id());
        orders.find(|order| feed.shard_of(*order) == shard)
    };
    shards.filter_map(of_shard).collect()
}

/// The masters on which one of these keys is.
fn holders(cluster: &RedisCluster, keys: impl Iterator<Item = String>) -> HashSet<usize> {
    keys.filter_map(|key| cluster.holder(&key)).collect()
}

async fn check_queue(cluster: &RedisCluster, settings: QueueSettings) {
    let queue = queue(settings).await;
    let all = jobs(&Given::new(), 100);

    // Whoever waits hears of an entry wherever it is.
    for job in &all[..8] {
        let waiting = queue.wait(Duration::from_secs(60));
        let pushing = async { queue.push(vec![job.clone()]).await.expect("push answers") };
        promptly("the bell", async { tokio::join!(waiting, pushing) }).await;
    }
    queue.push(all[8..].to_vec()).await.expect("push answers");
    assert_eq!(queue.depth().await.expect("depth answers").ready, 100);
    let mut seen = HashSet::new();
    while seen.len() < all.len() {
        let popped = queue.pop(7, Wanted::Any).await.expect("pop answers").jobs;
        assert!(!popped.is_empty());
        for job in popped {
            assert!(seen.insert(job.order_id), "handed out twice");
        }
    }

    let epochs = (0..QUEUE_SHARDS).map(|shard| format!("order-engine:{{jobs{shard}}}:epoch"));
    assert_eq!(holders(cluster, epochs).len(), 3);
}

async fn check_feed(cluster: &RedisCluster, url: &str) {
    let (feed, other) = (feed_at(url).await, feed_at(url).await);
    let orders = one_of_each_shard(&*feed, &Given::new());
    let mut tails = Vec::new();
    for order in &orders {
        let tail = other.tail(feed.shard_of(*order), TailFrom::Now).await;
        tails.push(tail.expect("tail answers"));
    }

    feed.beat().await.expect("beat answers");
    let events = orders.iter().map(|order| event(*order, 0));
    feed.publish(events.collect())
        .await
        .expect("publish answers");

    for (order, tail) in orders.iter().zip(&mut tails) {
        let told = promptly("the event", tail.next()).await;
        let Ok(Tailed::Events(told)) = told else {
            panic!("an event was to come: {told:?}");
        };
        assert_eq!(*told[0].1, event(*order, 0));
        let base = format!("order-engine:{{f{}}}", feed.shard_of(*order).0);
        let state = format!("{base}:state:{order}");
        let kept = cluster
            .ask(&state, &["GET", &state])
            .expect("Redis answers");
        assert!(kept.starts_with("0 routing "), "{kept}");
    }
    let streams = (0..feed.shards()).map(|shard| format!("order-engine:{{f{shard}}}:events"));
    assert_eq!(holders(cluster, streams).len(), 3);
    feed.retire().await.expect("retire answers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_named_node_of_a_cluster_leads_to_all_of_them() {
    let cluster = RedisCluster::start().expect("a Redis Cluster starts");

    check_queue(&cluster, settings_at(&cluster.url_of_one())).await;
    check_feed(&cluster, &cluster.url_of_one()).await;
}

/// What is named once holds for every node and every connection. Managed servers keep some things to themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "repeats over a cluster with a password; scripts/test --full runs it"]
async fn user_and_password_open_all_nodes_of_a_cluster() {
    let engine = "--user engine on >s3,cr:t@ ~* &* +@all -info -config|get";
    let others = "--user default on nopass ~* &* +@all -evalsha -blpop -xread -cluster|slots";
    let users: Vec<&str> = engine.split(' ').chain(others.split(' ')).collect();
    let cluster = RedisCluster::start_with(&users);
    let cluster = cluster.expect("a Redis Cluster starts");
    let url = cluster.url();
    let url = url.replace("redis://", "redis://engine:s3,cr%3At%40@");

    check_queue(&cluster, settings_at(&url)).await;
    check_feed(&cluster, &url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "repeats over an encrypted cluster; scripts/test --full runs it"]
async fn every_node_of_an_encrypted_cluster_is_verified() {
    let cluster = RedisCluster::start_encrypted().expect("a Redis Cluster starts");
    let url = cluster.encrypted_url().expect("it is encrypted");
    let mut settings = settings_at(&url);
    settings.server.root_certificate = Some(tls::authority());

    check_queue(&cluster, settings).await;
    let unknown = queue(settings_at(&url)).await;
    let refused = unknown.depth().await;
    assert!(refused.is_err(), "nobody vouches for the nodes");
}
