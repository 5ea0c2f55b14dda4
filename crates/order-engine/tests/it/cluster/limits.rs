//! The promise about limits as it is given: over windows of sixty seconds, while a store stands still in
//! between, so that starts are seen long after they were counted.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use testkit::cluster::{Scratch, Size};
use testkit::e2e::suites::{self, Limit, SOL_FOR_USDC};

use super::cluster;
use super::members::until;

/// More than a whole minute's starts remain when the first minute is over.
const ORDERS: usize = 240;
/// Longer than starts may be late without being counted again, shorter than a commit may take.
const STANDSTILL: Duration = Duration::from_secs(3);
const ENDS_WITHIN: Duration = Duration::from_secs(200);
/// The defaults.
const PER_MINUTE: i64 = 100;
const BURST: i64 = 10;

async fn check_minutes_beside_a_standing_store(
    cluster: &Scratch,
    orders: usize,
    workers: i64,
) -> Result<()> {
    let target = cluster.target();
    let postgres = cluster
        .state()
        .postgres
        .clone()
        .context("PostgreSQL is up")?;
    for n in 0..orders {
        target.accept(n, SOL_FOR_USDC).await?;
    }
    postgres.freeze();
    stand_still().await;
    postgres.thaw();

    until(ENDS_WITHIN, || async {
        let stats = target.get(0, "/api/stats").await?;
        let of = |status: &str| stats["byStatus"][status].as_u64().unwrap_or(0);
        Ok(of("confirmed") + of("failed") == u64::try_from(orders)?)
    })
    .await?;

    let starts = suites::starts_of(&target, orders).await?;
    ensure!(starts.len() >= orders, "{} started", starts.len());
    let limit = Limit {
        per_minute: PER_MINUTE * workers,
        burst: BURST * workers,
    };
    suites::check_minutes(&starts, limit)
}

/// As long as the store is to stand still: nothing is waited for.
async fn stand_still() {
    #[expect(clippy::disallowed_methods, reason = "the test is the stop-watch")]
    let begun = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    while begun.elapsed() < STANDSTILL {
        tick.tick().await;
    }
}

#[tokio::test]
#[ignore = "takes two and a half minutes; scripts/test --full runs it"]
async fn no_minute_sees_more_starts_than_limit_and_burst_of_the_queue() -> Result<()> {
    let cluster = cluster(&[
        ("QUEUE_RATE_LIMIT_SCOPE", "queue"),
        ("QUEUE_RATE_LIMIT_PER_MINUTE", "100"),
        ("QUEUE_RATE_LIMIT_BURST", "10"),
    ])
    .await?;

    check_minutes_beside_a_standing_store(&cluster, ORDERS, 1).await
}

#[tokio::test]
#[ignore = "takes two and a half minutes; scripts/test --full runs it"]
async fn no_minute_sees_more_starts_than_limit_and_burst_of_all_workers() -> Result<()> {
    let cluster = cluster(&[
        ("QUEUE_RATE_LIMIT_SCOPE", "worker"),
        ("QUEUE_RATE_LIMIT_PER_MINUTE", "100"),
        ("QUEUE_RATE_LIMIT_BURST", "10"),
    ])
    .await?;

    let workers = Size::default().workers;
    check_minutes_beside_a_standing_store(&cluster, ORDERS * workers, i64::try_from(workers)?).await
}
