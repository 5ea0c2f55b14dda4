//! Slow, stuck and hostile clients, many of each kind at once, and one client beside them that only
//! trades:
//! 1. each of its orders ends with all its events, in the usual time;
//! 2. the engine's memory stays under a bound;
//! 3. every other client is answered or cut off when the time limit for what it pretends to do is
//!    over;
//! 4. nothing of it is an error in the log.

mod clients;

use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, load};
use cluster::engine::Engine;
use cluster::{Cluster, Scratch, Size};
use futures_util::future::try_join_all;
use futures_util::try_join;
use tokio::time::Instant;

use clients::Attacker;

const STUCK: usize = 500;
const SLOW: usize = 100;
const GIANTS: usize = 20;
const BOMBS: usize = 50;
const BURST: usize = 5_000;
/// Orders that the healthy client submits at once, again and again.
const ROUND: usize = 10;
/// For one round in the middle; some 0.2 s on a machine that does nothing else.
const USUAL: Duration = Duration::from_secs(5);
/// For the longest: a machine may stall.
const LONGEST: Duration = Duration::from_secs(20);
/// Heads and bodies have 10 s; the rest is a busy machine.
const GIVEN_UP: Duration = Duration::from_secs(20);
/// What the engine may hold at any time of the test, its own start included.
const MEMORY_MAX_KIB: u64 = 256 * 1024;

/// The most memory that a process has held, in KiB.
fn memory_peak(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let text = line.context("VmHWM")?.trim().trim_end_matches(" kB");
    text.parse().context("a number of KiB")
}

/// Submits orders until the others are gone; returns how long each round took, sorted.
async fn trade(target: &Target, attack: &JoinHandle<Result<()>>) -> Result<Vec<Duration>> {
    let mut rounds = Vec::new();
    while !attack.is_finished() {
        let began = Instant::now();
        let outcome = load::run(target, ROUND, SOL_FOR_USDC).await?;
        ensure!(outcome.confirmed + 1 >= ROUND, "{outcome:?}");
        rounds.push(began.elapsed());
    }
    rounds.sort_unstable();
    Ok(rounds)
}

/// All of them, until each has been answered or cut off.
async fn attack(attacker: &Attacker) -> Result<()> {
    let stuck = try_join_all((0..STUCK).map(|_| attacker.never_read())).await?;
    let began = Instant::now();
    try_join!(
        try_join_all((0..SLOW).map(|_| attacker.drip_head())),
        try_join_all((0..SLOW).map(|_| attacker.drip_body())),
        try_join_all((0..GIANTS).map(|_| attacker.announce_a_gigabyte())),
        try_join_all((0..BOMBS).map(|_| attacker.send_a_bomb())),
        attacker.pour_without_end(),
        attacker.connect_in_a_burst(BURST),
    )?;
    let took = began.elapsed();
    ensure!(took < GIVEN_UP, "the last one was cut off after {took:?}");
    drop(stuck);
    Ok(())
}

/// Trades on every gateway while the first one, which is this process, is attacked.
async fn check_attack(target: &Target, attacked: u32) -> Result<()> {
    let attacker = Attacker::at(&target.url(0, ""))?;

    // A thread of their own, so that it is the engine's patience that is measured and not this process's.
    let attack = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(attack(&attacker))
    });
    let traded = trade(target, &attack).await;

    attack.join().expect("no attacker panics")?;
    let rounds = traded?;
    let longest = *rounds.last().context("a round")?;
    let middle = rounds[rounds.len() / 2];
    let memory = memory_peak(attacked)?;
    eprintln!(
        "{} rounds of {ROUND} orders, usually {middle:?}, the longest {longest:?}; at most {memory} KiB",
        rounds.len()
    );
    ensure!(
        middle < USUAL && longest < LONGEST,
        "usually {middle:?}, the longest {longest:?}"
    );
    ensure!(memory < MEMORY_MAX_KIB, "{memory} KiB");
    Ok(())
}

/// Strangers who do wrong are no errors of the engine's.
fn check_log(log: &str) -> Result<()> {
    let error = log.lines().find(|line| line.contains("ERROR"));
    ensure!(error.is_none(), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_healthy_client_notices_nothing_of_slow_and_hostile_ones() -> Result<()> {
    let mut engine = Engine::start(&[]).await?;
    let target = Target::new(vec![engine.url("")]);
    let pid = engine.program().pid();

    check_attack(&target, pid).await?;
    check_log(&engine.program().output())
}

#[tokio::test]
async fn beside_an_attacked_gateway_healthy_clients_of_a_cluster_notice_nothing() -> Result<()> {
    let cluster = Scratch::start(Size::default(), &[]).await?;
    let attacked = &cluster.state().gateways[0];

    check_attack(&cluster.target(), attacked.pid).await?;
    let log = Cluster::at(cluster.folder()).log(&attacked.name)?;
    check_log(&std::fs::read_to_string(log)?)
}
