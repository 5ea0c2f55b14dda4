//! Worker processes: each place has one, which is killed, frozen, stopped and started again until
//! the faults end.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use domain::TokenList;
use domain::spending::SpendLimits;
use order_worker::limiter::Rate;
use order_worker::settings::LimitScope;
use order_worker::{Settings, Worker};
use ports::reconciliation::OnAlarm;
use ports::retry::Policy;
use ports::{Announcer, Random, Shutdown};
use tokio::task::JoinSet;

use crate::pace::Pace;
use crate::process::Process;
use crate::world::World;

/// How long a worker may take to stop: a drain of 8 s, and retiring.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// A worker that runs.
#[derive(Debug)]
pub(crate) struct RunningWorker {
    process: Arc<Process>,
    shutdown: Shutdown,
}

fn settings(random: &Random, counts: bool, pace: &Pace) -> Settings {
    let rate = Rate {
        per_minute: NonZeroU32::new(1_200).expect("invariant: not zero"),
        burst: NonZeroU32::new(2).expect("invariant: not zero"),
    };
    Settings {
        version: "0.1.0".to_owned(),
        host: "simulated".to_owned(),
        concurrency: u32::try_from(1 + random.below(8)).unwrap_or(1),
        rate: (random.below(4) == 0).then_some(rate),
        scope: LimitScope::Worker,
        max_executions: 3,
        max_impact: None,
        limits: if counts {
            generous()
        } else {
            SpendLimits::default()
        },
        retry: Policy {
            base_delay: Duration::from_millis(50),
            max_delay: Duration::from_millis(500),
        },
        lease: pace.lease,
        heartbeat: pace.lease / 4,
        sweep: pace.sweep,
        halt_after_reverts: None,
        on_alarm: OnAlarm::Tell,
        doubt_after: Duration::from_secs(10),
    }
}

/// Limits that no order passes: what is counted is judged all the same.
fn generous() -> SpendLimits {
    let limits = SpendLimits::parse("*:1000000000/day,fees:1000/day", &TokenList::mainnet());
    limits.expect("invariant: it is a list of limits")
}

impl RunningWorker {
    fn start(world: &World, name: &str, random: &Random) -> Self {
        world.witness.note(format_args!("{name} starts"));
        let (process, ports) = world.process();
        let shutdown = Shutdown::new();
        let (feed, queue) = (Arc::clone(&ports.feed), Arc::clone(&ports.queue));
        let announcer = Announcer::start(feed, queue, &shutdown);
        let (router, chain) = world.chain_of(&process, &ports, &shutdown);
        let settings = settings(random, world.counts, &world.pace);
        // The handle is not needed: the worker ends with its shutdown.
        let _ = Worker::start(&ports, &announcer, router, chain, settings, &shutdown);
        world.steady.comes();
        Self { process, shutdown }
    }

    fn kill(&self) {
        self.process.kill();
        self.shutdown.request_hard();
    }

    /// Asks it to stop, and waits for that.
    pub(crate) async fn stop(self, world: &World) {
        self.shutdown.request_soft();
        if tokio::time::timeout(STOP_LIMIT, self.shutdown.finished())
            .await
            .is_err()
        {
            let limit = STOP_LIMIT;
            world
                .witness
                .accuse("S9", format_args!("a worker did not stop within {limit:?}"));
            self.kill();
        }
    }
}

/// One place for a worker; returns the one that runs when the faults end.
pub(crate) async fn keep_one(world: Arc<World>, name: String, random: Random) -> RunningWorker {
    let mut worker = RunningWorker::start(&world, &name, &random);
    loop {
        tokio::select! {
            biased;
            () = world.calm.soft() => return worker,
            () = world.sleep(random.duration_below(world.pace.peace)) => {}
        }
        if worker.shutdown.is_stopping() {
            world
                .witness
                .accuse("S10", format_args!("{name} stopped by itself"));
        }
        worker = befall(&world, &name, &random, worker).await;
    }
}

/// A fault strikes it; returns it, or its replacement.
async fn befall(
    world: &World,
    name: &str,
    random: &Random,
    worker: RunningWorker,
) -> RunningWorker {
    world.steady.goes();
    match random.below(5) {
        0 | 1 => {
            world.witness.note(format_args!("{name} is killed"));
            worker.kill();
            world.sleep(random.duration_below(world.pace.absence)).await;
        }
        2 => {
            world.witness.note(format_args!("{name} freezes"));
            worker.process.freeze();
            world.sleep(random.duration_below(world.pace.freeze)).await;
            world.witness.note(format_args!("{name} goes on"));
            worker.process.thaw();
            world.steady.comes();
            return worker;
        }
        3 => {
            world.witness.note(format_args!("{name} is asked to stop"));
            worker.stop(world).await;
        }
        _ => {
            world
                .witness
                .note(format_args!("{name} is asked to stop and killed"));
            worker.shutdown.request_soft();
            world
                .sleep(random.duration_below(world.pace.absence / 4))
                .await;
            worker.kill();
        }
    }
    RunningWorker::start(world, name, random)
}

/// Stops those that run at the end.
pub(crate) async fn stop_all(world: &World, workers: &mut JoinSet<RunningWorker>) {
    while let Some(worker) = workers.join_next().await {
        match worker {
            Ok(worker) => worker.stop(world).await,
            Err(error) => world.witness.accuse("S10", format_args!("{error}")),
        }
    }
}
