//! One worker over the embedded backends and a simulated cluster, in this process or over JSON-RPC.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpServer};
use backend_embedded::queue::Limits;
use backend_embedded::{InProcessFeed, InProcessQueue, Settings, SqliteStore};
use chain_solana::history::ChainHistory;
use chain_solana::keys::{Signer as _, Wallet};
use chain_solana::pace::Pace;
use chain_solana::pools::PoolReader;
use chain_solana::rpc::Commitment;
use chain_solana::rpc::http::{Endpoint, HttpRpc, Limits as HttpLimits};
use chain_solana::rpc::notices::Notices;
use chain_solana::rpc::socket::SignatureSocket;
use chain_solana::settings::Settings as ChainSettings;
use chain_solana::standing::Standings;
use chain_solana::{Rpc, SolanaChain};
use dex_router::Router;
use dex_router::router::RouteRequest;
use domain::spending::SpendLimits;
use domain::{Address, Event, OrderId, Seq, Status, TokenList};
use order_worker::Chain;
use order_worker::settings::LimitScope;
use ports::job_queue::Job;
use ports::landing::{Fate, Landing as _};
use ports::ledger::{Ledger as _, LedgerEntry, LedgerFilter};
use ports::reconciliation::{OnAlarm, Reconciler};
use ports::retry::Policy;
use ports::simulation::Faults;
use ports::transaction_builder::{Execution, TransactionBuilder as _};
use ports::{Announcer, Clock, Ports, Random, Result, Shutdown, Simulation as _, Store, Valve};
use sim_chain::cluster::GENESIS_HASH;
use sim_chain::node::http;
use sim_chain::{SimConfig, World as Cluster};
use testkit::FaultyStore;
use testkit::contract::Given;
use testkit::faulty_store::{Outcome, Weather, Write};
use tokio::task::JoinSet;

const LOOK: Duration = Duration::from_millis(500);
/// Lines of the ledger in one answer.
const PAGE: usize = 500;

pub(crate) struct World {
    given: Given,
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    counted: Arc<Counted>,
    ports: Ports,
    cluster: Arc<Cluster>,
    announcer: Announcer,
    shutdown: Shutdown,
    servers: Mutex<JoinSet<std::io::Result<()>>>,
}

/// How a worker is set up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Worker {
    pub(crate) way: Way,
    pub(crate) pace: Pace,
    pub(crate) concurrency: u32,
}

/// By which way it asks the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    InThisProcess,
    /// Asking alone.
    OverHttp,
    /// Asking and listening.
    WithSocket,
}

impl Worker {
    /// In the cluster's process, where times are multiplied by this.
    pub(crate) fn inside(scale: f64) -> Self {
        Self {
            way: Way::InThisProcess,
            pace: Pace::simulated(scale),
            concurrency: 100,
        }
    }
}

/// A worker that runs.
pub(crate) struct Running(Shutdown);

impl Running {
    pub(crate) async fn stop(self) {
        self.0.request_soft();
        self.0.finished().await;
    }
}

/// What workers have written into the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Writes {
    /// Grants, each of which is a look at an order.
    pub(crate) looks: u64,
    pub(crate) all: u64,
}

impl Writes {
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            looks: self.looks - before.looks,
            all: self.all - before.all,
        }
    }
}

/// The way to the store, on which writes are counted.
#[derive(Debug, Default)]
struct Counted {
    looks: AtomicU64,
    all: AtomicU64,
}

impl Weather for Counted {
    async fn ask<T: Send>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        call.await
    }

    async fn tell<T: Outcome>(
        &self,
        write: Write,
        call: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let answer = call.await;
        let has_won = answer.as_ref().is_ok_and(Outcome::has_won);
        match write {
            Write::Claim(..) if has_won => {
                self.looks.fetch_add(1, Ordering::Relaxed);
            }
            Write::Presence | Write::Other => return answer,
            _ => {}
        }
        self.all.fetch_add(1, Ordering::Relaxed);
        answer
    }
}

