//! Pools of a moving market over HTTP, told of by a socket: what is read ahead, and what a lost or silent socket changes.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::{App, HttpServer};
use chain_solana::rpc::View;
use chain_solana::rpc::http::{HttpRpc, Limits};
use chain_solana::rpc::socket::AccountSocket;
use chain_solana::settings::Settings;
use chain_solana::{PoolReader, Rpc};
use dex_router::PoolSource as _;
use domain::{Asset, Venue};
use ports::simulation::{Faults, Simulation as _};
use ports::{Clock, Random, Shutdown, SystemClock};
use sim_chain::node::http;
use sim_chain::{SimConfig, World};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::twisted::{Twist, Twisted};

/// A quarter of mainnet's times: a slot is 100 ms, of which two quotes over HTTP take a part on any machine.
const SCALE: f64 = 0.25;
const PAIR: (domain::Mint, domain::Mint) = (Asset::SOL.mint, Asset::USDC.mint);
/// Slots by which a quote may be older than one that is read for it: until an endpoint counts as silent, and some more
/// on a busy machine.
const OLDER_MAX: u64 = 10;
const LIMIT: Duration = Duration::from_secs(60);

/// Counts what is read.
#[derive(Debug, Default)]
struct Reads(AtomicUsize);

impl Twist for Reads {
    fn reads(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Stage {
    world: Arc<World>,
    rpc: Arc<dyn Rpc>,
    pools: Arc<PoolReader>,
    reads: Arc<Reads>,
    _running: JoinSet<()>,
}

/// Whether somebody tells of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    No,
    BySocket,
}

impl Stage {
    fn open(scale: f64, told: Told) -> Self {
        let config = SimConfig {
            latency_scale: scale,
            seed: Some(7),
            ..SimConfig::default()
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let random = Random::seeded(7);
        let shutdown = Shutdown::new();
        let world = World::open(&config, clock.clone(), &random, &shutdown).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap();
        let service = world.service().clone();
        let server = HttpServer::new(move || {
            let service = service.clone();
            App::new().configure(move |config| http::configure(config, service))
        });
        let server = server.workers(1).disable_signals().listen(listener);
        let server = server.unwrap().run();
        let mut running = JoinSet::new();
        running.spawn(async move { server.await.unwrap() });
        let http = HttpRpc::new(
            format!("http://{place}").parse().unwrap(),
            Limits::default(),
        );
        let reads = Arc::<Reads>::default();
        let rpc: Arc<dyn Rpc> = Arc::new(Twisted {
            rpc: Arc::new(http.unwrap()),
            twist: reads.clone(),
        });
        let settings = Settings::simulated(scale);
        let mut pools = PoolReader::new(rpc.clone(), clock.clone(), &settings);
        if told == Told::BySocket {
            let sockets = format!("ws://{place}").parse().unwrap();
            let socket = AccountSocket::new(sockets, settings.pace.slot, clock, random);
            pools = pools.told_by(Arc::new(socket));
        }
        let pools = Arc::new(pools);
        let attended = Arc::clone(&pools);
        running.spawn(async move { attended.attend().await });
        Self {
            world,
            rpc,
            pools,
            reads,
            _running: running,
        }
    }

    /// The slot in which a quote's pools stood, and how often the endpoint was asked for them.
    async fn quote(&self) -> (u64, usize) {
        let before = self.reads.0.load(Ordering::Relaxed);
        let pools = self.pools.pools(Venue::Raydium, PAIR).await.unwrap();
        assert!(pools.pools.iter().all(|it| it.state.is_ok()));
        let after = self.reads.0.load(Ordering::Relaxed);
        (pools.slot, after - before)
    }

    async fn confirmed(&self) -> u64 {
        let now = self.rpc.epoch_info(View::CONFIRMED).await.unwrap();
        now.slot.get()
    }

    /// Asks twice in each slot until a condition holds of the quotes that read nothing: their slots.
    async fn until(&self, holds: impl Fn(&[u64]) -> bool) {
        let mut ahead = Vec::new();
        let asking = async {
            while !holds(&ahead) {
                let before = self.confirmed().await;
                let (slot, reads) = self.quote().await;
                assert!(
                    slot + OLDER_MAX >= before,
                    "{slot}, and {before} is confirmed"
                );
                ahead.extend((reads == 0).then_some(slot));
                sleep(Duration::from_millis(15)).await;
            }
        };
        timeout(LIMIT, asking).await.expect("it holds in time");
    }
}

fn slots(ahead: &[u64]) -> u64 {
    match (ahead.first(), ahead.last()) {
        (Some(first), Some(last)) => last - first,
        _ => 0,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pools_that_are_quoted_in_every_slot_are_read_ahead_and_stay_fresh() {
    let stage = Stage::open(SCALE, Told::BySocket);

    // The market moves in every block, so that slots that go up were read ahead.
    stage
        .until(|ahead| ahead.len() >= 10 && slots(ahead) >= 20)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_drops_now_and_then_is_replaced_and_keeps_quotes_fresh() {
    let stage = Stage::open(SCALE, Told::BySocket);
    let faults = Faults {
        socket_drops: 0.05,
        ..Faults::default()
    };
    stage.world.set_faults(&faults).await.unwrap();

    stage
        .until(|ahead| ahead.len() >= 10 && slots(ahead) >= 20)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_socket_always_drops_quotes_are_as_fresh_as_without_one() {
    let stage = Stage::open(SCALE, Told::BySocket);
    let faults = Faults {
        socket_drops: 1.0,
        ..Faults::default()
    };
    stage.world.set_faults(&faults).await.unwrap();
    let began = Instant::now();

    // As long as the window over which questions are counted, and then some.
    while began.elapsed() < Duration::from_secs(3) {
        let before = stage.confirmed().await;
        let (slot, _) = stage.quote().await;
        // One that was under way may have been joined.
        assert!(slot + 3 >= before, "{slot}, and {before} is confirmed");
        sleep(Duration::from_millis(15)).await;
    }
}

/// What it is worth where pools are read as slowly as on a usual day: reads in a second, and how long a quote waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures: prints what reading ahead is worth"]
async fn what_reading_ahead_is_worth() {
    for per_second in [1, 2, 3, 5, 10, 20] {
        for told in [Told::No, Told::BySocket] {
            measure(per_second, told).await;
        }
    }
}

async fn measure(per_second: u32, told: Told) {
    const WARM: Duration = Duration::from_secs(12);
    const MEASURED: u32 = 25;
    let stage = Arc::new(Stage::open(1.0, told));
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
    let began = Instant::now();
    let mut before = None;
    let mut asking = JoinSet::new();
    for _ in 0..per_second * (12 + MEASURED) {
        ticks.tick().await;
        if before.is_none() && began.elapsed() >= WARM {
            asking.join_all().await;
            asking = JoinSet::new();
            before = Some(stage.reads.0.load(Ordering::Relaxed));
        }
        let stage = Arc::clone(&stage);
        asking.spawn(async move {
            let asked = Instant::now();
            stage.quote().await;
            asked.elapsed()
        });
    }
    let mut waits = asking.join_all().await;
    waits.sort_unstable();
    let reads = stage.reads.0.load(Ordering::Relaxed) - before.unwrap();
    eprintln!(
        "{per_second} quotes/s, {told:?}: {reads} reads in {MEASURED} s; waits p50 {:?}, p99 {:?}",
        waits[waits.len() / 2],
        waits[waits.len() * 99 / 100],
    );
}
