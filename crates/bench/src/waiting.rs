//! Orders that wait, on a cluster: how late they fire, and what they cost two workers while they wait.
//!
//! Two hundred tokens are born on the simulated chain, each with a pool, and of each pair as many orders wait. Almost all
//! wait far from the price. Prices move by trades alone: twenty pairs by a little in every slot while CPU is measured, and
//! then one pair after the other by as much as fires the orders that were put near its price.

mod firing;
pub(crate) mod million;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::{Member, Size, State};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use load::latency::figure;
use load::progress::Progress;
use load::report::Report;
use load::target::Target;
use load::{call, orders, process};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::{Instant, interval, sleep};

use crate::scale_out::{SCALE_OUT, on_a_cluster_with};

/// What the figures stand under.
pub(crate) const WAITING: &str = "waiting";
const PAIRS: usize = 200;
/// Pairs whose price moves in every slot.
const MOVING: usize = 20;
const SLOT: Duration = Duration::from_millis(400);
/// While CPU is measured.
const AT_REST: Duration = Duration::from_secs(30);
/// Calls in flight.
const SIDE_BY_SIDE: usize = 16;
const POOL_SOL: &str = "1000";
/// Until all workers watch all that waits.
const WATCHED_LIMIT: Duration = Duration::from_secs(300);
/// Prices are counted in billionths.
const ONE: u128 = 1_000_000_000;

/// A token that was born, and its pool with SOL.
#[derive(Debug, Clone)]
struct Token {
    mint: String,
    pool: String,
}

impl Token {
    /// One that is only asked for its price.
    fn of(mint: &str) -> Self {
        Self {
            mint: mint.to_owned(),
            pool: String::new(),
        }
    }
}

/// A run for each of these counts of orders that wait.
pub(crate) async fn run(counts: &[u64], report: &mut Report, progress: &Progress) -> Result<()> {
    for orders in counts.iter().copied() {
        progress.begin(&format!("scale-out: {orders} orders wait"));
        let size = Size {
            gateways: 1,
            workers: 2,
        };
        let variables = [
            ("SIM_LATENCY_SCALE", "1".to_owned()),
            ("SIM_MARKET", "still".to_owned()),
            ("QUEUE_MAX_CONCURRENCY", "100".to_owned()),
            ("QUEUE_RATE_LIMIT_PER_MINUTE", "0".to_owned()),
        ];
        let cluster = on_a_cluster_with(size, variables, async |state, target| {
            wait_with((report, progress), orders, state, target).await
        });
        cluster.await?;
    }
    Ok(())
}

async fn wait_with(
    (report, progress): (&mut Report, &Progress),
    orders: u64,
    state: &State,
    target: &Target,
) -> Result<()> {
    let gateway = *target.gateways.first().context("no gateway")?;
    let postgres = state.postgres.as_ref().context("no PostgreSQL")?.port();
    let mut add = |what: String, value: f64, unit| {
        let what = format!("{what}, {orders} orders");
        progress.say(&format!("{what}: {value:.1} {unit}"));
        report.add(SCALE_OUT, WAITING, what, value, unit);
    };
    let tokens: Vec<Token> = stream::iter(0..PAIRS)
        .map(|_| launch(gateway))
        .buffer_unordered(SIDE_BY_SIDE)
        .try_collect()
        .await?;
    // All are alike.
    let price = price(gateway, &tokens[0]).await?;
    // What the first orders need once is not the memory of each.
    let first = u64::try_from(PAIRS)?.min(orders);
    let bodies = |number: u64| far(&tokens, price, number);
    orders::put_each(gateway, first, bodies).await?;
    until_watched(target, first).await?;
    let resident =
        || -> Result<[u64; 2]> { Ok([resident(&state.workers)?, resident(&state.gateways)?]) };
    let before = resident()?;
    let bodies = |number: u64| far(&tokens, price, first + number);
    let posted = orders::put_each(gateway, orders - first, bodies).await?;
    add("posted".to_owned(), posted, "orders/s");
    until_watched(target, orders).await?;
    let grown = before.into_iter().zip(resident()?);
    for ((before, after), what) in grown.zip(["resident each", "resident each in the gateway"]) {
        let bytes = figure(after.saturating_sub(before)) * 1_024.0;
        add(
            what.to_owned(),
            bytes / figure((orders - first).max(1)),
            "B",
        );
    }
    let still = cpu_while(&state.workers, sleep(AT_REST)).await?;
    add("CPU of a worker".to_owned(), most(&still), "% of a core");
    let moving = cpu_while(&state.workers, move_a_little(gateway, &tokens)).await?;
    let what = format!("CPU of a worker, {MOVING} pairs move");
    add(what, most(&moving), "% of a core");
    firing::run(report, progress, (gateway, postgres), &tokens, orders).await
}

/// The busiest worker's.
fn most(percents: &[f64]) -> f64 {
    percents.iter().copied().fold(0.0, f64::max)
}

async fn launch(gateway: SocketAddr) -> Result<Token> {
    let asked = json!({"dex": "raydium", "pool": "cpmm", "liquiditySol": POOL_SOL});
    let answer = call::post(gateway, "/api/sim/launch", &asked.to_string()).await?;
    let told: Value = serde_json::from_str(&answer).context("read what was born")?;
    let text = |name: &str| told[name].as_str().map(str::to_owned).context("a field");
    Ok(Token {
        mint: text("mint")?,
        pool: text("poolAddress")?,
    })
}