impl World {
    /// A cluster whose times are multiplied by this.
    pub(crate) fn new(clock: Arc<dyn Clock>, scale: f64) -> Self {
        let shutdown = Shutdown::new();
        let random = Random::seeded(11);
        let store = SqliteStore::in_memory(Settings::default(), Arc::clone(&clock)).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let counted = Arc::<Counted>::default();
        let ports = Ports {
            store: Arc::new(FaultyStore::new(Arc::clone(&store), Arc::clone(&counted))),
            queue: Arc::new(InProcessQueue::new(Limits::default(), Arc::clone(&clock))),
            feed: Arc::new(InProcessFeed::new(&random)),
            clock: Arc::clone(&clock),
            random,
        };
        let config = SimConfig {
            latency_scale: scale,
            seed: Some(5),
            ..SimConfig::default()
        };
        let cluster = Cluster::open(&config, Arc::clone(&clock), &ports.random, &shutdown).unwrap();
        let announcer =
            Announcer::start(Arc::clone(&ports.feed), Arc::clone(&ports.queue), &shutdown);
        Self {
            given: Given::new(),
            clock,
            store,
            counted,
            ports,
            cluster,
            announcer,
            shutdown,
            servers: Mutex::default(),
        }
    }

    /// Serves the cluster as a node; returns its address.
    fn serve(&self) -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = self.cluster.service().clone();
        let server = HttpServer::new(move || {
            let service = service.clone();
            App::new().configure(move |config| http::configure(config, service))
        });
        let server = server.workers(1).disable_signals().listen(listener);
        self.servers.lock().unwrap().spawn(server.unwrap().run());
        url.parse().unwrap()
    }

    fn chain(&self, worker: &Worker) -> (Arc<dyn Rpc>, Option<Arc<dyn Notices>>) {
        if worker.way == Way::InThisProcess {
            return (self.cluster.rpc(), None);
        }
        let endpoint = self.serve();
        // It serves its sockets at the same place, so that no other port need be free.
        let sockets = format!("{endpoint}").replace("http", "ws");
        let socket = (worker.way == Way::WithSocket).then(|| {
            let (clock, random) = (Arc::clone(&self.clock), self.ports.random.clone());
            let landed = Commitment::Confirmed;
            let socket = SignatureSocket::new(sockets.parse().unwrap(), landed, clock, random);
            Arc::new(socket) as Arc<dyn Notices>
        });
        let rpc = HttpRpc::new(endpoint, HttpLimits::default()).unwrap();
        (Arc::new(rpc), socket)
    }

    pub(crate) fn rpc(&self) -> Arc<dyn Rpc> {
        self.cluster.rpc()
    }

    /// Compares the engine's wallet with what the store knows of it.
    pub(crate) fn reconciler(&self) -> Reconciler {
        let wallet = Wallet::of_simulated_cluster(&GENESIS_HASH);
        let address = Address::new(wallet.address().0);
        let tokens = TokenList::mainnet();
        let listed = tokens.listings().iter().map(|it| it.asset).collect();
        Reconciler {
            store: Arc::clone(&self.store),
            history: Arc::new(ChainHistory::new(self.cluster.rpc(), address, listed)),
            clock: Arc::clone(&self.clock),
        }
    }

    /// A swap that the engine's key signs and no order names.
    pub(crate) async fn swap_of_nobody(&self) {
        let (router, chain, _) = self.solana(&Worker::inside(0.0));
        let order = self.given.order();
        let decided = router.decide(&RouteRequest::from(&order.terms)).await;
        let execution = Execution::of(order.id, 1, &decided.unwrap().choice).unwrap();
        let transaction = chain.build(&execution).await.unwrap();
        let attending = chain.attend();
        let landing = async {
            chain.keep(order.id, &transaction).await.unwrap();
            while !matches!(chain.fate(&transaction).await, Ok(Fate::Landed { .. })) {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::select! {
            () = attending => {}
            () = landing => {}
        }
    }

    fn solana(&self, worker: &Worker) -> (Router, Arc<SolanaChain>, Arc<dyn Rpc>) {
        let (rpc, socket) = self.chain(worker);
        let asked = Arc::clone(&rpc);
        let clock = || Arc::clone(&self.clock);
        let settings = ChainSettings {
            pace: worker.pace,
            ..ChainSettings::simulated(0.0)
        };
        let pools = Arc::new(PoolReader::new(Arc::clone(&rpc), clock(), &settings));
        let tokens = Arc::new(TokenList::mainnet());
        let router = Router::new(pools.clone(), Duration::from_secs(2), tokens);
        let wallet = Wallet::of_simulated_cluster(&GENESIS_HASH);
        let signer = self.cluster.service().signer(wallet);
        let chain = SolanaChain::new(pools, rpc, signer, clock(), settings);
        let chain = match socket {
            Some(socket) => chain.hearing_from(socket),
            None => chain,
        };
        (router, Arc::new(chain), asked)
    }

    pub(crate) fn start(&self, worker: Worker) -> Running {
        let shutdown = Shutdown::new();
        let clock = || Arc::clone(&self.clock);
        let (router, chain, standing_rpc) = self.solana(&worker);
        let chain = Chain {
            builder: chain.clone(),
            landing: chain,
            statuses: Arc::new(Standings::new(standing_rpc)),
            wallets: Vec::new(),
            valve: Arc::new(Valve::open(clock())),
            births: None,
        };
        let settings = order_worker::Settings {
            version: "0.1.0".to_owned(),
            host: "test".to_owned(),
            concurrency: worker.concurrency,
            rate: None,
            scope: LimitScope::Worker,
            max_executions: 5,
            max_impact: None,
            limits: SpendLimits::default(),
            retry: Policy {
                base_delay: Duration::from_secs(1),
                max_delay: Duration::from_secs(5),
            },
            lease: Settings::default().lease,
            heartbeat: Duration::from_secs(5),
            sweep: Duration::from_secs(5),
            halt_after_reverts: None,
            on_alarm: OnAlarm::Tell,
            doubt_after: Duration::from_secs(600),
        };
        // The handle is not needed: the worker ends with its shutdown.
        let _ = order_worker::Worker::start(
            &self.ports,
            &self.announcer,
            router,
            chain,
            settings,
            &shutdown,
        );
        Running(shutdown)
    }

    pub(crate) async fn set_faults(&self, faults: Faults) {
        self.cluster.set_faults(&faults).await.unwrap();
    }

    pub(crate) async fn accept(&self, count: usize) -> Vec<OrderId> {
        let mut accepted = Vec::with_capacity(count);
        for _ in 0..count {
            let order = self.given.order();
            let client = order.client.clone();
            let order_id = self.given.accept(&self.store, order).await;
            self.announcer.enqueue(Job {
                order_id,
                client,
                starts_execution: true,
                has_fired: false,
            });
            accepted.push(order_id);
        }
        accepted
    }

    /// How many orders have a status.
    pub(crate) async fn count(&self, status: Status) -> usize {
        let counts = self.store.counts().await.unwrap();
        counts.by_status[status.index()].try_into().unwrap()
    }

    /// Waits until so many have a status at the same time.
    pub(crate) async fn until(&self, count: usize, status: Status) {
        while self.count(status).await < count {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// How many were executed once, and how many more often.
    pub(crate) async fn executions(&self, orders: &[OrderId]) -> (usize, usize) {
        let (mut first, mut later) = (0, 0);
        for order in orders {
            let found = self.store.order(*order, None).await.unwrap().unwrap();
            match found.executions {
                1 => first += 1,
                _ => later += 1,
            }
        }
        (first, later)
    }

    pub(crate) fn writes(&self) -> Writes {
        Writes {
            looks: self.counted.looks.load(Ordering::Relaxed),
            all: self.counted.all.load(Ordering::Relaxed),
        }
    }

    /// The events of an order.
    pub(crate) async fn events(&self, order: OrderId) -> Vec<Event> {
        self.store.events(order, Seq::FIRST).await.unwrap()
    }

    /// The swaps that took effect on the cluster, whoever sent them.
    pub(crate) async fn landed(&self) -> Vec<LedgerEntry> {
        let mut filter = LedgerFilter {
            limit: PAGE,
            ..LedgerFilter::default()
        };
        let mut landed = Vec::new();
        loop {
            let page = self.cluster.entries(&filter).await.unwrap();
            landed.extend(page.entries.into_iter().filter(|entry| entry.ok));
            filter.after = page.next;
            if filter.after.is_none() {
                return landed;
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request_hard();
    }
}
