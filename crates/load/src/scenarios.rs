//! The scenarios, each on an engine that was just started: acceptance, whole orders, the stream.

use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::time::Instant;

use crate::latency::{Latencies, figure};
use crate::orders::{self, Load, Outcome, Pace};
use crate::sockets::{Followed, Followers};
use crate::target::{LOOK, Target};

/// Enough for a queue in front of the engine on two cores, few enough for a fair echo.
pub const CONNECTIONS: usize = 64;
/// Orders that have not ended this long after the last one was submitted count as not confirmed.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);
/// An engine that keeps up has ended nearly all that was due this long after the last was due.
const KEEPS_UP_WITHIN: Duration = Duration::from_millis(500);
/// The share of orders that must be confirmed by then.
const SHARE_CONFIRMED: f64 = 0.95;
/// Where the search for the highest rate ends: two rates this close are one.
const RATE_STEP: f64 = 1.15;
/// An engine of which nothing is confirmed for so long has stopped.
const STILL: Duration = Duration::from_secs(8);
/// Orders that wait at once while a store is filled.
const FILL_STEP: u64 = 20_000;
/// A store that has not been filled by then will not be.
const FILL_LIMIT: Duration = Duration::from_secs(900);
/// The maximum number of open-loop runs.
const TRIES: usize = 8;

/// Acceptance.
#[derive(Debug)]
pub struct Accept {
    pub most: Outcome,
    /// CPU time of the engine for each order, in microseconds.
    pub cpu_micros: f64,
    /// At half the rate of `most`, open loop.
    pub half: Outcome,
}

/// As many requests as are answered.
pub async fn saturate(target: &Target, lasting: Duration) -> anyhow::Result<Outcome> {
    orders::put(Load {
        addresses: &target.gateways,
        connections: CONNECTIONS,
        pace: Pace::Saturating,
        lasting,
        orders_max: u64::MAX,
    })
    .await
}

/// So many requests a second, whatever the answers do.
pub async fn open_loop(target: &Target, rate: f64, lasting: Duration) -> anyhow::Result<Outcome> {
    orders::put(Load {
        addresses: &target.gateways,
        connections: CONNECTIONS,
        pace: Pace::PerSecond(rate),
        lasting,
        orders_max: u64::MAX,
    })
    .await
}

/// Acceptance of an engine that executes nothing meanwhile, so that the figures are not mixed. The
/// orders stay in its store: it is of no use for anything else afterwards.
pub async fn accept(target: &Target, lasting: Duration) -> anyhow::Result<Accept> {
    target.pause().await?;
    // Caches, connections and the store's file have their size afterwards.
    saturate(target, lasting / 4).await?;
    let before = target.cpu_micros()?;
    let most = saturate(target, lasting).await?;
    let cpu_micros = figure(target.cpu_micros()? - before) / figure(most.accepted).max(1.0);
    let half = open_loop(target, most.per_second() / 2.0, lasting).await?;
    Ok(Accept {
        most,
        cpu_micros,
        half,
    })
}

/// Whole lives at one rate, open loop.
#[derive(Debug, Clone, Copy)]
pub struct Lives {
    /// Orders submitted each second.
    pub offered: f64,
    /// Orders confirmed each second, from the first that was due to the last that ended.
    pub confirmed: f64,
    /// The share that was confirmed in the end.
    pub share: f64,
    /// Whether at least 95 % were confirmed half a second after the last was due.
    pub keeps_up: bool,
    /// CPU time of the engine for each order, in microseconds.
    pub cpu_micros: f64,
}

/// The highest rate that the engine keeps up with, open loop; the last entry of the list that does.
pub async fn pipeline(
    target: &Target,
    lasting: Duration,
    first_rate: f64,
) -> anyhow::Result<Vec<Lives>> {
    let mut tried: Vec<Lives> = Vec::new();
    let (mut kept, mut lost) = (0.0_f64, f64::INFINITY);
    let mut rate = first_rate;
    for _ in 0..TRIES {
        let lives = lives(target, lasting, rate).await?;
        tried.push(lives);
        match lives.keeps_up {
            true => kept = kept.max(rate),
            false => lost = lost.min(rate),
        }
        if kept > 0.0 && lost / kept < RATE_STEP {
            break;
        }
        rate = match (kept, lost) {
            (_, f64::INFINITY) => rate * 2.0,
            // What it managed while it was behind is a good guess.
            (0.0, _) => (lives.confirmed * 0.9).min(rate * 0.8),
            (kept, lost) => (kept * lost).sqrt(),
        };
    }
    tried.sort_by(|a, b| a.offered.total_cmp(&b.offered));
    Ok(tried)
}

/// The best of the rates that were kept up with.
#[must_use]
pub fn best(tried: &[Lives]) -> Option<Lives> {
    tried.iter().rev().find(|lives| lives.keeps_up).copied()
}