/// What one SOL brings, in billionths.
async fn price(gateway: SocketAddr, token: &Token) -> Result<u128> {
    let path = format!(
        "/api/quotes?tokenIn=SOL&tokenOut={}&amount=0.01",
        token.mint
    );
    let answer: Value = serde_json::from_str(&call::get(gateway, &path).await?)?;
    let out = answer["expectedAmountOut"].as_str();
    let out = out.with_context(|| format!("no price: {answer}"))?;
    Ok(billionths(out)? * 100)
}

fn billionths(text: &str) -> Result<u128> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = part.chars().chain("000000000".chars()).take(9).collect();
    Ok(whole.parse::<u128>()? * ONE + digits.parse::<u128>()?)
}

fn decimal(billionths: u128) -> String {
    format!("{}.{:09}", billionths / ONE, billionths % ONE)
}

/// The body of an order that waits far from the price: each pair gets all kinds and many amounts.
fn far(tokens: &[Token], price: u128, number: u64) -> String {
    let place = usize::try_from(number).unwrap_or(0);
    let mint = &tokens[place % tokens.len()].mint;
    let of_pair = u128::from(number) / tokens.len() as u128;
    let high = decimal(price * (150 + of_pair % 400) / 100);
    let low = decimal(price * (20 + of_pair % 60) / 100);
    let kind = match of_pair % 5 {
        0 => format!(r#""orderType":"stop","triggerPrice":"{low}""#),
        1 => format!(r#""orderType":"take_profit","triggerPrice":"{high}""#),
        2 => r#""orderType":"trailing_stop","trailBps":4000"#.to_owned(),
        _ => format!(r#""orderType":"limit","limitPrice":"{high}""#),
    };
    let amount = decimal(ONE / 100 * (1 + of_pair % 97) / 10 + of_pair);
    format!(r#"{{"tokenIn":"SOL","tokenOut":"{mint}","amount":"{amount}",{kind}}}"#)
}

/// Waits until workers watch so many orders together.
async fn until_watched(target: &Target, orders: u64) -> Result<()> {
    let watching = async {
        loop {
            let mut sum = 0;
            for worker in &target.counting {
                let metrics = call::get(*worker, "/metrics").await?;
                let line = |line: &&str| line.starts_with("waiting_orders_watched ");
                let line = metrics.lines().find(line);
                let value = line.and_then(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
                sum += value.unwrap_or(0);
            }
            if sum >= orders {
                return Result::<()>::Ok(());
            }
            sleep(SLOT).await;
        }
    };
    let limit = tokio::time::timeout(WATCHED_LIMIT, watching);
    limit.await.context("workers do not watch all that waits")?
}

fn resident(members: &[Member]) -> Result<u64> {
    let each = members.iter().map(|it| process::resident_kib(it.pid));
    each.sum()
}

/// How much of a core each of them takes meanwhile, in percent.
async fn cpu_while<T>(members: &[Member], doing: impl Future<Output = T>) -> Result<Vec<f64>> {
    let of_all = || -> Result<Vec<u64>> {
        let each = members.iter().map(|it| process::cpu_micros(it.pid));
        each.collect()
    };
    let (began, before) = (Instant::now(), of_all()?);
    doing.await;
    let micros = figure(u64::try_from(began.elapsed().as_micros())?);
    let used = before.into_iter().zip(of_all()?);
    let used = used.map(|(before, after)| figure(after - before) / micros * 100.0);
    Ok(used.collect())
}

async fn trade(gateway: SocketAddr, pool: &str, sold: &str, amount: &str) -> Result<()> {
    let body = json!({"pool": pool, "tokenIn": sold, "amount": amount});
    call::post(gateway, "/api/sim/trade", &body.to_string()).await?;
    Ok(())
}

/// Somebody trades so little with each moving pair in every slot that nothing fires.
async fn move_a_little(gateway: SocketAddr, tokens: &[Token]) {
    let began = Instant::now();
    let mut slots = interval(SLOT);
    while began.elapsed() < AT_REST {
        slots.tick().await;
        let trades = tokens.iter().take(MOVING);
        let trades = trades.map(|token| trade(gateway, &token.pool, "SOL", "0.01"));
        let done = stream::iter(trades).buffer_unordered(SIDE_BY_SIDE);
        // One that is refused moves nothing.
        done.for_each(async |_| ()).await;
    }
}

async fn psql(port: u16, statement: &str) -> Result<String> {
    let port = port.to_string();
    let mut command = Command::new("psql");
    command.args([
        "-h",
        "127.0.0.1",
        "-U",
        "postgres",
        "-p",
        &port,
        "-At",
        "-c",
    ]);
    let output = command.arg(statement).arg("postgres").output().await?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "psql: {told}");
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_and_written_in_billionths() {
        assert_eq!(billionths("12.5").unwrap(), 12_500_000_000);
        assert_eq!(billionths("0.1234567891").unwrap(), 123_456_789);
        assert_eq!(decimal(12_500_000_001), "12.500000001");
    }
}
