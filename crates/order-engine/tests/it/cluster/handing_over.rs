//! Each pair of which orders wait is watched by one worker. When that one dies, another takes the pair over within a lease,
//! and fires what it would have fired.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::e2e::{Target, text};
use cluster::http::http;
use cluster::{Member, Scratch, Size, counter};
use serde_json::{Value, json};

use super::members::{follow_all, until};

const LEASE: Duration = Duration::from_secs(2);
/// A sweep after the lease, and what machines stall.
const BESIDE: Duration = Duration::from_secs(3);
const HEARD_WITHIN: Duration = Duration::from_secs(20);
const PAIR: &str = "tokenIn=SOL&tokenOut=USDC";

async fn read(target: &Target, path: &str) -> Result<Value> {
    let answer = http().get(target.url(0, path)).send().await?;
    Ok(answer.error_for_status()?.json().await?)
}

/// A tenth of what each pool of the pair has of USDC is sold to it.
async fn raise_the_price(target: &Target) -> Result<()> {
    let pools = read(target, &format!("/api/pools?{PAIR}")).await?;
    for pool in pools["pools"].as_array().context("pools")? {
        let held: f64 = text(pool, "depthOut")?.parse()?;
        let body = json!({
            "pool": pool["poolAddress"], "tokenIn": "USDC", "amount": format!("{:.2}", held / 10.0),
        });
        let trading = http().post(target.url(0, "/api/sim/trade")).json(&body);
        trading.send().await?.error_for_status()?;
    }
    Ok(())
}

/// How many orders each of these watches.
async fn watched(workers: &[Member]) -> Result<Vec<u64>> {
    let mut all = Vec::new();
    for worker in workers {
        all.push(counter(worker, "waiting_orders_watched").await?);
    }
    Ok(all)
}

#[tokio::test]
async fn a_dead_workers_pair_is_watched_by_another_within_a_lease_and_fires() -> Result<()> {
    let size = Size {
        gateways: 1,
        workers: 2,
    };
    let cluster = Scratch::start(
        size,
        &[
            ("SIM_MARKET", "still"),
            ("SIM_LATENCY_SCALE", "0.1"),
            ("LEASE_MS", "2000"),
            ("HEARTBEAT_MS", "500"),
            ("SWEEP_MS", "200"),
            ("ROUTE_MAX_HOPS", "1"),
        ],
    )
    .await?;
    let target = cluster.target();
    let workers = &cluster.state().workers;
    let quotes = read(&target, &format!("/api/quotes?{PAIR}&amount=1")).await?;
    let now: f64 = text(&quotes, "expectedAmountOut")?.parse()?;
    let body = json!({
        "tokenIn": "SOL", "tokenOut": "USDC", "amount": "1",
        "orderType": "limit", "limitPrice": format!("{:.4}", now * 1.05),
    });
    let order = target.accept(0, &body.to_string()).await?;
    until(HEARD_WITHIN, || async {
        Ok(watched(workers).await?.iter().sum::<u64>() == 1)
    })
    .await
    .context("nobody watches, or two do")?;
    let of_each = watched(workers).await?;
    let place = of_each.iter().position(|count| *count == 1);
    let (dead, other) = match place.context("one of them watches")? {
        0 => (&workers[0], &workers[1]),
        _ => (&workers[1], &workers[0]),
    };

    dead.kill();

    let took = until(LEASE + BESIDE, || async {
        Ok(counter(other, "waiting_orders_watched").await? == 1)
    })
    .await
    .context("nobody took the pair over")?;
    eprintln!("taken over {took:?} after the death, with a lease of {LEASE:?}");
    let waiting = cluster.ask_postgres("select count(*) from waiting_orders")?;
    ensure!(waiting == "1", "it has not fired: {waiting}");
    raise_the_price(&target).await?;
    follow_all(&target, &[order]).await
}
