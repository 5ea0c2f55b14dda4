//! Gateways and workers as separate processes, over Redis, PostgreSQL and a simulated Solana cluster: the
//! suites of the single process, and what only several processes can promise.

mod account_stream;
mod accounts;
mod backup;
mod crowd;
mod handing_over;
mod kill_matrix;
mod limits;
mod members;
mod mixed;
mod outages;
mod redis_cluster;

use anyhow::Result;
use cluster::e2e::suites::{self, Limit};
use cluster::{Scratch, Size};

/// Two gateways and three workers.
async fn cluster(variables: &[(&str, &str)]) -> Result<Scratch> {
    Scratch::start(Size::default(), variables).await
}

#[tokio::test]
async fn client_programs_and_two_hundred_orders_at_once_find_no_difference() -> Result<()> {
    let cluster = cluster(&[]).await?;

    suites::every_client_program(&cluster.target()).await?;
    suites::two_hundred_at_once(&cluster.target()).await
}

#[tokio::test]
async fn without_any_slippage_some_orders_fail_with_a_reason_here_as_well() -> Result<()> {
    let cluster = cluster(&[("SIM_SEED", "7"), suites::SEVERAL_BLOCKS]).await?;

    suites::no_slippage(&cluster.target()).await
}

#[tokio::test]
async fn orders_end_although_every_third_call_to_the_shared_chain_fails() -> Result<()> {
    let cluster = cluster(&[
        ("SIM_FAILURE_RATE", "0.3"),
        ("SIM_SEED", "11"),
        suites::DIRECT,
    ])
    .await?;

    suites::failing_calls(&cluster.target()).await
}

#[tokio::test]
async fn a_limit_over_the_queue_holds_for_all_workers_together() -> Result<()> {
    let cluster = cluster(&[
        ("QUEUE_RATE_LIMIT_SCOPE", "queue"),
        ("QUEUE_RATE_LIMIT_PER_MINUTE", "600"),
        ("QUEUE_RATE_LIMIT_BURST", "5"),
    ])
    .await?;

    let limit = Limit {
        per_minute: 600,
        burst: 5,
    };
    suites::starts_keep_pace(&cluster.target(), 120, limit).await?;
    Ok(())
}

#[tokio::test]
async fn a_limit_of_each_worker_grows_with_their_number() -> Result<()> {
    let cluster = cluster(&[
        ("QUEUE_RATE_LIMIT_SCOPE", "worker"),
        ("QUEUE_RATE_LIMIT_PER_MINUTE", "300"),
        ("QUEUE_RATE_LIMIT_BURST", "3"),
    ])
    .await?;

    let all = Limit {
        per_minute: 3 * 300,
        burst: 3 * 3,
    };
    let starts = suites::starts_keep_pace(&cluster.target(), 120, all).await?;

    // One worker alone needs over twenty-three seconds for so many.
    let took_ms = starts.last().unwrap_or(&0) - starts.first().unwrap_or(&0);
    anyhow::ensure!(took_ms < 20_000, "120 starts took {took_ms} ms");
    Ok(())
}
