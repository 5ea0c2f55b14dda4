//! The promise about limits as documented: over windows of sixty seconds, while a store stalls in
//! between, so that starts are seen long after they were counted.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::Size;
use cluster::e2e::suites::{self, Limit, SOL_FOR_USDC};

use super::cluster;
use super::members::until;

/// More than a whole minute's starts remain when the first minute is over.
const ORDERS: usize = 240;
/// Longer than starts may be late without being counted again, shorter than a commit may take.
const STANDSTILL: Duration = Duration::from_secs(3);
const ENDS_WITHIN: Duration = Duration::from_secs(200);
/// The default, of one worker or of the queue.
const LIMIT: Limit = Limit {
    per_minute: 100,
    burst: 10,
};

/// The limit of this scope is `limit`.
async fn check_minutes_beside_a_standing_store(
    scope: &str,
    orders: usize,
    limit: Limit,
) -> Result<()> {
    let cluster = cluster(&[
        ("QUEUE_RATE_LIMIT_SCOPE", scope),
        ("QUEUE_RATE_LIMIT_PER_MINUTE", "100"),
        ("QUEUE_RATE_LIMIT_BURST", "10"),
    ])
    .await?;
    let target = cluster.target();
    let postgres = cluster
        .state()
        .postgres
        .clone()
        .context("PostgreSQL is up")?;
    for n in 0..orders {
        target.accept(n, SOL_FOR_USDC).await?;
    }
    postgres.stand_still(STANDSTILL).await;

    until(ENDS_WITHIN, || async {
        let stats = target.get(0, "/api/stats").await?;
        let of = |status: &str| stats["byStatus"][status].as_u64().unwrap_or(0);
        Ok(of("confirmed") + of("failed") == u64::try_from(orders)?)
    })
    .await?;

    let starts = suites::starts_of(&target, orders).await?;
    ensure!(starts.len() >= orders, "{} started", starts.len());
    suites::check_minutes(&starts, limit)
}

#[tokio::test]
#[ignore = "takes two and a half minutes; scripts/test --full runs it"]
async fn no_minute_sees_more_starts_than_limit_and_burst_of_the_queue() -> Result<()> {
    check_minutes_beside_a_standing_store("queue", ORDERS, LIMIT).await
}

#[tokio::test]
#[ignore = "takes two and a half minutes; scripts/test --full runs it"]
async fn no_minute_sees_more_starts_than_limit_and_burst_of_all_workers() -> Result<()> {
    let workers = Size::default().workers;
    let times = i64::try_from(workers)?;
    let all = Limit {
        per_minute: LIMIT.per_minute * times,
        burst: LIMIT.burst * times,
    };
    check_minutes_beside_a_standing_store("worker", ORDERS * workers, all).await
}
