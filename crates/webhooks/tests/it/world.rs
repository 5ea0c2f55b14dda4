//! A store in memory, a sender, and a receiver that does as a test says, all in virtual time.

use std::collections::HashMap;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use backend_embedded::queue::Limits;
use backend_embedded::{InProcessFeed, InProcessQueue, Settings as StoreSettings, SqliteStore};
use domain::{OrderId, TokenList};
use ports::webhooks::Outbox;
use ports::{Clock, Ports, Random, Shutdown, Store};
use testkit::VirtualClock;
use testkit::contract::Given;
use webhooks::{Message, Receiver, Sender, Settings, SigningKey, Untaken};

pub(crate) const KEY: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What a receiver does with a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Take,
    Refuse,
    /// It never answers.
    Hang,
}

/// A try, as the receiver saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) message: Message,
    pub(crate) at: Duration,
    pub(crate) answer: Answer,
}

type Script = Box<dyn Fn(&Message, Duration) -> Answer + Send + Sync>;

/// Answers by a script and remembers what it saw.
pub(crate) struct Scripted {
    clock: VirtualClock,
    script: Script,
    seen: Mutex<Vec<Seen>>,
    open: AtomicUsize,
    pub(crate) most_open: AtomicUsize,
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripted").finish_non_exhaustive()
    }
}

impl Scripted {
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no test panicked").clone()
    }

    /// The ids of what it has taken, in their order.
    pub(crate) fn taken(&self) -> Vec<String> {
        let seen = self.seen().into_iter();
        seen.filter(|it| it.answer == Answer::Take)
            .map(|it| it.message.id)
            .collect()
    }
}

/// Counts a try that goes on until it is answered or dropped.
struct Open<'a>(&'a AtomicUsize);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Receiver for Scripted {
    async fn post(&self, message: &Message) -> Result<(), Untaken> {
        let at = self.clock.monotonic();
        let answer = (self.script)(message, at);
        let seen = Seen {
            message: message.clone(),
            at,
            answer,
        };
        self.seen.lock().expect("no test panicked").push(seen);
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_open.fetch_max(open, Ordering::Relaxed);
        let _open = Open(&self.open);
        match answer {
            Answer::Take => Ok(()),
            Answer::Refuse => Err(Untaken("the receiver answered 500".to_owned())),
            Answer::Hang => pending().await,
        }
    }

    async fn check(&self) -> Result<(), Untaken> {
        Ok(())
    }
}

/// The store, and what tests do with it.
pub(crate) struct World {
    pub(crate) clock: VirtualClock,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) given: Given,
    ports: Ports,
}

impl World {
    pub(crate) fn new(outbox: Outbox) -> Self {
        let clock = VirtualClock::new();
        let shared: Arc<dyn Clock> = Arc::new(clock);
        let settings = StoreSettings {
            outbox,
            ..StoreSettings::default()
        };
        let store = SqliteStore::in_memory(settings, Arc::clone(&shared)).expect("it opens");
        let store: Arc<dyn Store> = Arc::new(store);
        let random = Random::seeded(7);
        let ports = Ports {
            store: Arc::clone(&store),
            queue: Arc::new(InProcessQueue::new(Limits::default(), Arc::clone(&shared))),
            feed: Arc::new(InProcessFeed::new(&random)),
            clock: shared,
            random,
        };
        Self {
            clock,
            store,
            given: Given::new(),
            ports,
        }
    }

    pub(crate) fn receiver(
        &self,
        script: impl Fn(&Message, Duration) -> Answer + Send + Sync + 'static,
    ) -> Arc<Scripted> {
        Arc::new(Scripted {
            clock: self.clock,
            script: Box::new(script),
            seen: Mutex::default(),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        })
    }

    pub(crate) fn settings(&self, receiver: &Arc<Scripted>) -> Settings {
        Settings {
            receiver: Arc::clone(receiver) as _,
            key: SigningKey::from_base64(KEY).expect("base64"),
            tokens: Arc::new(TokenList::mainnet()),
            max_pending: 1_000_000,
            period: Duration::from_secs(1),
        }
    }

    /// Sends until the shutdown.
    pub(crate) fn start(&self, settings: Settings) -> Shutdown {
        let shutdown = Shutdown::new();
        let sender = Sender::new(&self.ports, settings);
        shutdown.spawn(sender.run(shutdown.clone()));
        shutdown
    }

    /// An order that was confirmed.
    pub(crate) async fn confirmed(&self) -> OrderId {
        let order = self.given.accepted(&self.store).await;
        let mut lease = self.given.leased(&self.store, order).await;
        self.given.confirm(&self.store, &mut lease).await;
        order
    }

    pub(crate) async fn confirmed_many(&self, count: usize) -> Vec<OrderId> {
        let mut orders = Vec::new();
        for _ in 0..count {
            orders.push(self.confirmed().await);
        }
        orders
    }

    /// Pending ones and dead ones.
    pub(crate) async fn counts(&self) -> (u64, u64) {
        let counts = self.store.webhook_counts().await.expect("counts answer");
        (counts.pending, counts.dead)
    }

    /// Lets virtual time pass until the condition holds, and at most so much of it.
    pub(crate) async fn until(&self, at_most: Duration, holds: impl AsyncFn() -> bool) {
        let end = self.clock.monotonic() + at_most;
        while !holds().await {
            assert!(self.clock.monotonic() < end, "it never holds");
            self.clock.sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The places that were taken, in their order, order by order.
pub(crate) fn by_order(ids: &[String]) -> HashMap<String, Vec<u32>> {
    let mut orders: HashMap<String, Vec<u32>> = HashMap::new();
    for id in ids {
        let (order, seq) = id.rsplit_once('_').expect("an id");
        let seq = seq.parse().expect("a number");
        orders.entry(order.to_owned()).or_default().push(seq);
    }
    orders
}
