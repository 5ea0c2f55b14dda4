//! Breaks real processes under load, at random from a seed, and compares the outcome with the
//! ledger.
//!
//! Clients submit orders with idempotency keys, follow each to its end over sockets that break, and
//! cancel some, while an [`Arena`] kills, freezes and starves its processes. Then the faults stop,
//! everything must end, and every order is compared with its stream, with the history, with the
//! chain's own ledger, and with what steady readers of the account stream got. The engine's receipts must
//! explain every lamport of the wallet.

mod account;
mod arena;
mod check;
mod clients;
mod faults;
mod reconciling;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use load::progress::Progress;
use ports::Random;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

pub use arena::{Arena, Mode};
pub use check::Check;
pub use faults::{
    AnswersLost, ClockOf, ClockSet, EndpointFault, Jump, Kind, ProgramFault, RedisFault,
    ServerFault, Strike,
};
pub use verdict::Verdict;

use crate::e2e::Target;
use account::Readers;
use clients::{Client, Doors, Kept};
use reconciling::Compared;

/// Orders come in at this pace on the average: enough to have some in every state at every fault.
const PACE: Duration = Duration::from_millis(50);
/// Between two faults, at the most.
const PEACE: Duration = Duration::from_secs(4);
/// Once the faults have stopped: three executions, each of which may wait for its transaction to expire,
/// the leases of the dead, and a machine that has other things to do.
const END_LIMIT: Duration = Duration::from_secs(90);

/// Between two faults that must come, at the most.
const BREATH: Duration = Duration::from_millis(500);

/// How long, from which seed, and what.
#[derive(Debug, Clone)]
pub struct Plan {
    pub length: Duration,
    pub seed: u64,
    /// What comes first, one after the other, however long it takes; what stands together comes at once.
    pub opening: Vec<Vec<Strike>>,
    /// Who is struck; everybody where nobody is named.
    pub only: Vec<Kind>,
}

impl Plan {
    /// Whatever the seed says, for so long.
    #[must_use]
    pub const fn at_random(length: Duration, seed: u64) -> Self {
        Self {
            length,
            seed,
            opening: Vec::new(),
            only: Vec::new(),
        }
    }
}

/// Runs the plan; the error is the harness's own, what the engine did wrong stands in the verdict.
pub async fn run(arena: &mut Arena, plan: Plan) -> Result<Verdict> {
    if let Some(nobody) = plan.only.iter().find(|kind| !arena.has(**kind)) {
        bail!("there is nobody to strike: {nobody:?}");
    }
    let random = Random::seeded(plan.seed);
    let doors = Doors::new(arena.gateways());
    let readers = Readers::start(&doors).await?;
    let mut verdict = Verdict::of(plan.clone());
    let patience = CancellationToken::new();
    let mut clients = JoinSet::new();
    let progress = Progress::over(plan.length);
    let is_over = CancellationToken::new();
    let load = Load {
        doors: Arc::clone(&doors),
        random: Random::seeded(random.bits()),
        resets: Kind::Connections.is_among(&plan.only),
        patience: patience.clone(),
    };
    let loading = load.until(&is_over, &progress, &mut clients);
    let striking = async {
        let _over = is_over.drop_guard_ref();
        strike_all(&plan, &progress, arena, &doors, &random, &mut verdict).await
    };
    let mut compared = Compared::default();
    let comparing = compared.until(&is_over, &doors);
    let ((), struck, ()) = tokio::join!(loading, striking, comparing);
    struck?;
    progress.say("the faults have stopped");
    arena.calm().await?;
    doors.set(arena.gateways());

    progress.tell("everything comes to its end");
    let kept = served(&mut clients, &patience).await?;
    progress.say(&format!("{} clients have ended", kept.len()));
    progress.tell("every order is checked");
    verdict.compare_told(&readers, &kept).await;
    let target = Target {
        chain: arena.chain(),
        ..doors.target()
    };
    verdict.compare(&target, &kept).await?;
    progress.tell("the wallet is reconciled");
    compared.conclude(&target).await?;
    verdict.reconciled(compared);
    Ok(verdict)
}

/// Clients, one after the other.
struct Load {
    doors: Arc<Doors>,
    random: Random,
    resets: bool,
    patience: CancellationToken,
}

impl Load {
    async fn until(
        &self,
        is_over: &CancellationToken,
        progress: &Progress,
        clients: &mut JoinSet<Kept>,
    ) {
        let began = Instant::now();
        let mut number = 0;
        while !is_over.is_cancelled() {
            progress.reach(began.elapsed());
            progress.tell(&format!("{number} orders"));
            let client = Client {
                doors: Arc::clone(&self.doors),
                random: Random::seeded(self.random.bits()),
                number,
                resets: self.resets,
            };
            clients.spawn(client.serve(self.patience.clone()));
            number += 1;
            sleep(self.random.duration_below(PACE * 2)).await;
        }
    }
}

async fn strike_all(
    plan: &Plan,
    progress: &Progress,
    arena: &mut Arena,
    doors: &Doors,
    random: &Random,
    verdict: &mut Verdict,
) -> Result<()> {
    let began = Instant::now();
    let mut opening = plan.opening.iter();
    loop {
        let next = opening.next();
        let longest = if next.is_some() { BREATH } else { PEACE };
        sleep(random.duration_below(longest)).await;
        let strikes = match next {
            Some(strikes) => strikes.clone(),
            None if began.elapsed() >= plan.length => return Ok(()),
            None => arena.draw(&plan.only, random),
        };
        let struck = arena.suffer(&strikes, random).await?;
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
