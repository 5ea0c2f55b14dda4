//! Gateways and workers over a Redis Cluster of three masters, each of which dies once while orders come in and
//! is replaced by its replica.

use std::time::Duration;

use anyhow::{Context, Result};
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::{Between, Scratch, Size};
use futures_util::future::try_join_all;
use servers::RedisCluster;
use tokio::task::JoinSet;
use tokio::time::interval;

use super::account_stream::{Readers, all_ended};
use super::members::follow_all;

/// One key on each of the three masters: of the queue, of the feed, and of both.
const KEYS: [&str; 3] = [
    "order-engine:{jobs0}:epoch",
    "order-engine:{f0}:events",
    "order-engine:{jobs2}:epoch",
];
/// Orders that are open when a master dies.
const OPEN: usize = 40;
/// Between those that are handed in until it is replaced, and for a while after.
const PACE: Duration = Duration::from_millis(50);
const AFTER: usize = 20;

/// Two gateways and three workers over this Redis.
async fn over(redis: &RedisCluster) -> Result<Scratch> {
    let servers = Size {
        gateways: 0,
        workers: 0,
    };
    // Slow enough that a failover finds orders in every state.
    let variables = [("QUEUE_SHARDS", "4"), ("SIM_LATENCY_SCALE", "0.1")];
    let mut cluster = Scratch::start(servers, &variables).await?;
    cluster.put_between(Between {
        redis_url: Some(redis.url()),
        ..Between::default()
    })?;
    cluster.scale(Size::default()).await?;
    Ok(cluster)
}

#[tokio::test]
#[ignore = "waits for three elections under load; scripts/test --full runs it"]
async fn masters_of_a_redis_cluster_die_and_every_order_ends_once_before_everybodys_eyes()
-> Result<()> {
    let mut redis = RedisCluster::start()?;
    let cluster = over(&redis).await?;
    let target = cluster.target();
    let mut readers = Readers::open(&target).await?;

    for key in KEYS {
        let orders = try_join_all((0..OPEN).map(|n| target.accept(n, SOL_FOR_USDC))).await?;
        let mut followers = JoinSet::new();
        for order in orders {
            let target = target.clone();
            followers.spawn(async move { follow_all(&target, &[order]).await });
        }

        let died = redis.kill_holder(key)?;
        let waiting = tokio::task::spawn_blocking(move || {
            redis.wait_for_holder(key)?;
            anyhow::Ok(redis)
        });
        let mut pace = interval(PACE);
        while !waiting.is_finished() {
            pace.tick().await;
            target.accept(0, SOL_FOR_USDC).await?;
        }
        redis = waiting.await.context("nobody waits")??;
        for n in 0..AFTER {
            pace.tick().await;
            target.accept(n, SOL_FOR_USDC).await?;
        }

        let truth = all_ended(&target).await?;
        readers.learn_all(&truth).await?;
        while let Some(followed) = followers.join_next().await {
            followed.context("a follower panicked")??;
        }
        redis.revive(died)?;
    }
    let all: Vec<String> = all_ended(&target).await?.into_keys().collect();
    follow_all(&target, &all).await
}