/// Whole lives at this rate.
pub async fn lives(target: &Target, lasting: Duration, rate: f64) -> anyhow::Result<Lives> {
    let confirmed_before = target.confirmed().await?;
    let cpu_before = target.cpu_micros()?;
    let began = Instant::now();
    let handed_in = open_loop(target, rate, lasting).await?;
    let due = rate * lasting.as_secs_f64();
    let deadline = began + lasting + KEEPS_UP_WITHIN;
    let mut confirmed = 0;
    let (mut in_time, mut last_change) = (0, began.elapsed());
    loop {
        let now = target.confirmed().await? - confirmed_before;
        if now > confirmed {
            (confirmed, last_change) = (now, began.elapsed());
        }
        if Instant::now() <= deadline {
            in_time = confirmed;
        }
        let is_over = began.elapsed() > handed_in.took + DRAIN_LIMIT;
        if confirmed >= handed_in.accepted || is_over {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(Lives {
        offered: rate,
        confirmed: figure(confirmed) / last_change.as_secs_f64(),
        share: figure(confirmed) / figure(handed_in.accepted).max(1.0),
        keeps_up: figure(in_time) >= SHARE_CONFIRMED * due,
        cpu_micros: figure(target.cpu_micros()? - cpu_before) / figure(confirmed).max(1.0),
    })
}

/// Many sockets on one engine.
#[derive(Debug)]
pub struct Sockets {
    pub count: usize,
    /// Resident memory of the engine for each, in KiB.
    pub kib_each: f64,
    pub followed: Followed,
}

/// Follows orders on a socket each, while the engine's own limiter starts them at its pace.
pub async fn sockets(target: &Target, count: usize) -> anyhow::Result<Sockets> {
    target.pause().await?;
    // What the first sockets of all need once is not the price of each.
    let warming = Followers::open(&target.gateways, CONNECTIONS).await?;
    let before = target.resident_kib()?;
    let followers = Followers::open(&target.gateways, count).await?;
    let after = target.resident_kib()?;
    target.resume().await?;
    let (warmed, followed) = tokio::join!(warming.follow(), followers.follow());
    warmed?;
    let followed = followed?;
    ensure!(
        followed.confirmed > 0,
        "no order that was followed was confirmed"
    );
    Ok(Sockets {
        count,
        kib_each: figure(after.saturating_sub(before)) / figure(count.try_into()?),
        followed,
    })
}

/// The disk's own share: how long one small, synchronous write takes.
pub fn fsync(folder: &std::path::Path, lasting: Duration) -> anyhow::Result<Latencies> {
    use std::io::Write;
    let mut file = std::fs::File::create(folder.join("fsync"))?;
    let page = [7_u8; 4_096];
    let mut latency = Latencies::new()?;
    let began = Instant::now();
    while began.elapsed() < lasting {
        let at = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        latency.add(at.elapsed());
    }
    Ok(latency)
}

/// The median, where a figure is measured several times.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Far more orders than an engine can end, and how fast it ends them.
pub async fn burst(target: &Target, lasting: Duration) -> anyhow::Result<Lives> {
    let began = Instant::now();
    let (before, cpu) = (target.confirmed().await?, target.cpu_micros()?);
    let handed_in = saturate(target, lasting).await?;
    let confirmed = drained(target, before, handed_in.accepted, began).await?;
    Ok(Lives {
        offered: handed_in.per_second(),
        confirmed: figure(confirmed.count) / confirmed.took.as_secs_f64(),
        share: figure(confirmed.count) / figure(handed_in.accepted).max(1.0),
        keeps_up: false,
        cpu_micros: figure(target.cpu_micros()? - cpu) / figure(confirmed.count).max(1.0),
    })
}

/// Orders that were confirmed, and when the last of them was.
struct Drained {
    count: u64,
    took: Duration,
}

/// Waits until so many more orders are confirmed, or nothing has moved for a while.
async fn drained(
    target: &Target,
    before: u64,
    wanted: u64,
    began: Instant,
) -> anyhow::Result<Drained> {
    let mut drained = Drained {
        count: 0,
        took: began.elapsed(),
    };
    loop {
        let count = target.confirmed().await? - before;
        if count > drained.count {
            let took = began.elapsed();
            drained = Drained { count, took };
        }
        if drained.count >= wanted || began.elapsed() > drained.took + STILL {
            return Ok(drained);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Fills a store with orders that have ended.
pub async fn fill(target: &Target, orders: u64) -> anyhow::Result<()> {
    let (mut missing, began) = (orders, Instant::now());
    while missing > 0 {
        let before = target.confirmed().await?;
        let handed_in = orders::put(Load {
            addresses: &target.gateways,
            connections: CONNECTIONS,
            pace: Pace::Saturating,
            lasting: FILL_LIMIT,
            orders_max: missing.min(FILL_STEP),
        })
        .await?;
        drained(target, before, handed_in.accepted, Instant::now()).await?;
        missing = missing.saturating_sub(handed_in.accepted);
        ensure!(began.elapsed() < FILL_LIMIT, "the store does not fill");
    }
    Ok(())
}

/// Waits until everything written so far is on the disk: writes left over from filling the store must not
/// count as the cost of a full store.
pub fn written_back() -> anyhow::Result<()> {
    let synced = std::process::Command::new("sync").status();
    let synced = synced.context("run sync")?;
    ensure!(synced.success(), "sync: {synced}");
    Ok(())
}

/// Lives under a backlog, then acceptance alone.
pub async fn both(target: &Target, lasting: Duration) -> anyhow::Result<(Outcome, Lives)> {
    let lives = burst(target, lasting / 2).await?;
    target.pause().await?;
    saturate(target, lasting / 4).await?;
    Ok((saturate(target, lasting).await?, lives))
}

/// How long until an order is confirmed.
pub async fn first_confirmed(target: &Target) -> anyhow::Result<Duration> {
    let began = Instant::now();
    while target.confirmed().await? == 0 {
        ensure!(began.elapsed() < STILL, "nothing is confirmed");
        tokio::time::sleep(LOOK).await;
    }
    Ok(began.elapsed())
}
