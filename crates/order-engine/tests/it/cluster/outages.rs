//! A cluster without Redis, and without PostgreSQL: down or frozen.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, load, socket};
use cluster::http::http;
use cluster::{Member, Scratch, Size};
use futures_util::future::try_join_all;
use serde_json::Value;

use super::cluster;
use super::members::{follow_all, until};

/// The issue's: from the moment Redis is back.
const FULL_SPEED_WITHIN: Duration = Duration::from_secs(5);
/// Orders by which a speed is measured.
const SAMPLE: usize = 5;
/// From one end to the other without a word: twice what a commit may take, on a busy machine.
const ANSWER_LIMIT: Duration = Duration::from_secs(12);
const HEALS_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy)]
enum Outage {
    Killed,
    Frozen,
}

impl Outage {
    fn begin(self, member: &Member) {
        match self {
            Self::Killed => member.kill(),
            Self::Frozen => member.freeze(),
        }
    }

    async fn end(self, cluster: &mut Scratch, member: &Member) -> Result<()> {
        match self {
            Self::Killed => cluster.scale(Size::default()).await,
            Self::Frozen => {
                member.thaw();
                Ok(())
            }
        }
    }
}

/// From handing in to the end, as a client sees it on another gateway.
async fn one_order(target: &Target, n: usize) -> Result<Duration> {
    let began = now();
    let order_id = target.accept(n, SOL_FOR_USDC).await?;
    let url = target.ws_url(n + 1, &format!("/ws/orders/{order_id}"));
    let followed = socket::follow(&url).await?;
    let took = began.elapsed();
    load::check_order(target, &order_id, &followed.messages).await?;
    Ok(took)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test measures real processes"
)]
fn now() -> Instant {
    Instant::now()
}

async fn slowest_of_a_sample(target: &Target) -> Result<Duration> {
    let mut slowest = Duration::ZERO;
    for n in 0..SAMPLE {
        slowest = slowest.max(one_order(target, n).await?);
    }
    Ok(slowest)
}

async fn check_without_redis(outage: Outage) -> Result<()> {
    let mut cluster = cluster(&[]).await?;
    let target = cluster.target();
    // The first orders of a process pay for its connections.
    slowest_of_a_sample(&target).await?;
    let usual = slowest_of_a_sample(&target).await?;
    let redis = cluster.state().redis.clone().context("Redis is up")?;

    outage.begin(&redis);
    let target = &target;
    let without = try_join_all((0..20).map(|n| one_order(target, n))).await?;
    outage.end(&mut cluster, &redis).await?;

    let slowest = *without.iter().max().context("some orders")?;
    // Without Redis an order takes many times as long as with it.
    let back = quick_again(target, (usual * 2).max(slowest / 4)).await?;
    eprintln!(
        "{outage:?}: usually {usual:?}, up to {slowest:?} without Redis, quick {back:?} after"
    );
    ensure!(back <= FULL_SPEED_WITHIN, "it took {back:?}");
    Ok(())
}

/// How long it takes from now until orders are quick and stay so, which shows a client that queue
/// and feed are in use again.
async fn quick_again(target: &Target, limit: Duration) -> Result<Duration> {
    let began = now();
    let mut slow_until = Duration::ZERO;
    let mut quick = 0;
    while quick < SAMPLE {
        ensure!(began.elapsed() < HEALS_WITHIN, "orders stay slow");
        if one_order(target, quick).await? <= limit {
            quick += 1;
        } else {
            quick = 0;
            slow_until = began.elapsed();
        }
    }
    Ok(slow_until)
}

#[tokio::test]
async fn orders_end_without_redis_and_are_as_quick_as_before_soon_after_its_return() -> Result<()> {
    check_without_redis(Outage::Killed).await
}

#[tokio::test]
async fn orders_end_beside_a_frozen_redis_and_are_as_quick_as_before_soon_after() -> Result<()> {
    check_without_redis(Outage::Frozen).await
}

/// Every gateway refuses within bounds and says when to come back.
async fn check_refuses(target: &Target, gateways: usize) -> Result<()> {
    for n in 0..gateways {
        let answer = http()
            .post(target.url(n, "/api/orders/execute"))
            .header("content-type", "application/json")
            .timeout(ANSWER_LIMIT)
            .body(SOL_FOR_USDC)
            .send();
        let answer = answer.await.context("no answer while the store is away")?;
        let (status, retry) = (
            answer.status(),
            answer.headers().get("retry-after").cloned(),
        );
        let problem: Value = answer.json().await.context("read the problem")?;
        ensure!(
            status == 503 && retry.is_some(),
            "{status} {retry:?}: {problem}"
        );
        let ready = http().get(target.url(n, "/ready")).send().await?.status();
        ensure!(ready == 503, "/ready says {ready}");
    }
    Ok(())
}

/// Whether this gateway reads and writes again.
async fn is_healed(target: &Target, n: usize) -> Result<bool> {
    let ready = http().get(target.url(n, "/ready")).send().await?.status();
    Ok(ready == 200 && target.post_order(n, SOL_FOR_USDC).await?.0 == 201)
}

/// Whatever reached the chain was stored before.
async fn check_ledger_is_known(cluster: &Scratch) -> Result<()> {
    let known = cluster.ask_postgres("select signature from order_attempts")?;
    let known: HashSet<&str> = known.lines().collect();
    let ledger = cluster.target().get(0, "/api/sim/ledger?limit=200").await?;
    for entry in ledger["entries"].as_array().context("entries")? {
        let signature = entry["signature"].as_str().context("a signature")?;
        ensure!(known.contains(signature), "nobody has stored {entry}");
    }
    Ok(())
}

async fn check_without_postgres(outage: Outage) -> Result<()> {
    // Slow enough that it finds orders in every state.
    let short = [
        ("SIM_LATENCY_SCALE", "0.2"),
        ("LEASE_MS", "2000"),
        ("HEARTBEAT_MS", "400"),
        ("SWEEP_MS", "300"),
    ];
    let mut cluster = cluster(&short).await?;
    let target = cluster.target();
    let programs = pids(&cluster);
    let mut orders = Vec::new();
    for n in 0..40 {
        orders.push(target.accept(n, SOL_FOR_USDC).await?);
    }
    let postgres = cluster
        .state()
        .postgres
        .clone()
        .context("PostgreSQL is up")?;

    outage.begin(&postgres);
    check_refuses(&target, 2).await?;
    outage.end(&mut cluster, &postgres).await?;

    for n in 0..2 {
        until(HEALS_WITHIN, || is_healed(&target, n))
            .await
            .with_context(|| format!("gateway {n} accepts no order any more"))?;
    }
    follow_all(&target, &orders).await?;
    check_ledger_is_known(&cluster).await?;
    ensure!(pids(&cluster) == programs, "a process was needed anew");
    Ok(())
}

fn pids(cluster: &Scratch) -> Vec<u32> {
    let state = cluster.state();
    let programs = state.gateways.iter().chain(&state.workers);
    programs.map(|member| member.pid).collect()
}

#[tokio::test]
async fn without_postgresql_nothing_unstored_is_sent_and_all_heals_by_itself() -> Result<()> {
    check_without_postgres(Outage::Killed).await
}

#[tokio::test]
async fn beside_a_frozen_postgresql_nothing_unstored_is_sent_and_all_heals_by_itself() -> Result<()>
{
    check_without_postgres(Outage::Frozen).await
}
