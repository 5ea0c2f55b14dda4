//! What all processes share: the store, the queue, the feed, the chain, and the faults between
//! them.

use std::sync::Arc;
use std::time::Duration;

use backend_embedded::Settings;
use backend_embedded::queue::Limits;
use backend_embedded::{InProcessFeed, SqliteStore};
use chain_solana::keys::Wallet;
use chain_solana::pools::PoolReader;
use chain_solana::pools::reader::Known;
use chain_solana::settings::Settings as ChainSettings;
use chain_solana::standing::Standings;
use chain_solana::{ChainAssets, Endpoints, Rpc, SolanaChain};
use dex_router::{Router, limits};
use domain::TokenList;
use order_worker::Chain;
use ports::{Clock, Ports, Random, Shutdown, StatusFeed, Store, Valve};
use sim_chain::cluster::GENESIS_HASH;
use sim_chain::rpc::SimRpc;
use sim_chain::service::{Service, ServiceSettings};
use sim_chain::{SimConfig, World as Cluster};
use testkit::{FaultyStore, VirtualClock};

use crate::faults::chain::{FaultyRpc, WitnessedBuilder};
use crate::faults::feed::FaultyFeed;
use crate::faults::lies::Lie;
use crate::faults::queue::{FaultyQueue, SharedQueue};
use crate::faults::store::WayToStore;
use crate::faults::{Line, Server};
use crate::pace::Pace;
use crate::process::{Process, ProcessClock, WallClock};
use crate::steady::Steady;
use crate::witness::Witness;

/// How long a venue may take for a quote.
const QUOTE_LIMIT: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: VirtualClock,
    /// The store's.
    pub(crate) wall: Arc<WallClock>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) queue: Arc<SharedQueue>,
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) servers: Servers,
    feed: Arc<dyn StatusFeed>,
    /// Runs tasks that belong to no process.
    pub(crate) outside: Shutdown,
    /// Ends the faults.
    pub(crate) calm: Shutdown,
    random: Random,
    pub(crate) pace: Pace,
    /// How processes reach the cluster.
    service: Arc<Service>,
    /// Whether the workers have been left alone.
    pub(crate) steady: Steady,
    /// Whether it is counted what transactions spend.
    pub(crate) counts: bool,
    /// Whether most orders wait for a price.
    pub(crate) waits: bool,
}

/// The servers, each with its own faults.
#[derive(Debug)]
pub(crate) struct Servers {
    pub(crate) store: Arc<Server>,
    pub(crate) queue: Arc<Server>,
    pub(crate) feed: Arc<Server>,
    pub(crate) chain: Arc<Server>,
    /// Further endpoints of the chain, each with its lie.
    pub(crate) endpoints: Vec<(Arc<Server>, Option<Lie>)>,
}

impl Servers {
    pub(crate) fn all(&self) -> Vec<&Arc<Server>> {
        let usual = [&self.store, &self.queue, &self.feed, &self.chain];
        let further = self.endpoints.iter().map(|(server, _)| server);
        usual.into_iter().chain(further).collect()
    }
}

/// Two further endpoints in a third of the schedules, of which the last may lie. They have randomness of their own, so
/// that the other schedules stay as they were when there was one endpoint alone.
fn further_endpoints(seed: u64) -> Vec<(Arc<Server>, Option<Lie>)> {
    if seed % 3 != 2 {
        return Vec::new();
    }
    let random = Random::seeded(seed.rotate_left(16));
    let honest = (Server::new("the second endpoint", &random), None);
    let doubtful = Server::new("the third endpoint", &random);
    vec![honest, (doubtful, Lie::draw(&random))]
}

impl World {
    pub(crate) fn new(seed: u64, pace: Pace) -> anyhow::Result<Self> {
        let random = Random::seeded(seed);
        let clock = VirtualClock::new();
        let shared: Arc<dyn Clock> = Arc::new(clock);
        let outside = Shutdown::new();
        let settings = Settings {
            lease: pace.lease,
            longest_rest: pace.longest_rest,
            ..Settings::default()
        };
        let wall = Arc::new(WallClock::new(clock));
        let store = SqliteStore::in_memory(settings, Arc::clone(&wall) as _)?;
        let store: Arc<dyn Store> = Arc::new(store);
        let limits = Limits::default();
        let config = SimConfig {
            latency_scale: pace.latency_scale,
            failure_rate: pace.failure_rates[usize::try_from(random.below(3))?],
            seed: Some(random.bits()),
            ..SimConfig::default()
        };
        let draws = fork(&random);
        let cluster = Cluster::open(&config, Arc::clone(&shared), &draws, &outside)?;
        let service = match pace.endpoints_scale {
            None => Arc::clone(cluster.service()),
            Some(latency_scale) => {
                let settings = ServiceSettings {
                    latency_scale,
                    failure_rate: config.failure_rate,
                    seed,
                    shutdown: outside.clone(),
                };
                Service::new(Arc::clone(cluster.cluster()), settings, Arc::clone(&shared))
            }
        };
        let witness = Witness::new(Arc::clone(&store), Arc::clone(&cluster), clock);
        Ok(Self {
            clock,
            wall,
            store,
            queue: SharedQueue::new(limits, shared),
            feed: Arc::new(InProcessFeed::new(&random)),
            cluster,
            witness: Arc::new(witness),
            servers: Servers {
                store: Server::new("the store", &random),
                queue: Server::new("the queue", &random),
                feed: Server::new("the feed", &random),
                chain: Server::new("the chain", &random),
                endpoints: further_endpoints(seed),
            },
            outside,
            calm: Shutdown::new(),
            random,
            pace,
            service,
            steady: Steady::new(clock),
            // Not drawn, so that the other schedules stay as they were before anything was counted.
            counts: seed % 4 == 1,
            waits: seed % 5 == 3,
        })
    }

