//! Ten times what the engine can do: accepted orders end, the rest is refused with a time to try
//! again, and memory stays flat.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, load, socket};
use cluster::engine::Engine;
use cluster::http::http;
use cluster::{Scratch, Size};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// About ten slots in all, an order a third of a second: some thirty a second.
fn settings(slots_each: &'static str) -> [(&'static str, &'static str); 3] {
    [
        ("SIM_LATENCY_SCALE", "0.1"),
        ("QUEUE_MAX_CONCURRENCY", slots_each),
        ("QUEUE_MAX_WAITING", "100"),
    ]
}
const PER_SECOND: u32 = 300;
/// A busy client of a busy machine.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// What the allocator keeps of a burst, and a thousand ended orders in the store's cache.
const GROWTH_MAX: u64 = 48 << 20;

/// The status, and the id of an order that was accepted.
async fn hand_in(url: String) -> Result<(u16, Option<String>)> {
    let request = http()
        .post(url)
        .header("content-type", "application/json")
        .timeout(ANSWER_LIMIT)
        .body(SOL_FOR_USDC);
    let answer = request.send().await.context("no answer")?;
    let status = answer.status().as_u16();
    let retry = answer.headers().get("retry-after").cloned();
    let body: Value = answer.json().await.context("read the answer")?;
    if status == 201 {
        return Ok((status, body["orderId"].as_str().map(str::to_owned)));
    }
    let seconds: Option<u32> = retry.and_then(|value| value.to_str().ok()?.parse().ok());
    ensure!(
        matches!(status, 429 | 503) && seconds.is_some_and(|seconds| seconds > 0),
        "{status}, Retry-After {seconds:?}: {body}"
    );
    Ok((status, None))
}

/// Resident memory, in bytes, of the processes that accept orders.
fn resident_in_all(pids: &[u32]) -> Result<u64> {
    pids.iter().map(|pid| resident(*pid)).sum()
}

fn resident(pid: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).context("ask for memory")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next());
    let kilobytes: u64 = kilobytes.context("memory")?.parse().context("memory")?;
    Ok(kilobytes * 1024)
}

async fn check_one_process(length: Duration) -> Result<()> {
    let mut engine = Engine::start(&settings("10")).await?;
    let target = Target::new(vec![engine.url("")]);
    check_overload(length, &target, &[engine.program().pid()]).await
}

async fn check_cluster(length: Duration) -> Result<()> {
    let cluster = Scratch::start(Size::default(), &settings("3")).await?;
    let gateways = &cluster.state().gateways;
    let pids: Vec<u32> = gateways.iter().map(|gateway| gateway.pid).collect();
    check_overload(length, &cluster.target(), &pids).await
}

async fn check_overload(length: Duration, target: &Target, pids: &[u32]) -> Result<()> {
    let mut answers = JoinSet::new();
    let mut tick = interval(Duration::from_secs(1) / PER_SECOND);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let began = Instant::now();
    let mut early = None;
    while began.elapsed() < length {
        tick.tick().await;
        answers.spawn(hand_in(target.url(answers.len(), "/api/orders/execute")));
        if early.is_none() && began.elapsed() > length / 4 {
            early = Some(resident_in_all(pids)?);
        }
    }
    sleep_until(began + length).await;
    let (early, late) = (early.context("it was too short")?, resident_in_all(pids)?);

    let mut accepted = Vec::new();
    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    while let Some(answer) = answers.join_next().await {
        let (status, order_id) = answer??;
        *counts.entry(status).or_default() += 1;
        accepted.extend(order_id);
    }
    for order_id in &accepted {
        let followed = socket::follow(&target.ws_url(0, &format!("/ws/orders/{order_id}"))).await?;
        load::check_order(target, order_id, &followed.messages).await?;
    }
    eprintln!(
        "{counts:?} in {length:?}, all ended after {:?}; {} MiB after a quarter, {} MiB at the end",
        began.elapsed(),
        early >> 20,
        late >> 20
    );
    ensure!(accepted.len() > 100, "{counts:?}");
    ensure!(
        counts
            .iter()
            .any(|(status, count)| *status != 201 && *count > 100),
        "it was not too much: {counts:?}"
    );
    ensure!(late.saturating_sub(early) < GROWTH_MAX, "memory grew");
    check_no_trace_of_the_refused(target, accepted.len()).await
}

async fn check_no_trace_of_the_refused(target: &Target, accepted: usize) -> Result<()> {
    let stored = target.pages("/api/orders", "orders").await?.len();
    ensure!(
        stored == accepted,
        "{stored} are stored, {accepted} accepted"
    );
    Ok(())
}

#[tokio::test]
async fn ten_times_too_many_orders_are_refused_in_time_and_the_accepted_end() -> Result<()> {
    check_one_process(Duration::from_secs(6)).await
}

#[tokio::test]
async fn ten_times_too_many_orders_for_a_cluster_are_refused_in_time_and_the_accepted_end()
-> Result<()> {
    check_cluster(Duration::from_secs(6)).await
}

#[tokio::test]
#[ignore = "takes a minute and more; scripts/test --full runs it"]
async fn ten_times_too_many_orders_for_a_minute_leave_memory_flat() -> Result<()> {
    check_one_process(Duration::from_secs(60)).await
}

#[tokio::test]
#[ignore = "takes a minute and more; scripts/test --full runs it"]
async fn ten_times_too_many_orders_for_a_cluster_leave_memory_flat_for_a_minute() -> Result<()> {
    check_cluster(Duration::from_secs(60)).await
}
