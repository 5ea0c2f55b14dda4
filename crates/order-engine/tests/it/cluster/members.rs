//! Workers and gateways come and go.

mod command_line;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, load, socket};
use cluster::{Scratch, Size, counter};
use futures_util::future::try_join_all;
use nix::sys::signal::Signal;

use super::cluster;

const POLL: Duration = Duration::from_millis(20);
/// From the moment a worker is there. Two seconds are promised, a few hundredths usual; machines stall.
const JOINS_WITHIN: Duration = Duration::from_secs(8);
/// CONTRACT.md, promise 6.
const LEAVES_WITHIN: Duration = Duration::from_secs(25);

#[tokio::test]
async fn a_worker_added_to_a_backlog_takes_work_at_once_and_leaves_nothing_behind() -> Result<()> {
    // One worker needs twenty seconds for so many.
    let alone = Size {
        gateways: 1,
        workers: 1,
    };
    let limited = [
        ("QUEUE_RATE_LIMIT_PER_MINUTE", "600"),
        ("QUEUE_RATE_LIMIT_BURST", "2"),
        ("SIM_LATENCY_SCALE", "0.1"),
    ];
    let mut cluster = Scratch::start(alone, &limited).await?;
    let target = cluster.target();
    let orders = try_join_all((0..200).map(|n| target.accept(n, SOL_FOR_USDC))).await?;

    cluster
        .scale(Size {
            workers: 2,
            ..alone
        })
        .await?;
    let added = cluster.state().workers.last().context("a worker")?.clone();
    let took = until(JOINS_WITHIN, || async {
        Ok(counter(&added, "queue_claims_total").await? > 0)
    })
    .await
    .context("the new worker takes no work")?;
    until(JOINS_WITHIN, || async { Ok(holds_leases(&cluster)? > 1) })
        .await
        .context("the new worker holds nothing")?;
    added.signal(Signal::SIGTERM);
    let left = until(LEAVES_WITHIN, || async { Ok(!added.is_live()) })
        .await
        .context("it does not end")?;

    eprintln!("took work {took:?} after it was ready, was gone {left:?} after SIGTERM");
    check_nothing_of_the_dead(&cluster)?;
    follow_all(&target, &orders).await
}

#[tokio::test]
async fn killed_processes_come_back_with_every_order_and_end_it_once() -> Result<()> {
    // Slow enough that the kill finds orders in every state.
    let mut cluster = cluster(&[
        ("SIM_LATENCY_SCALE", "0.3"),
        ("LEASE_MS", "1500"),
        ("HEARTBEAT_MS", "400"),
        ("SWEEP_MS", "200"),
    ])
    .await?;
    let target = cluster.target();
    let mut orders = Vec::new();
    for n in 0..60 {
        orders.push(target.accept(n, SOL_FOR_USDC).await?);
    }
    socket::follow(&target.ws_url(0, &format!("/ws/orders/{}", orders[0]))).await?;

    for member in cluster
        .state()
        .gateways
        .iter()
        .chain(&cluster.state().workers)
    {
        member.kill();
    }
    cluster.scale(Size::default()).await?;

    follow_all(&cluster.target(), &orders).await
}

pub(super) async fn follow_all(target: &Target, orders: &[String]) -> Result<()> {
    let each = orders.iter().enumerate().map(|(n, order_id)| async move {
        let followed = socket::follow(&target.ws_url(n, &format!("/ws/orders/{order_id}"))).await?;
        load::check_order(target, order_id, &followed.messages).await
    });
    try_join_all(each).await?;
    Ok(())
}

/// How many workers have orders, according to the store.
fn holds_leases(cluster: &Scratch) -> Result<usize> {
    let held = "select count(distinct lease_worker) from orders where lease_worker is not null";
    cluster.ask_postgres(held)?.parse().context("read a count")
}

/// What the queue keeps: jobs, its limiter and its bell, and nothing of any worker.
const OF_THE_QUEUE: [&str; 12] = [
    "epoch", "count", "known", "resumes", "ring", "delayed", "popped", "bell", "tat", "late",
    "starved", "dead",
];

/// Only live workers have rows and leases, and no worker has entries in hand.
fn check_nothing_of_the_dead(cluster: &Scratch) -> Result<()> {
    let rows = cluster.ask_postgres("select id from workers")?;
    ensure!(rows.lines().count() == 1, "rows of workers: {rows}");
    let strangers = "select count(*) from orders where lease_worker is not null
                     and lease_worker not in (select id from workers)";
    ensure!(cluster.ask_postgres(strangers)? == "0", "leases of nobody");

    let keys = cluster.ask_redis(&["KEYS", "order-engine:{jobs0}:*"])?;
    let of_jobs = |key: &str| {
        let name = key.trim_start_matches("order-engine:{jobs0}:");
        name.starts_with("ready:") || OF_THE_QUEUE.contains(&name)
    };
    ensure!(keys.lines().all(of_jobs), "of no job: {keys}");
    Ok(())
}

/// Waits for a condition; returns how long it took.
pub(super) async fn until<F: Future<Output = Result<bool>>>(
    limit: Duration,
    condition: impl Fn() -> F,
) -> Result<Duration> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test measures real processes"
    )]
    let began = Instant::now();
    let holds = async {
        while !condition().await? {
            tokio::time::sleep(POLL).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(limit, holds)
        .await
        .context("too late")??;
    Ok(began.elapsed())
}
