//! Breaking real processes under load, at random from a seed, and comparing the books afterwards.
//!
//! Clients hand orders in with idempotency keys, follow each to its end over sockets that break, and
//! cancel some, while an [`Arena`] loses, freezes and starves its processes. Then the faults stop, all
//! must come to its end, and every order is checked against what its stream said, what the history says
//! and what the chain's own ledger says.

mod arena;
mod clients;
mod faults;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use load::progress::Progress;
use ports::Random;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

pub use arena::Arena;
pub use verdict::Verdict;

use clients::{Client, Doors, Kept};

/// Orders come in at this pace on the average: enough to have some in every state at every fault.
const PACE: Duration = Duration::from_millis(50);
/// Between two faults, at the most.
const PEACE: Duration = Duration::from_secs(4);
/// Once the faults have stopped: three executions, each of which may wait for its transaction to expire,
/// the leases of the dead, and a machine that has other things to do.
const END_LIMIT: Duration = Duration::from_secs(90);

/// How long, and from which seed.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub length: Duration,
    pub seed: u64,
}

/// Runs the plan; the error is the harness's own, what the engine did wrong stands in the verdict.
pub async fn run(arena: &mut Arena, plan: Plan) -> Result<Verdict> {
    let random = Random::seeded(plan.seed);
    let doors = Doors::new(arena.gateways());
    let mut verdict = Verdict::of(plan);
    let patience = CancellationToken::new();
    let mut clients = JoinSet::new();
    let progress = Progress::over(plan.length);
    let loading = load_until(
        plan.length,
        &progress,
        &doors,
        &patience,
        Random::seeded(random.bits()),
        &mut clients,
    );
    let striking = strike_until(plan.length, &progress, arena, &doors, &random, &mut verdict);
    let ((), struck) = tokio::join!(loading, striking);
    struck?;
    progress.say("the faults have stopped");
    arena.calm().await?;
    doors.set(arena.gateways());

    progress.tell("everything comes to its end");
    let kept = served(&mut clients, &patience).await?;
    progress.say(&format!("{} clients have ended", kept.len()));
    progress.tell("every order is checked");
    verdict.compare(&doors.target(), &kept).await?;
    Ok(verdict)
}

async fn load_until(
    length: Duration,
    progress: &Progress,
    doors: &Arc<Doors>,
    patience: &CancellationToken,
    random: Random,
    clients: &mut JoinSet<Kept>,
) {
    let began = Instant::now();
    let mut number = 0;
    while began.elapsed() < length {
        progress.reach(began.elapsed());
        progress.tell(&format!("{number} orders"));
        let client = Client {
            doors: Arc::clone(doors),
            random: Random::seeded(random.bits()),
            number,
        };
        clients.spawn(client.serve(patience.clone()));
        number += 1;
        sleep(random.duration_below(PACE * 2)).await;
    }
}

async fn strike_until(
    length: Duration,
    progress: &Progress,
    arena: &mut Arena,
    doors: &Doors,
    random: &Random,
    verdict: &mut Verdict,
) -> Result<()> {
    let began = Instant::now();
    loop {
        sleep(random.duration_below(PEACE)).await;
        let passed = began.elapsed();
        if passed >= length {
            return Ok(());
        }
        let struck = arena.strike(random).await?;
        doors.set(arena.gateways());
        for fault in struck {
            progress.say(&fault.to_string());
            verdict.suffered(fault);
        }
    }
}

/// What every client has seen; those who wait too long give up and say so.
async fn served(clients: &mut JoinSet<Kept>, patience: &CancellationToken) -> Result<Vec<Kept>> {
    let mut kept = Vec::new();
    let end = sleep(END_LIMIT);
    tokio::pin!(end);
    loop {
        tokio::select! {
            biased;
            next = clients.join_next() => match next {
                Some(one) => kept.push(one.context("a client ended in a defect")?),
                None => return Ok(kept),
            },
            () = &mut end, if !patience.is_cancelled() => patience.cancel(),
        }
    }
}