    /// A separate stream of randomness for a new actor.
    pub(crate) fn fork(&self) -> Random {
        fork(&self.random)
    }

    fn line(&self, process: &Arc<Process>, server: &Arc<Server>) -> Line {
        Line {
            process: Arc::clone(process),
            server: Arc::clone(server),
            network: self.outside.clone(),
        }
    }

    /// A new process and the ports through which it reaches the world.
    pub(crate) fn process(&self) -> (Arc<Process>, Ports) {
        let process = Process::start(self.clock, self.fork());
        let way = WayToStore {
            witness: Arc::clone(&self.witness),
            line: self.line(&process, &self.servers.store),
        };
        let ports = Ports {
            store: Arc::new(FaultyStore::new(Arc::clone(&self.store), Arc::new(way))),
            queue: Arc::new(FaultyQueue {
                shared: Arc::clone(&self.queue),
                witness: Arc::clone(&self.witness),
                line: self.line(&process, &self.servers.queue),
            }),
            feed: Arc::new(FaultyFeed {
                feed: Arc::clone(&self.feed),
                witness: Arc::clone(&self.witness),
                line: self.line(&process, &self.servers.feed),
            }),
            clock: Arc::new(ProcessClock(Arc::clone(&process))),
            random: self.fork(),
        };
        (process, ports)
    }

    fn rpc_of(&self, process: &Arc<Process>) -> Arc<dyn Rpc> {
        self.endpoint(process, &self.servers.chain, None)
    }

    fn endpoint(
        &self,
        process: &Arc<Process>,
        server: &Arc<Server>,
        lie: Option<Lie>,
    ) -> Arc<dyn Rpc> {
        Arc::new(FaultyRpc {
            rpc: Arc::new(SimRpc::new(Arc::clone(&self.service))),
            cluster: Arc::clone(&self.cluster),
            witness: Arc::clone(&self.witness),
            line: self.line(process, server),
            lie,
        })
    }

    /// The cluster's endpoints as one, where there are several; an eye is kept on them until the process stops.
    fn endpoints_of(
        &self,
        process: &Arc<Process>,
        (clock, valve): (&Arc<dyn Clock>, &Arc<Valve>),
        shutdown: &Shutdown,
    ) -> Option<Arc<Endpoints>> {
        if self.servers.endpoints.is_empty() {
            return None;
        }
        let further = self.servers.endpoints.iter();
        let further = further.map(|(server, lie)| (server, *lie));
        let all = [(&self.servers.chain, None)].into_iter().chain(further);
        let all = all.enumerate().map(|(n, (server, lie))| {
            let name = format!("endpoint {n}");
            (name, self.endpoint(process, server, lie))
        });
        let endpoints = Endpoints::new(all.collect(), GENESIS_HASH, Arc::clone(clock))
            .expect("invariant: three endpoints are not too many")
            .behind(Arc::clone(valve));
        let endpoints = Arc::new(endpoints);
        let watched = Arc::clone(&endpoints);
        shutdown.spawn_until_soft(async move { watched.watch().await });
        Some(endpoints)
    }

    /// The facts of mints as a process finds them out.
    pub(crate) fn assets_of(&self, process: &Arc<Process>, ports: &Ports) -> ChainAssets {
        let clock = Arc::clone(&ports.clock);
        ChainAssets::new(self.rpc_of(process), clock, ports.store.clone())
    }

    /// The cluster as a process reaches it: the venues for its router, and its own side of a chain.
    pub(crate) fn chain_of(
        &self,
        process: &Arc<Process>,
        ports: &Ports,
        shutdown: &Shutdown,
    ) -> (Router, Chain) {
        let clock = Arc::clone(&ports.clock);
        let valve = Arc::new(Valve::shut_at_first(Arc::clone(&clock)));
        let endpoints = self.endpoints_of(process, (&clock, &valve), shutdown);
        let rpc: Arc<dyn Rpc> = match &endpoints {
            Some(endpoints) => endpoints.clone(),
            None => self.rpc_of(process),
        };
        let settings = ChainSettings::simulated(self.pace.latency_scale);
        let known = Known {
            directory: Some(ports.store.clone()),
            ..Known::default()
        };
        let pools = PoolReader::finding(Arc::clone(&rpc), Arc::clone(&clock), &settings, known);
        let pools = Arc::new(pools);
        let router = Router::new(pools.clone(), QUOTE_LIMIT, Arc::new(TokenList::mainnet()));
        let router = router.with_limits(limits::Limits {
            legs: 2,
            hops: self.pace.hops,
            ..limits::Limits::ONE_POOL
        });
        let wallet = Wallet::of_simulated_cluster(&GENESIS_HASH);
        let signer = self.service.signer(wallet);
        let statuses = Arc::new(Standings::new(Arc::clone(&rpc)));
        let mut chain =
            SolanaChain::new(pools, rpc, signer, clock, settings).behind(Arc::clone(&valve));
        if let Some(endpoints) = &endpoints {
            chain = chain.with_witnesses(endpoints);
        }
        if self.counts {
            chain = chain.counting_in(ports.store.clone());
        }
        let chain = Arc::new(chain);
        let builder = Arc::new(WitnessedBuilder {
            builder: chain.clone(),
            witness: Arc::clone(&self.witness),
        });
        let landing = chain;
        (
            router,
            Chain {
                builder,
                landing,
                statuses,
                wallets: Vec::new(),
                valve,
                births: None,
            },
        )
    }

    /// Lets virtual time pass.
    pub(crate) async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }

    /// Whether the faults have stopped.
    pub(crate) fn is_calm(&self) -> bool {
        self.calm.is_stopping()
    }
}

fn fork(random: &Random) -> Random {
    Random::seeded(random.bits())
}
