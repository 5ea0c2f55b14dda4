//! What must hold for every engine, written once: over one process and over a cluster.

use anyhow::{Context, Result, bail, ensure};
use futures_util::try_join;
use serde_json::Value;

use super::{Target, client_programs, load, text};

/// An order that most markets take.
pub const SOL_FOR_USDC: &str = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.25"}"#;
/// The first starts of a run may be seen this much later than they were counted, on a machine that stalls.
const SEEN_LATE_MS: i64 = 3_000;
/// How often a market may be calm in a row: three in four are not.
const MARKETS_MAX: usize = 20;
/// The window that a limit is promised for.
const WINDOW_MS: i64 = 60_000;

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

/// For [`no_slippage`]: an order takes several blocks, each with prices of its own. With the delays of the
/// other suites it lands within the block of its quote.
pub const SEVERAL_BLOCKS: (&str, &str) = ("SIM_LATENCY_SCALE", "0.1");

/// Without any slippage some orders fail, with a reason, after three attempts. Both ways at once: a price
/// that moves in favour of one moves against the other. Again until it happens: a market may be calm.
pub async fn no_slippage(target: &Target) -> Result<()> {
    let sell = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1","slippageBps":0}"#;
    let buy = r#"{"tokenIn":"USDC","tokenOut":"SOL","amount":"150","slippageBps":0}"#;

    let (mut failed, mut retried) = (0, 0);
    for _ in 0..MARKETS_MAX {
        let (sold, bought) = try_join!(load::run(target, 30, sell), load::run(target, 30, buy))?;
        failed += sold.failed + bought.failed;
        retried += sold.retried + bought.retried;
        if failed > 0 && retried > failed {
            break;
        }
    }
    ensure!(
        failed > 0 && retried > failed,
        "{failed} failed, {retried} were retried"
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

/// How many orders may come one after another before one of them has to be repeated. At least every tenth is.
const ALONE_MAX: usize = 200;
/// For [`failing_calls`]: no way but from the one token to the other.
pub const DIRECT: (&str, &str) = ("ROUTE_MAX_HOPS", "1");

/// Orders end although every third call fails: many at once, and then one at a time until one had to be repeated,
/// because orders that come together share their reads and of these few fail. With [`DIRECT`], or a way over a third
/// token often stands in for both venues.
pub async fn failing_calls(target: &Target) -> Result<()> {
    let outcome = load::run(target, 60, SOL_FOR_USDC).await?;
    ensure!(outcome.confirmed + outcome.failed == 60, "{outcome:?}");

    for _ in 0..ALONE_MAX {
        if load::run(target, 1, SOL_FOR_USDC).await?.retried > 0 {
            return Ok(());
        }
    }
    bail!("none of {ALONE_MAX} orders was repeated")
}

/// A limit of starts.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub per_minute: i64,
    pub burst: i64,
}

/// Runs `count` orders, more than the limit lets start at once. From the first start to the last passes as
/// long as the limit wants for so many. Returns the starts' times, in order.
pub async fn starts_keep_pace(target: &Target, count: usize, limit: Limit) -> Result<Vec<i64>> {
    load::run(target, count, SOL_FOR_USDC).await?;

    let starts = starts_of(target, count).await?;
    let took_ms = starts.last().unwrap_or(&0) - starts.first().unwrap_or(&0);
    let earned = i64::try_from(starts.len())? - limit.burst - 1;
    let least_ms = earned * WINDOW_MS / limit.per_minute - SEEN_LATE_MS;
    ensure!(
        least_ms > 0,
        "{count} orders are too few to tell for {limit:?}"
    );
    ensure!(
        took_ms >= least_ms,
        "{} starts in {took_ms} ms",
        starts.len()
    );
    Ok(starts)
}

/// Nowhere in these starts' times are there sixty seconds with more of them than limit and burst.
pub fn check_minutes(starts: &[i64], limit: Limit) -> Result<()> {
    for (index, first) in starts.iter().enumerate() {
        let further = &starts[index..];
        let within = further.partition_point(|start| start - first < WINDOW_MS);
        ensure!(
            i64::try_from(within)? <= limit.per_minute + limit.burst,
            "{within} starts in a minute"
        );
    }
    Ok(())
}

/// When executions began, in order, from the events of all orders that there are.
pub async fn starts_of(target: &Target, orders: usize) -> Result<Vec<i64>> {
    let mut starts = Vec::new();
    let listed = target.pages("/api/orders", "orders").await?;
    for order in &listed {
        let path = format!("/api/orders/{}/events", text(order, "orderId")?);
        let events = target.get(0, &path).await?;
        let events = events["events"].as_array().context("events")?.iter();
        let routings = events.filter(|event| event["status"] == "routing");
        starts.extend(routings.map(millis));
    }
    let seen = listed.len();
    ensure!(seen == orders, "{seen} of {orders} orders are listed");
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
