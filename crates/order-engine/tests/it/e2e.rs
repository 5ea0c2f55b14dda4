//! The end-to-end suites over the all-in-one engine: a real process, a store of its own, real sockets.

use anyhow::{Result, ensure};
use cluster::e2e::suites::{self, Limit, SOL_FOR_USDC};
use cluster::e2e::{Target, client_programs, load, socket, statuses};
use cluster::engine::Engine;

async fn engine(variables: &[(&str, &str)]) -> Result<(Engine, Target)> {
    let engine = Engine::start(variables).await?;
    let target = Target::new(vec![engine.url("")]);
    Ok((engine, target))
}

#[tokio::test]
async fn client_program_a_submits_and_follows_on_one_connection() -> Result<()> {
    let (_engine, target) = engine(&[]).await?;
    client_programs::program_a(&target).await
}

#[tokio::test]
async fn client_program_b_opens_the_address_it_is_given() -> Result<()> {
    let (_engine, target) = engine(&[]).await?;
    client_programs::program_b(&target).await
}

#[tokio::test]
async fn client_program_c_follows_with_several_sockets_and_reads_the_order() -> Result<()> {
    let (_engine, target) = engine(&[]).await?;
    client_programs::program_c(&target).await
}

#[tokio::test]
async fn client_program_d_names_an_amount_and_nothing_else() -> Result<()> {
    let (_engine, target) = engine(&[]).await?;
    client_programs::program_d(&target).await
}

#[tokio::test]
async fn client_program_e_is_greeted_and_finds_both_ends_in_the_history() -> Result<()> {
    let (_engine, target) = engine(&[]).await?;
    client_programs::program_e(&target).await
}

#[tokio::test]
async fn two_hundred_orders_at_once_all_end_as_the_ledger_says() -> Result<()> {
    let (_engine, target) = engine(&[("QUEUE_MAX_CONCURRENCY", "100")]).await?;
    suites::two_hundred_at_once(&target).await
}

#[tokio::test]
async fn without_any_slippage_some_orders_fail_with_a_reason_after_three_attempts() -> Result<()> {
    let (_engine, target) = engine(&[("SIM_SEED", "7"), suites::SEVERAL_BLOCKS]).await?;
    suites::no_slippage(&target).await
}

#[tokio::test]
async fn orders_end_although_every_third_call_fails() -> Result<()> {
    let (_engine, target) = engine(&[
        ("SIM_FAILURE_RATE", "0.3"),
        ("SIM_SEED", "11"),
        suites::DIRECT,
    ])
    .await?;
    suites::failing_calls(&target).await
}

#[tokio::test]
async fn a_killed_engine_comes_back_with_every_order_and_ends_it_once() -> Result<()> {
    // Slow enough that the kill finds orders in every state.
    let (mut engine, target) = engine(&[("SIM_LATENCY_SCALE", "0.3")]).await?;
    let mut orders = Vec::new();
    for n in 0..60 {
        orders.push(target.accept(n, SOL_FOR_USDC).await?);
    }
    let first = socket::follow(&target.ws_url(0, &format!("/ws/orders/{}", orders[0]))).await?;
    ensure!(
        statuses(&first.messages).last() == Some(&"confirmed"),
        "{first:?}"
    );

    engine.kill()?;
    engine.restart().await?;

    for order_id in &orders {
        let followed = socket::follow(&target.ws_url(0, &format!("/ws/orders/{order_id}"))).await?;
        load::check_order(&target, order_id, &followed.messages).await?;
    }
    Ok(())
}

#[tokio::test]
async fn starts_never_exceed_limit_and_burst() -> Result<()> {
    let limited = [
        ("QUEUE_RATE_LIMIT_PER_MINUTE", "600"),
        ("QUEUE_RATE_LIMIT_BURST", "5"),
    ];
    let (_engine, target) = engine(&limited).await?;

    let limit = Limit {
        per_minute: 600,
        burst: 5,
    };
    suites::starts_keep_pace(&target, 80, limit).await?;
    Ok(())
}
