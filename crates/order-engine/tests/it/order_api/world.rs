//! The engine that a case meets: one process over its own folder, or two gateways and three workers over
//! Redis and PostgreSQL. Cases see clients and operators, and nothing of which of the two it is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use testkit::cluster::{Scratch, Size};
use testkit::engine::Engine;

use super::Settings;
use super::caller::Caller;

/// A process of a cluster may stand still for so long on a busy machine while the others go on.
const STALL: Duration = Duration::from_secs(5);

/// An engine with its clients.
#[derive(Debug)]
pub(super) struct World {
    engine: Running,
    gateways: Vec<String>,
    /// Of `API_KEYS`, in their order.
    keys: Vec<String>,
    admin: Option<String>,
    /// How many of the keys have been given to cases.
    given: AtomicUsize,
}

#[derive(Debug)]
enum Running {
    Process(Box<Engine>),
    Cluster(Box<Scratch>),
}

impl World {
    /// The all-in-one engine.
    pub(super) async fn process(settings: Settings) -> Result<Self> {
        let engine = Engine::start(settings).await?;
        let gateways = vec![engine.url("")];
        Ok(Self::new(
            Running::Process(Box::new(engine)),
            gateways,
            settings,
        ))
    }

    /// Two gateways and three workers.
    pub(super) async fn cluster(settings: Settings) -> Result<Self> {
        let cluster = Scratch::start(Size::default(), settings).await?;
        let gateways = cluster.target().gateways;
        Ok(Self::new(
            Running::Cluster(Box::new(cluster)),
            gateways,
            settings,
        ))
    }

    fn new(engine: Running, gateways: Vec<String>, settings: Settings) -> Self {
        let of = |name: &str| settings.iter().find(|(known, _)| *known == name);
        let pairs = of("API_KEYS").map_or("", |(_, pairs)| *pairs).split(',');
        let keys = pairs.filter_map(|pair| Some(pair.split_once(':')?.1.to_owned()));
        Self {
            engine,
            gateways,
            keys: keys.collect(),
            admin: of("ADMIN_KEY").map(|(_, key)| (*key).to_owned()),
            given: AtomicUsize::new(0),
        }
    }

    /// A client that has handed nothing in yet; without keys all are the same one.
    ///
    /// # Panics
    /// Where cases ask for more clients than there are keys.
    pub(super) fn client(&self) -> Caller {
        if self.keys.is_empty() {
            return self.nobody();
        }
        let next = self.given.fetch_add(1, Ordering::Relaxed);
        let key = self.keys.get(next).expect("a key is left for this client");
        Caller::new(&self.gateways, Some(key.clone()))
    }

    /// Somebody without a key.
    pub(super) fn nobody(&self) -> Caller {
        Caller::new(&self.gateways, None)
    }

    /// The operators.
    pub(super) fn operator(&self) -> Caller {
        Caller::new(&self.gateways, self.admin.clone())
    }

    pub(super) fn gateways(&self) -> usize {
        self.gateways.len()
    }

    pub(super) fn workers(&self) -> usize {
        match &self.engine {
            Running::Process(_) => 1,
            Running::Cluster(_) => Size::default().workers,
        }
    }

    /// By how much one part may lag behind another: in one process all stand still together.
    pub(super) fn stall(&self) -> Duration {
        match &self.engine {
            Running::Process(_) => Duration::ZERO,
            Running::Cluster(_) => STALL,
        }
    }

    /// How many orders the store holds, of every status and client. The process is asked by its API, whose
    /// counts may be a second old: so it is asked until there are `at_least` so many.
    pub(super) async fn stored(&self, at_least: u64) -> Result<u64> {
        match &self.engine {
            Running::Process(_) => {
                let operator = self.operator();
                let enough = |stats: &Value| counted(stats) >= at_least;
                Ok(counted(&operator.until_at("/api/stats", enough).await?))
            }
            Running::Cluster(cluster) => {
                let rows = cluster.ask_postgres("select count(*) from orders")?;
                rows.parse().context("read a count")
            }
        }
    }

    /// Makes the feed forget what it has brought: it is in the process, or in Redis.
    pub(super) async fn lose_feed(&mut self) -> Result<()> {
        match &mut self.engine {
            Running::Process(engine) => engine.restart().await,
            Running::Cluster(cluster) => cluster.ask_redis(&["FLUSHALL"]).map(drop),
        }
    }
}

fn counted(stats: &Value) -> u64 {
    let counts = stats["byStatus"].as_object().into_iter().flatten();
    counts.filter_map(|(_, count)| count.as_u64()).sum()
}
