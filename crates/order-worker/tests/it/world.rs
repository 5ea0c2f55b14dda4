//! What every test here begins with: a new embedded engine without its gateway.

pub(crate) mod births;
pub(crate) mod chain;
pub(crate) mod list;
pub(crate) mod queue;
pub(crate) mod store;
pub(crate) mod venue;

mod backend;

use std::sync::Arc;
use std::time::Duration;

use dex_router::{Limits, Router};
use domain::event::Failure;
use domain::spending::SpendLimits;
use domain::{Event, EventData, Order, OrderId, Seq, Status, TokenList};
use order_worker::settings::LimitScope;
use order_worker::{Chain, Settings, Worker};
use ports::finality::Standing;
use ports::job_queue::Job;
use ports::order_store::NewOrder;
use ports::reconciliation::OnAlarm;
use ports::retry::Policy;
use ports::status_feed::{FeedTail, Shard, TailFrom};
use ports::{Announcer, Births, Clock, Ports, Random, Shutdown, Store, Valve};
use testkit::contract::{Given, eventually};
use testkit::{FaultyStore, VirtualClock};

pub(crate) use births::ScriptedBirths;
pub(crate) use chain::{Plan, ScriptedChain};
pub(crate) use list::ScriptedList;
pub(crate) use queue::FaultyQueue;
pub(crate) use store::Losses;
pub(crate) use venue::{Mood, ScriptedVenue};

/// How long a silent worker keeps its leases here.
pub(crate) const LEASE: Duration = Duration::from_secs(2);

pub(crate) struct World {
    pub(crate) given: Given,
    pub(crate) ports: Ports,
    pub(crate) queue: Arc<FaultyQueue>,
    pub(crate) faults: Arc<Losses>,
    /// The store itself, which answers whatever the faults.
    pub(crate) truth: Arc<dyn Store>,
    pub(crate) chain: Arc<ScriptedChain>,
    pub(crate) venue: Arc<ScriptedVenue>,
    /// The venue as another endpoint shows it, where there is one.
    pub(crate) elsewhere: Option<Arc<ScriptedVenue>>,
    pub(crate) births: Option<Arc<ScriptedBirths>>,
    announcer: Announcer,
    shutdown: Shutdown,
}

/// A worker that is stopped when the test is over.
pub(crate) struct Running {
    pub(crate) worker: Worker,
    pub(crate) shutdown: Shutdown,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.request_hard();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request_hard();
    }
}

