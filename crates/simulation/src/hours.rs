//! An hour at the pace of life, in which orders wait: their clients come over most of it, workers die, freeze and stop all
//! the time, and an observer (`observer.rs`) sees every block and judges what fires, and what does not.

mod client;
mod observer;

use std::sync::Arc;
use std::time::Duration;

use domain::Status;
use ports::Random;
use tokio::task::JoinSet;

use crate::gateways::Gateways;
use crate::pace::Pace;
use crate::schedule::{Violated, calm_down};
use crate::witness::Testimony;
use crate::workers::{self, RunningWorker};
use crate::world::World;
use client::Client;
use observer::Observer;

/// How long workers come and go.
const HOUR: Duration = Duration::from_secs(3_600);
/// The first blocks are seen by the observer alone, so that whatever is seen later was seen by it.
const ALONE: Duration = Duration::from_secs(5);
/// Every order's time has run out by then, and what it sent last is dead.
const END_LIMIT: Duration = Duration::from_secs(1_200);
/// Between two looks at whether everything has ended.
const LOOK: Duration = Duration::from_secs(1);
/// Late calls have arrived by then, and all blocks are final.
const STRAGGLERS: Duration = Duration::from_secs(30);

/// What came of an hour in which every promise held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hour {
    pub orders: u64,
    pub confirmed: u64,
    pub cancelled: u64,
    pub expired: u64,
    pub failed: u64,
    /// How often an order fired.
    pub fired: u64,
    /// How often a condition held for two slots in a row while somebody was there to see it.
    pub held: u64,
    /// Blocks that the observer saw.
    pub blocks: u64,
    /// How often a worker died, froze or ended.
    pub workers_gone: u64,
    /// From the block in which a condition came true, for stops the second one, to the firing: in milliseconds, while
    /// somebody was there to see it.
    pub late_ms: Vec<u64>,
    /// Equal for equal hours.
    pub digest: u64,
}

/// Lets an hour of this seed pass, in which so many orders wait.
///
/// # Errors
/// If a promise was broken.
///
/// # Panics
/// If the machine has no memory for a store.
pub fn pass(seed: u64, orders: u64) -> Result<Hour, Violated> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("invariant: a runtime without threads and files can be built");
    let (testimony, hour) = runtime.block_on(Box::pin(simulate(seed, orders)));
    if testimony.violations.is_empty() {
        return Ok(tally(&testimony, hour));
    }
    Err(Violated {
        seed,
        trace: testimony.told(),
        promises: testimony.violations,
        again: format!("cargo run --release -p simulation -- --hours 1 --seed {seed}"),
    })
}

async fn simulate(seed: u64, orders: u64) -> (Testimony, Hour) {
    let world = World::new(seed, Pace::OF_LIFE);
    let world = Arc::new(world.expect("invariant: a store in memory can be opened"));
    for server in world.servers.all() {
        server.calm_down();
    }
    let observer = Observer::start(&world);
    world.sleep(ALONE).await;
    let random = world.fork();
    let gateways = Gateways::start(&world, 2);
    let mut workers = JoinSet::new();
    for n in 0..2 + random.below(2) {
        let name = format!("worker {n}");
        workers.spawn(workers::keep_one(Arc::clone(&world), name, world.fork()));
    }
    let mut clients = JoinSet::new();
    let mut posted = 0;
    while posted < orders {
        let client = Client {
            world: Arc::clone(&world),
            gateways: Arc::clone(&gateways),
            observer: Arc::clone(&observer),
            random: Random::seeded(random.bits()),
            number: posted,
        };
        posted += client.count();
        clients.spawn(client.order());
    }
    world.sleep(HOUR).await;
    calm_down(&world);
    come_to_an_end(&world, &mut clients, &mut workers).await;
    gateways.kill_all();
    world.sleep(STRAGGLERS).await;
    world.witness.check_book().await;
    world.outside.request_hard();
    let mut hour = observer.testify();
    hour.workers_gone = world.steady.gone();
    (world.witness.testify(), hour)
}

async fn come_to_an_end(
    world: &Arc<World>,
    clients: &mut JoinSet<()>,
    workers: &mut JoinSet<RunningWorker>,
) {
    let ended = async {
        while clients.join_next().await.is_some() {}
        while !world.witness.open().is_empty() {
            world.sleep(LOOK).await;
        }
    };
    if tokio::time::timeout(END_LIMIT, ended).await.is_err() {
        let open = world.witness.open();
        world
            .witness
            .accuse("S9", format_args!("{open:?} have not ended"));
    }
    workers::stop_all(world, workers).await;
}

fn tally(testimony: &Testimony, hour: Hour) -> Hour {
    let count = |status| {
        let matching = testimony.statuses.iter().filter(|one| **one == status);
        u64::try_from(matching.count()).unwrap_or(u64::MAX)
    };
    Hour {
        orders: u64::try_from(testimony.statuses.len()).unwrap_or(u64::MAX),
        confirmed: count(Status::Confirmed),
        cancelled: count(Status::Cancelled),
        expired: count(Status::Expired),
        failed: count(Status::Failed),
        digest: testimony.digest,
        ..hour
    }
}
