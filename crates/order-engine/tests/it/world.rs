//! The engine that a case gets: one process over its own folder, or two gateways and three workers
//! over Redis and PostgreSQL. Cases see clients and operators, and cannot tell which of the two it
//! is.
//!
//! A case is written once and registered twice: [`over_process`] starts an engine for each; in
//! [`over_cluster`] cases with the same settings run one after the other on one cluster. There
//! every case is a separate client and leaves no pause behind.

pub(crate) mod caller;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use cluster::e2e::Target;
use cluster::engine::Engine;
use cluster::http::http;
use cluster::{Chain, Member, Scratch, Size};
use nix::sys::signal::Signal;
use serde_json::Value;

use caller::{Caller, PATIENCE, POLL};

/// Variables of an engine.
pub(crate) type Settings = &'static [(&'static str, &'static str)];

pub(crate) const NONE: Settings = &[];
/// Prices stay, however many blocks a slow machine lets pass between a quote and its execution: for cases that count
/// events and attempts.
pub(crate) const STILL: (&str, &str) = ("SIM_MARKET", "still");
/// A cluster of processes that takes its simulated cluster for somebody else's.
pub(crate) const LIVE: Settings = &[("ORDER_VENUE_MODE", "live"), ("SIM_LATENCY_SCALE", "0.1")];
/// A live engine waits in slots of 400 ms, so a transaction of a much faster cluster would often expire.
pub(crate) const LIVE_CHAIN: [(&str, &str); 1] = [("SIM_LATENCY_SCALE", "0.1")];
/// As many clients as the largest group of cases needs.
pub(crate) const CLIENTS: (&str, &str) = (
    "API_KEYS",
    "a:ka,b:kb,c:kc,d:kd,e:ke,f:kf,g:kg,h:kh,i:ki,j:kj,k:kk,l:kl,m:km,n:kn,o:ko,p:kp,q:kq,r:kr,s:ks,t:kt,\
     u:ku,v:kv,w:kw,x:kx,y:ky,z:kz",
);
pub(crate) const OPERATORS: (&str, &str) = ("ADMIN_KEY", "root");

/// How long a process of a cluster may stall on a busy machine while the others go on.
const STALL: Duration = Duration::from_secs(5);

/// Registers cases over the all-in-one engine, each on a separate store. A case gets a [`World`],
/// or a type that contains one.
macro_rules! over_process {
    ($given:ident: $($module:ident::$case:ident($settings:expr)),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() -> anyhow::Result<()> {
                $module::$case(&mut $given::process($settings).await?).await
            }
        )+
    };
}
pub(crate) use over_process;

