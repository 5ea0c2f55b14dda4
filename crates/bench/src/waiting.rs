//! Orders that wait, on a cluster: how late they fire, and what they cost two workers while they wait.
//!
//! Two hundred tokens are born on the simulated chain, each with a pool, and of each pair as many orders wait. Almost all
//! wait far from the price. Prices move by trades alone: twenty pairs by a little in every slot while CPU is measured, and
//! then one pair after the other by as much as fires the orders that were put near its price.

pub(crate) mod million;

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
/// How many wait, run by run.
pub(crate) const ORDERS: [u64; 2] = [1_000, 100_000];

const PAIRS: usize = 200;
/// Pairs whose price moves in every slot.
const MOVING: usize = 20;
const SLOT: Duration = Duration::from_millis(400);
/// While CPU is measured.
const AT_REST: Duration = Duration::from_secs(30);
/// Calls in flight.
const SIDE_BY_SIDE: usize = 16;
const POOL_SOL: &str = "1000";
/// Rounds in which each moving pair fires so many orders.
const ROUNDS: usize = 10;
const NEAR: u64 = 5;
/// Workers hear of an order within this time.
const HEARD: Duration = Duration::from_secs(4);
/// Until all workers watch all that waits.
const WATCHED_LIMIT: Duration = Duration::from_secs(120);
const FIRED_LIMIT: Duration = Duration::from_secs(30);
/// Prices are counted in billionths.
const ONE: u128 = 1_000_000_000;

/// A token that was born, and its pool with SOL.
#[derive(Debug, Clone)]
struct Token {
    mint: String,
    pool: String,
}

/// Both runs.
pub(crate) async fn run(report: &mut Report, progress: &Progress) -> Result<()> {
    for orders in ORDERS {
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
            wait_with(report, orders, state, target).await
        });
        cluster.await?;
    }
    Ok(())
}

async fn wait_with(report: &mut Report, orders: u64, state: &State, target: &Target) -> Result<()> {
    let gateway = *target.gateways.first().context("no gateway")?;
    let tokens: Vec<Token> = stream::iter(0..PAIRS)
        .map(|_| launch(gateway))
        .buffer_unordered(SIDE_BY_SIDE)
        .try_collect()
        .await?;
    // All are alike.
    let price = price(gateway, &tokens[0]).await?;
    let before = resident(&state.workers)?;
    let bodies = |number: u64| far(&tokens, price, number);
    let posted = orders::put_each(gateway, orders, bodies).await?;
    report.add(
        SCALE_OUT,
        WAITING,
        format!("posted, {orders} orders"),
        posted,
        "orders/s",
    );
    until_watched(target, orders).await?;
    let after = resident(&state.workers)?;
    let grown = figure(after.saturating_sub(before)) * 1_024.0 / figure(orders);
    report.add(
        SCALE_OUT,
        WAITING,
        format!("resident each, {orders} orders"),
        grown,
        "B",
    );
    let still = cpu_while(&state.workers, sleep(AT_REST)).await?;
    add_cpu(report, format!("CPU of a worker, {orders} orders"), &still);
    let moving = cpu_while(&state.workers, move_a_little(gateway, &tokens)).await?;
    let what = format!("CPU of a worker, {MOVING} pairs move, {orders} orders");
    add_cpu(report, what, &moving);
    let late = fire_near(gateway, state, &tokens).await?;
    for (name, permille) in [("p50", 500), ("p99", 990), ("most", 1_000)] {
        let value = late[(late.len() - 1) * permille / 1_000];
        let what = format!("change to firing, {name}, {orders} orders");
        report.add(SCALE_OUT, WAITING, what, figure(value), "ms");
    }
    Ok(())
}

/// The busiest worker's.
fn add_cpu(report: &mut Report, what: String, percents: &[f64]) {
    let most = percents.iter().copied().fold(0.0, f64::max);
    report.add(SCALE_OUT, WAITING, what, most, "% of a core");
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

/// Puts orders near the price of each moving pair, then moves one pair after the other. From when the trade was sent to
/// the firing as it is stored, in milliseconds, sorted.
async fn fire_near(gateway: SocketAddr, state: &State, tokens: &[Token]) -> Result<Vec<u64>> {
    let postgres = state.postgres.as_ref().context("no PostgreSQL")?.port();
    let mut late = Vec::new();
    for _ in 0..ROUNDS {
        let mut near = Vec::new();
        for token in tokens.iter().take(MOVING) {
            let now = price(gateway, token).await?;
            // A sale of 0.6 % of the pool moves the price by twice as much.
            let trigger = decimal(now * 1_005 / 1_000);
            let mut ids = Vec::new();
            for number in 0..NEAR {
                let amount = decimal(ONE / 1_000 * (1 + u128::from(number)));
                let mint = &token.mint;
                let body = format!(
                    r#"{{"tokenIn":"SOL","tokenOut":"{mint}","amount":"{amount}","orderType":"take_profit","triggerPrice":"{trigger}"}}"#
                );
                let answer = call::post(gateway, "/api/orders/execute", &body).await?;
                let answer: Value = serde_json::from_str(&answer)?;
                let id = answer["orderId"].as_str().context("no orderId")?;
                ids.push(id.to_owned());
            }
            near.push((token, now, ids));
        }
        sleep(HEARD).await;
        let mut changed = Vec::new();
        for (token, now, ids) in near {
            let held = now * billionths(POOL_SOL)? / ONE;
            let sold = decimal(held * 6 / 1_000);
            let at = now_ms()?;
            trade(gateway, &token.pool, &token.mint, &sold).await?;
            changed.push((at, ids));
            // So that changes come at all moments of a slot.
            sleep(SLOT * 13 / 30).await;
        }
        for (at, ids) in changed {
            for fired in until_fired(postgres, &ids).await? {
                late.push(fired.saturating_sub(at));
            }
        }
    }
    late.sort_unstable();
    Ok(late)
}

/// The time that PostgreSQL on this machine tells too.
#[expect(
    clippy::disallowed_methods,
    reason = "the time of a change is compared with the store's"
)]
fn now_ms() -> Result<u64> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(u64::try_from(since_1970.as_millis())?)
}

/// When these have fired, by the store's clock.
async fn until_fired(port: u16, ids: &[String]) -> Result<Vec<u64>> {
    let list = ids.join("','");
    let asked = format!(
        "select (firing::json #>> '{{seen,at}}') from orders where id in ('{list}') and firing is not null"
    );
    let firing = async {
        loop {
            let answer = psql(port, &asked).await?;
            let times: Vec<u64> = answer
                .lines()
                .map(str::parse)
                .collect::<std::result::Result<_, _>>()?;
            if times.len() == ids.len() {
                return Result::<Vec<u64>>::Ok(times);
            }
            sleep(SLOT).await;
        }
    };
    let limit = tokio::time::timeout(FIRED_LIMIT, firing);
    limit.await.context("orders did not fire")?
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