/// A worker without a limit that retries soon.
pub(crate) fn settings() -> Settings {
    Settings {
        version: "0.1.0".to_owned(),
        host: "test".to_owned(),
        concurrency: 10,
        rate: None,
        scope: LimitScope::Worker,
        max_executions: 3,
        max_impact: None,
        limits: SpendLimits::default(),
        retry: Policy {
            base_delay: Duration::from_millis(20),
            max_delay: Duration::from_millis(100),
        },
        lease: LEASE,
        heartbeat: Duration::from_millis(100),
        sweep: Duration::from_millis(100),
        halt_after_reverts: None,
        on_alarm: OnAlarm::Tell,
        doubt_after: Duration::from_secs(3_600),
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let shutdown = Shutdown::new();
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock::new());
        let (truth, queue, feed) = backend::open(&clock);
        let queue = FaultyQueue::around(queue);
        let faults = Arc::<Losses>::default();
        let ports = Ports {
            store: Arc::new(FaultyStore::new(Arc::clone(&truth), Arc::clone(&faults))),
            queue: queue.clone(),
            feed,
            clock,
            random: Random::seeded(5),
        };
        let announcer =
            Announcer::start(Arc::clone(&ports.feed), Arc::clone(&ports.queue), &shutdown);
        Self {
            given: Given::new(),
            ports,
            queue,
            faults,
            truth,
            chain: ScriptedChain::new(),
            venue: ScriptedVenue::new(),
            elsewhere: None,
            births: None,
            announcer,
            shutdown,
        }
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.ports.store
    }

    /// A reader of every event from now on.
    pub(crate) async fn tails(&self) -> Vec<Box<dyn FeedTail>> {
        let mut tails = Vec::new();
        for shard in (0..self.ports.feed.shards()).map(Shard) {
            let tail = self.ports.feed.tail(shard, TailFrom::Now).await;
            tails.push(tail.expect("the feed answers"));
        }
        tails
    }

    pub(crate) fn start(&self, settings: Settings) -> Running {
        let shutdown = Shutdown::new();
        let tokens = Arc::new(TokenList::mainnet());
        let router = Router::new(self.venue.clone(), Duration::from_secs(60), tokens);
        let router = match self.elsewhere.clone() {
            Some(elsewhere) => router.with_elsewhere(elsewhere),
            None => router,
        };
        let router = router.with_limits(Limits {
            legs: 2,
            ..Limits::ONE_POOL
        });
        let valve = Arc::new(Valve::shut_at_first(Arc::clone(&self.ports.clock)));
        let chain = Chain {
            builder: self.chain.clone(),
            landing: Arc::new(ScriptedList::new(self.chain.clone(), Arc::clone(&valve))),
            statuses: self.chain.clone(),
            wallets: Vec::new(),
            valve: Arc::clone(&valve),
            births: self.births.clone().map(|births| births as Arc<dyn Births>),
        };
        let worker = Worker::start(
            &self.ports,
            &self.announcer,
            router,
            chain,
            settings,
            &shutdown,
        );
        Running { worker, shutdown }
    }

    /// A worker, and its one order, which waits for the venue's price.
    pub(crate) async fn being_routed(&self) -> (Running, OrderId) {
        self.venue.set(Mood::Hesitates);
        let running = self.start(settings());
        let order = self.order().await;
        self.when("the venue to be asked", || self.venue.waiting() == 1)
            .await;
        (running, order)
    }

    /// Waits until so many workers are listed, and each has heard of the others.
    pub(crate) async fn all_know_one_another(&self, count: usize) {
        eventually("workers to be listed", || async {
            (self.store().workers().await.unwrap().len() == count).then_some(())
        })
        .await;
        tokio::time::sleep(settings().heartbeat * 2).await;
    }

    /// An order as the gateway takes it: stored, and pushed.
    pub(crate) async fn order(&self) -> OrderId {
        self.order_like(self.given.order()).await
    }

    pub(crate) async fn order_like(&self, order: NewOrder) -> OrderId {
        let client = order.client.clone();
        let order_id = self.given.accept(self.store(), order).await;
        self.announcer.enqueue(Job {
            order_id,
            client,
            starts_execution: true,
            has_fired: false,
        });
        order_id
    }

    pub(crate) async fn orders(&self, count: usize) -> Vec<OrderId> {
        let mut orders = Vec::new();
        for _ in 0..count {
            orders.push(self.order().await);
        }
        orders
    }

    pub(crate) async fn get(&self, order: OrderId) -> Order {
        let found = self.store().order(order, None).await.unwrap();
        found.expect("the order is there")
    }

    /// What is known of the order's transaction beside its events.
    pub(crate) async fn standing(&self, order: OrderId) -> Standing {
        let found = self.store().standings(&[order]).await.unwrap();
        found.into_iter().next().unwrap()
    }

    pub(crate) async fn events(&self, order: OrderId) -> Vec<Event> {
        let events = self.store().events(order, Seq::FIRST).await.unwrap();
        let seqs: Vec<_> = events.iter().map(|event| event.seq.get()).collect();
        assert!(
            (0..).zip(&seqs).all(|(place, seq)| place == *seq),
            "gapless: {seqs:?}"
        );
        events
    }

    pub(crate) async fn statuses(&self, order: OrderId) -> Vec<Status> {
        let events = self.events(order).await;
        events.iter().map(|event| event.data.status()).collect()
    }

    /// Waits until the order has this status.
    pub(crate) async fn until(&self, order: OrderId, status: Status) -> Order {
        eventually(&format!("{order} to be {status}"), || async {
            let now = self.get(order).await;
            assert!(
                !now.status().is_terminal() || now.status() == status,
                "it ended otherwise: {now:?}"
            );
            (now.status() == status).then_some(now)
        })
        .await
    }

    pub(crate) async fn all_until(&self, orders: &[OrderId], status: Status) {
        for order in orders {
            self.until(*order, status).await;
        }
    }

    pub(crate) async fn count(&self, orders: &[OrderId], status: Status) -> usize {
        let mut count = 0;
        for order in orders {
            count += usize::from(self.get(*order).await.status() == status);
        }
        count
    }

    /// Waits until a condition outside the engine holds.
    pub(crate) async fn when(&self, what: &str, holds: impl Fn() -> bool) {
        eventually(what, || async { holds().then_some(()) }).await;
    }

    /// Why the order failed.
    pub(crate) async fn failure(&self, order: OrderId) -> Failure {
        self.until(order, Status::Failed).await;
        match self.events(order).await.pop().unwrap().data {
            EventData::Failed { failure } => failure,
            other => panic!("not failed: {other:?}"),
        }
    }
}