/// Registers cases over one cluster, on which they run one after the other.
macro_rules! over_cluster {
    (
        $(#[$attribute:meta])*
        $given:ident: $name:ident($settings:expr): $($module:ident::$case:ident),+ $(,)?
    ) => {
        $(#[$attribute])*
        #[tokio::test]
        async fn $name() -> anyhow::Result<()> {
            let mut given = $given::cluster($settings).await?;
            $(
                let case = $module::$case(&mut given).await;
                anyhow::Context::context(case, stringify!($case))?;
            )+
            Ok(())
        }
    };
}
pub(crate) use over_cluster;

/// An engine with its clients.
#[derive(Debug)]
pub(crate) struct World {
    engine: Running,
    gateways: Vec<String>,
    /// Of `API_KEYS`, in their order.
    keys: Vec<String>,
    admin: Option<String>,
    /// How many of the keys have been given to cases.
    given: AtomicUsize,
    /// What it takes for somebody else's cluster, in live.
    chain: Option<Chain>,
}

#[derive(Debug)]
enum Running {
    Process(Box<Engine>),
    Cluster(Box<Scratch>),
}

/// A store that is frozen until this is dropped.
#[derive(Debug)]
pub(crate) struct FrozenStore(Member);

impl FrozenStore {
    pub(crate) fn thaw(self) {}
}

impl Drop for FrozenStore {
    fn drop(&mut self) {
        self.0.thaw();
    }
}

/// Which part of an engine is killed; of one process all of it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// The gateway of [`World::address`]; the other one goes on.
    Gateway,
    Workers,
    Everything,
}

impl World {
    /// The all-in-one engine.
    pub(crate) async fn process(settings: Settings) -> Result<Self> {
        let engine = Engine::start(settings).await?;
        let gateways = vec![engine.url("")];
        Ok(Self::new(
            Running::Process(Box::new(engine)),
            gateways,
            settings,
        ))
    }

    /// The all-in-one engine in live, with a funded wallet on a simulated cluster of another process.
    pub(crate) async fn live(settings: Settings) -> Result<Self> {
        let chain = Chain::start(&LIVE_CHAIN).await?;
        let wallet = chain.wallet("wallet").await?;
        let variables = wallet.live_on(chain.url());
        let variables = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        let all: Vec<_> = settings.iter().copied().chain(variables).collect();
        let engine = Engine::start(&all).await?;
        let gateways = vec![engine.url("")];
        let world = Self::new(Running::Process(Box::new(engine)), gateways, settings);
        Ok(Self {
            chain: Some(chain),
            ..world
        })
    }

    /// Two gateways and three workers.
    pub(crate) async fn cluster(settings: Settings) -> Result<Self> {
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
            chain: None,
        }
    }

    /// A client that has submitted nothing yet; without keys all are the same one.
    ///
    /// # Panics
    /// If cases ask for more clients than there are keys.
    pub(crate) fn client(&self) -> Caller {
        if self.keys.is_empty() {
            return self.nobody();
        }
        let next = self.given.fetch_add(1, Ordering::Relaxed);
        let key = self.keys.get(next).expect("a key is left for this client");
        Caller::new(&self.gateways, Some(key.clone()))
    }

    /// A caller without a key.
    pub(crate) fn nobody(&self) -> Caller {
        Caller::new(&self.gateways, None)
    }

    /// The operators.
    pub(crate) fn operator(&self) -> Caller {
        Caller::new(&self.gateways, self.admin.clone())
    }

    /// The address of a caller who stays on one gateway.
    pub(crate) fn address(&self) -> String {
        self.gateways[0].clone()
    }

    /// All gateways, for a caller without a key.
    pub(crate) fn target(&self) -> Target {
        let target = Target::new(self.gateways.clone());
        match (&self.chain, &self.engine) {
            (Some(chain), _) => target.live_on(chain.url()),
            (None, Running::Cluster(cluster)) => Target {
                chain: cluster.target().chain,
                ..target
            },
            (None, Running::Process(_)) => target,
        }
    }

    /// The ports of all gateways.
    pub(crate) fn doors(&self) -> Vec<SocketAddr> {
        match &self.engine {
            Running::Process(engine) => vec![engine.address()],
            Running::Cluster(cluster) => {
                let ports = cluster.state().gateways.iter().map(Member::port);
                ports
                    .map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
                    .collect()
            }
        }
    }

    pub(crate) fn gateways(&self) -> usize {
        self.gateways.len()
    }

    pub(crate) fn workers(&self) -> usize {
        match &self.engine {
            Running::Process(_) => 1,
            Running::Cluster(_) => Size::default().workers,
        }
    }

    /// The addresses of all its processes, including the simulated Solana cluster's.
    pub(crate) fn processes(&self) -> Vec<String> {
        match &self.engine {
            Running::Process(engine) => vec![engine.url("")],
            Running::Cluster(cluster) => {
                let all = members(cluster).chain(&cluster.state().sim);
                all.map(|member| member.url.clone()).collect()
            }
        }
    }

    /// The metrics of all its processes, one after the other.
    pub(crate) async fn metrics(&self) -> Result<String> {
        let mut all = String::new();
        for address in self.processes() {
            let answer = http().get(format!("{address}/metrics")).send().await;
            let answer = answer.with_context(|| address.clone())?;
            all += &answer.error_for_status()?.text().await?;
        }
        Ok(all)
    }

    /// Kills a part of it as a power cut would.
    pub(crate) fn kill(&mut self, part: Part) -> Result<()> {
        let address = self.address();
        match &mut self.engine {
            Running::Process(engine) => engine.kill(),
            Running::Cluster(cluster) => {
                let state = cluster.state();
                match part {
                    Part::Gateway => {
                        let mut gateways = state.gateways.iter();
                        let at_address = gateways.find(|gateway| gateway.url == address);
                        at_address.context("the gateway runs")?.kill();
                    }
                    Part::Workers => state.workers.iter().for_each(Member::kill),
                    Part::Everything => members(cluster).for_each(Member::kill),
                }
                Ok(())
            }
        }
    }

    /// Asks all of it to end.
    pub(crate) fn ask_to_stop(&mut self) -> Result<()> {
        match &mut self.engine {
            Running::Process(engine) => engine.program().signal(Signal::SIGTERM),
            Running::Cluster(cluster) => {
                members(cluster).for_each(|member| member.signal(Signal::SIGTERM));
                Ok(())
            }
        }
    }

    /// Waits until all of it has ended as it was asked to, with nothing to complain of.
    pub(crate) async fn stopped(&mut self, limit: Duration) -> Result<()> {
        match &mut self.engine {
            Running::Process(engine) => {
                let status = engine.program().exited(limit).await?;
                ensure!(status.code() == Some(0), "{status}");
            }
            Running::Cluster(cluster) => {
                let gone = async {
                    while members(cluster).any(Member::is_live) {
                        tokio::time::sleep(POLL).await;
                    }
                };
                let in_time = tokio::time::timeout(limit, gone).await;
                in_time.context("it does not end")?;
                for member in members(cluster) {
                    let code = member.exit_code();
                    ensure!(code == Some(0), "{}: {code:?}", member.name);
                }
            }
        }
        Ok(())
    }

    /// Starts again, in its place, what was killed.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        match &mut self.engine {
            Running::Process(engine) => engine.restart().await,
            Running::Cluster(cluster) => cluster.scale(Size::default()).await,
        }
    }

    /// Asks the gateway of [`World::address`] to end and waits until it has, with nothing to complain of.
    /// `meanwhile` is done once it has been asked.
    pub(crate) async fn stop_gateway(
        &self,
        meanwhile: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        let Running::Cluster(cluster) = &self.engine else {
            bail!("one process is no gateway alone");
        };
        let mut gateways = cluster.state().gateways.iter();
        let gateway = gateways.find(|gateway| gateway.url == self.gateways[0]);
        let gateway = gateway.context("the gateway runs")?;
        gateway.signal(Signal::SIGTERM);
        meanwhile.await?;
        let gone = async {
            while gateway.is_live() {
                tokio::time::sleep(POLL).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, gone).await;
        in_time.context("the gateway does not end")?;
        let code = gateway.exit_code();
        ensure!(code == Some(0), "the gateway ended with {code:?}");
        Ok(())
    }

    /// Freezes the store while everything else runs: possible in a cluster, whose store is a
    /// server.
    pub(crate) fn freeze_store(&self) -> Result<FrozenStore> {
        let Running::Cluster(cluster) = &self.engine else {
            bail!("the store is in the process");
        };
        let store = cluster.state().postgres.clone();
        let store = store.context("PostgreSQL is up")?;
        store.freeze();
        Ok(FrozenStore(store))
    }

    /// Waits until every gateway reads and writes again.
    pub(crate) async fn heals(&self) -> Result<()> {
        let client = self.nobody();
        for gateway in 0..self.gateways() {
            let there = client.on(gateway);
            let healing = async {
                while there.get("/ready").await?.status != 200 {
                    tokio::time::sleep(POLL).await;
                }
                anyhow::Ok(())
            };
            let in_time = tokio::time::timeout(PATIENCE, healing).await;
            in_time.with_context(|| format!("gateway {gateway} is not ready again"))??;
        }
        Ok(())
    }

    /// By how much one part may lag behind another; in one process all parts stall together.
    pub(crate) fn stall(&self) -> Duration {
        match &self.engine {
            Running::Process(_) => Duration::ZERO,
            Running::Cluster(_) => STALL,
        }
    }

    /// How many orders the store holds, of every status and client. The process is asked by its API, whose
    /// counts may be a second old: so it is asked until there are `at_least` so many.
    pub(crate) async fn stored(&self, at_least: u64) -> Result<u64> {
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

    /// Makes the feed forget its events, inside the process or in Redis.
    pub(crate) async fn lose_feed(&mut self) -> Result<()> {
        match &mut self.engine {
            Running::Process(engine) => engine.restart().await,
            Running::Cluster(cluster) => cluster.ask_redis(&["FLUSHALL"]).map(drop),
        }
    }
}

/// The gateways and workers of a cluster.
fn members(cluster: &Scratch) -> impl Iterator<Item = &Member> {
    let state = cluster.state();
    state.gateways.iter().chain(&state.workers)
}

fn counted(stats: &Value) -> u64 {
    let counts = stats["byStatus"].as_object().into_iter().flatten();
    counts.filter_map(|(_, count)| count.as_u64()).sum()
}
