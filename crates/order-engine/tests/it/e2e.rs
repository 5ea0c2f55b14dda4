//! The end-to-end suites over the all-in-one engine: a real process, a store of its own, real sockets.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testkit::e2e::{Target, client_programs, load, socket, statuses, text};
use testkit::engine::Engine;

const SOL_FOR_USDC: &str = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.25"}"#;

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

    let outcome = load::run(&target, 200, SOL_FOR_USDC).await?;

    ensure!(outcome.confirmed + outcome.failed == 200, "{outcome:?}");
    ensure!(outcome.confirmed >= 190, "{outcome:?}");
    Ok(())
}

#[tokio::test]
async fn without_any_slippage_some_orders_fail_with_a_reason_after_three_attempts() -> Result<()> {
    let (_engine, target) = engine(&[("SIM_SEED", "7")]).await?;
    let body = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1","slippageBps":0}"#;

    let outcome = load::run(&target, 100, body).await?;

    ensure!(
        outcome.failed > 0 && outcome.retried > outcome.failed,
        "{outcome:?}"
    );
    let failed = target.get(0, "/api/orders?status=failed").await?["orders"][0].clone();
    ensure!(
        text(&failed, "errorCode")? == "slippage_exceeded",
        "{failed}"
    );
    ensure!(
        text(&failed, "errorReason")?.contains("3 of 3 attempts"),
        "{failed}"
    );
    ensure!(failed["attempts"] == 3, "{failed}");
    Ok(())
}

#[tokio::test]
async fn orders_end_although_every_third_call_fails() -> Result<()> {
    let (_engine, target) = engine(&[("SIM_FAILURE_RATE", "0.3"), ("SIM_SEED", "11")]).await?;

    let outcome = load::run(&target, 60, SOL_FOR_USDC).await?;

    ensure!(
        outcome.confirmed + outcome.failed == 60 && outcome.retried > 0,
        "{outcome:?}"
    );
    Ok(())
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

    load::run(&target, 60, SOL_FOR_USDC).await?;

    let mut starts = Vec::new();
    for order in target.get(0, "/api/orders?limit=200").await?["orders"]
        .as_array()
        .context("orders")?
    {
        let path = format!("/api/orders/{}/events", text(order, "orderId")?);
        let events = target.get(0, &path).await?;
        let routings = events["events"].as_array().context("events")?.iter();
        starts.extend(
            routings
                .filter(|event| event["status"] == "routing")
                .map(millis),
        );
    }
    starts.sort_unstable();
    // A tenth of a minute's limit in a tenth of a minute, and in any shorter time no more than its share.
    for (index, start) in starts.iter().enumerate() {
        for (count, other) in starts[index..].iter().enumerate() {
            let allowed = 5 + usize::try_from((other - start) / 100)? + 1;
            ensure!(
                count < allowed + 1,
                "{} starts in {} ms",
                count + 1,
                other - start
            );
        }
    }
    Ok(())
}

/// The time of day of an event, in milliseconds.
fn millis(event: &Value) -> i64 {
    let at = event["timestamp"].as_str().unwrap_or_default();
    let number =
        |range: std::ops::Range<usize>| at.get(range).and_then(|part| part.parse::<i64>().ok());
    let (hour, minute, second, milli) = (
        number(11..13),
        number(14..16),
        number(17..19),
        number(20..23),
    );
    [hour, minute, second]
        .into_iter()
        .map(Option::unwrap_or_default)
        .fold(0, |sum, part| sum * 60 + part)
        * 1_000
        + milli.unwrap_or_default()
}
