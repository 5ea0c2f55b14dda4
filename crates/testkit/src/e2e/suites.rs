//! What must hold over every engine, written once: over one process and over a cluster alike.

use anyhow::{Context, Result, ensure};
use futures_util::try_join;
use serde_json::Value;

use super::{Target, client_programs, load, text};

/// An order that most markets take.
pub const SOL_FOR_USDC: &str = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.25"}"#;
/// From a token taken to its execution's first event, on a busy machine: starts may come later than
/// they were counted, and so some closer together than the limit has them.
const SEEN_LATE_MS: i64 = 250;

/// Each of the client programs works.
pub async fn every_client_program(target: &Target) -> Result<()> {
    client_programs::program_a(target).await?;
    client_programs::program_b(target).await?;
    client_programs::program_c(target).await?;
    client_programs::program_d(target).await?;
    client_programs::program_e(target).await
}

/// Two hundred orders at once all end as the ledger says.
pub async fn two_hundred_at_once(target: &Target) -> Result<()> {
    let outcome = load::run(target, 200, SOL_FOR_USDC).await?;

    ensure!(outcome.confirmed + outcome.failed == 200, "{outcome:?}");
    ensure!(outcome.confirmed >= 190, "{outcome:?}");
    Ok(())
}

/// Without any slippage some orders fail, with a reason, after three attempts. Both ways at once: a price
/// that moves in favour of one moves against the other.
pub async fn no_slippage(target: &Target) -> Result<()> {
    let sell = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1","slippageBps":0}"#;
    let buy = r#"{"tokenIn":"USDC","tokenOut":"SOL","amount":"150","slippageBps":0}"#;

    let (sold, bought) = try_join!(load::run(target, 50, sell), load::run(target, 50, buy))?;

    let failed = sold.failed + bought.failed;
    ensure!(
        failed > 0 && sold.retried + bought.retried > failed,
        "{sold:?} {bought:?}"
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

/// Orders end although every third call fails.
pub async fn failing_calls(target: &Target) -> Result<()> {
    let outcome = load::run(target, 60, SOL_FOR_USDC).await?;

    ensure!(
        outcome.confirmed + outcome.failed == 60 && outcome.retried > 0,
        "{outcome:?}"
    );
    Ok(())
}

/// A limit of starts.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub per_minute: i64,
    pub burst: i64,
}

/// Runs `count` orders; in no window of any length did more start than the limit has for it. Returns the
/// starts' times, in order.
pub async fn starts_within(target: &Target, count: usize, limit: Limit) -> Result<Vec<i64>> {
    load::run(target, count, SOL_FOR_USDC).await?;

    let starts = starts(target).await?;
    ensure!(
        starts.len() >= count,
        "{} of {count} have started",
        starts.len()
    );
    for (index, first) in starts.iter().enumerate() {
        for (further, last) in (0_i64..).zip(&starts[index..]) {
            let window_ms = last - first + SEEN_LATE_MS;
            let allowed = limit.burst + window_ms * limit.per_minute / 60_000 + 1;
            ensure!(
                further < allowed,
                "{} starts in {} ms",
                further + 1,
                last - first
            );
        }
    }
    Ok(starts)
}

/// When executions began, from the events of all orders there are, two hundred at the most.
async fn starts(target: &Target) -> Result<Vec<i64>> {
    let page = target.get(0, "/api/orders?limit=200").await?;
    let mut starts = Vec::new();
    for order in page["orders"].as_array().context("orders")? {
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
    Ok(starts)
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
