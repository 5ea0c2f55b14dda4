//! The choice of backends: the only place in the workspace that knows which exist.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use backend_embedded::queue::Limits;
use backend_embedded::{InProcessFeed, InProcessQueue, OpenError, SqliteStore};
use backend_postgres::{PgSettings, PgStore, StatementCache};
use backend_redis::{FeedSettings, QueueSettings, RedisFeed, RedisQueue, RedisServer, StartLimit};
use domain::Address;
use domain::spending::Purpose;
use ports::cluster::Rebound;
use ports::order_store::LONGEST_FIXED_REST;
use ports::retry::Policy;
use ports::safety::Peeked;
use ports::webhooks::Outbox;
use ports::{Bound, Clock, ClusterId, Error, JobQueue, Ports, Random, Shutdown, StatusFeed, Store};
use tracing::{info, warn};

use config::args::Stop;
use config::secret::{Secret, without_password};
use config::{Config, LimitScope, Servers, WebhookEvents};

/// Where the state is kept, as configured.
#[derive(Debug)]
enum Configured<'a> {
    /// SQLite, queue and feed inside this process.
    Embedded { folder: &'a Path },
    /// PostgreSQL; queue and feed inside this process, so no second process may use that database.
    Postgres { database: &'a Secret },
    /// PostgreSQL and Redis, for any number of processes.
    PostgresAndRedis { database: &'a Secret, redis: Secret },
}

impl<'a> Configured<'a> {
    fn of(servers: &'a Servers) -> Self {
        match (&servers.database_url, servers.redis()) {
            (Some(database), Some(redis)) => Self::PostgresAndRedis { database, redis },
            (Some(database), None) => Self::Postgres { database },
            (None, _) => Self::Embedded {
                folder: &servers.data_dir,
            },
        }
    }
}

/// What is said of a store that does not say to which cluster it belongs.
const UNBOUND: &str = "could not ask the store for its cluster";
/// Waits between two questions to a store that does not answer.
const ASK_AGAIN: Policy = Policy {
    base_delay: Duration::from_millis(100),
    max_delay: Duration::from_secs(1),
};

/// The process was asked to stop while it waited for a server, before it had anything to finish.
#[derive(Debug)]
pub struct StoppedWaiting(pub(crate) &'static str);

impl std::error::Error for StoppedWaiting {}

impl fmt::Display for StoppedWaiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "asked to stop before {} could be reached", self.0)
    }
}

/// Opens the configured backends. Waits for unreachable servers, until the process is asked to
/// stop.
pub async fn open(
    config: &Config,
    clock: Arc<dyn Clock>,
    random: Random,
    shutdown: &Shutdown,
) -> anyhow::Result<Ports> {
    let (store, queue, feed) = match Configured::of(&config.servers) {
        Configured::Embedded { folder } => {
            if config.servers.redis().is_some() {
                warn!("REDIS_URL is ignored: without DATABASE_URL everything is in this process");
            }
            let store = embedded(config, folder, &clock)?;
            let queue = in_process_queue(&clock);
            (store, queue, in_process_feed(&random))
        }
        Configured::Postgres { database } => {
            let store = postgres(config, database, shutdown).await?;
            let queue = in_process_queue(&clock);
            (store, queue, in_process_feed(&random))
        }
        Configured::PostgresAndRedis { database, redis } => {
            let server = RedisServer::new(redis.expose());
            let queue = redis_queue(config, server.clone()).await?;
            let feed = redis_feed(config, server).await?;
            info!("queue and feed are {}", without_password(redis.expose()));
            (postgres(config, database, shutdown).await?, queue, feed)
        }
    };
    Ok(Ports {
        store,
        queue,
        feed,
        clock,
        random,
    })
}

/// Gives the store to this cluster, or ends the program if it belongs to another one. Waits for a store that does not
/// answer, until the process is asked to stop.
pub async fn bind(ports: &Ports, cluster: ClusterId, shutdown: &Shutdown) -> anyhow::Result<()> {
    let asked = || ports.store.bind_cluster(&cluster);
    let accept = |answer: ports::Result<Bound>, failures| match answer {
        Err(error @ (Error::Unavailable { .. } | Error::OutcomeUnknown { .. })) => {
            if failures == 0 {
                warn!(%error, "the start waits for the store: {error}");
            }
            None
        }
        answer => Some(answer),
    };
    let bound = tokio::select! {
        biased;
        () = shutdown.soft() => return Err(StoppedWaiting("PostgreSQL").into()),
        bound = ASK_AGAIN.repeat_until(&*ports.clock, &ports.random, asked, accept) => bound,
    };
    bound.context(UNBOUND)?.admit(cluster)?;
    Ok(())
}

fn embedded(
    config: &Config,
    folder: &Path,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Arc<dyn Store>> {
    let settings = backend_embedded::Settings {
        lease: config.periods.lease(),
        longest_rest: longest_rest(config),
        outbox: outbox(config),
    };
    let opened = SqliteStore::open(folder, settings, Arc::clone(clock));
    let store = opened.map_err(|error| match error {
        OpenError::Unusable { path, source } => Stop::Wrong(format!(
            "DATA_DIR={} is not allowed: a folder that this program can make and write in ({source})",
            path.display()
        ))
        .into(),
        other => anyhow::Error::from(other),
    })?;
    info!("the store is the folder {}", folder.display());
    Ok(Arc::new(store))
}

async fn postgres(
    config: &Config,
    database: &Secret,
    shutdown: &Shutdown,
) -> anyhow::Result<Arc<dyn Store>> {
    let store = tokio::select! {
        biased;
        () = shutdown.soft() => return Err(StoppedWaiting("PostgreSQL").into()),
        store = PgStore::connect(postgres_settings(config, database)) => store?,
    };
    info!("the store is {}", without_password(database.expose()));
    Ok(store)
}

fn postgres_settings(config: &Config, database: &Secret) -> PgSettings {
    let direct = config.servers.database_direct_url.as_ref();
    PgSettings {
        direct_url: direct.map(|url| url.expose().to_owned()),
        lease: config.periods.lease(),
        longest_rest: longest_rest(config),
        outbox: outbox(config),
        // Only a database behind a pooler also has a direct address.
        statement_cache: match direct {
            Some(_) => StatementCache::Off,
            None => StatementCache::On,
        },
        ..PgSettings::new(database.expose())
    }
}

/// Which events become webhooks.
fn outbox(config: &Config) -> Outbox {
    match (config.receiver(), config.webhooks.webhook_events) {
        (None, _) => Outbox::None,
        (Some(_), WebhookEvents::Terminal) => Outbox::Terminal,
        (Some(_), WebhookEvents::All) => Outbox::All,
    }
}

/// A clock correction smaller than this does not count as a clock that was set back.
const REST_MARGIN: Duration = Duration::from_secs(10);

/// Longer than any delay of an order. A program with other settings considers such orders due a
/// little earlier or later.
fn longest_rest(config: &Config) -> Duration {
    config.work.retry_max_delay().max(LONGEST_FIXED_REST) + REST_MARGIN
}

fn in_process_queue(clock: &Arc<dyn Clock>) -> Arc<dyn JobQueue> {
    Arc::new(InProcessQueue::new(Limits::default(), Arc::clone(clock)))
}

fn in_process_feed(random: &Random) -> Arc<dyn StatusFeed> {
    Arc::new(InProcessFeed::new(random))
}

async fn redis_queue(config: &Config, server: RedisServer) -> anyhow::Result<Arc<dyn JobQueue>> {
    let limit = match (
        config.limit_scope(),
        config.work.queue_rate_limit_per_minute,
    ) {
        (LimitScope::Worker, _) | (LimitScope::Queue, 0) => None,
        (LimitScope::Queue, per_minute) => Some(StartLimit {
            per_minute,
            burst: config.work.queue_rate_limit_burst,
        }),
    };
    let settings = QueueSettings {
        longest_rest: longest_rest(config),
        limit,
        shards: config.work.queue_shards,
        ..QueueSettings::new(server)
    };
    let queue = RedisQueue::connect(settings).await;
    Ok(queue.context("could not use REDIS_URL")?)
}

async fn redis_feed(config: &Config, server: RedisServer) -> anyhow::Result<Arc<dyn StatusFeed>> {
    let settings = FeedSettings {
        order_ttl: Duration::from_secs(config.servers.active_order_ttl_seconds),
        ..FeedSettings::new(server)
    };
    let feed = RedisFeed::connect(settings).await;
    Ok(feed.context("could not use REDIS_URL")?)
}

/// Makes sure that the configured store belongs to this cluster, and closes it.
pub async fn belong(
    config: &Config,
    clock: Arc<dyn Clock>,
    cluster: ClusterId,
) -> anyhow::Result<()> {
    let bound = alone(config, &clock).await?.bind_cluster(&cluster).await;
    bound.context(UNBOUND)?.admit(cluster)?;
    Ok(())
}

/// Gives the configured store to this cluster, and closes it.
pub async fn rebind(
    config: &Config,
    clock: Arc<dyn Clock>,
    cluster: &ClusterId,
) -> anyhow::Result<Rebound> {
    let store = alone(config, &clock).await?;
    let rebound = store.rebind_cluster(cluster, "migrate").await;
    rebound.context("could not give the store to the cluster")
}

/// The configured store, without queue and feed.
async fn alone(config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Store>> {
    match Configured::of(&config.servers) {
        Configured::Embedded { folder } => embedded(config, folder, clock),
        Configured::Postgres { database } | Configured::PostgresAndRedis { database, .. } => {
            Ok(PgStore::connect(postgres_settings(config, database)).await?)
        }
    }
}

/// The limits on spending that each live worker of the configured store holds to, by its host. Nothing is asked where
/// all of the engine is one process.
pub(crate) async fn limits_of_workers(config: &Config) -> anyhow::Result<Vec<(String, String)>> {
    match Configured::of(&config.servers) {
        Configured::Embedded { .. } => Ok(Vec::new()),
        Configured::Postgres { database } | Configured::PostgresAndRedis { database, .. } => {
            let settings = postgres_settings(config, database);
            Ok(backend_postgres::limits_of_workers(&settings).await?)
        }
    }
}

/// What holds the engine of the configured store back, and what is counted of a wallet for each of these purposes;
/// nothing where there is no store yet.
pub(crate) async fn peek(
    config: &Config,
    wallet: Option<Address>,
    of: &[Purpose],
) -> anyhow::Result<Option<Peeked>> {
    match Configured::of(&config.servers) {
        Configured::Embedded { folder } => Ok(backend_embedded::peek(folder, wallet, of)?),
        Configured::Postgres { database } | Configured::PostgresAndRedis { database, .. } => {
            let settings = postgres_settings(config, database);
            Ok(backend_postgres::peek(&settings, wallet, of).await?)
        }
    }
}

/// What a migration did, in words for people.
#[derive(Debug)]
pub struct Migrated {
    /// Where, without a password.
    pub store: String,
    /// What was done.
    pub outcome: String,
}

/// Upgrades the tables of the configured store, and closes it.
pub async fn migrate(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Migrated> {
    match Configured::of(&config.servers) {
        Configured::Embedded { folder } => {
            embedded(config, folder, &clock)?;
            Ok(Migrated {
                store: folder.display().to_string(),
                outcome: "up to date".to_owned(),
            })
        }
        Configured::Postgres { database } | Configured::PostgresAndRedis { database, .. } => {
            let migrated = backend_postgres::migrate(&postgres_settings(config, database))
                .await
                .context("could not migrate")?;
            let version = migrated.version;
            Ok(Migrated {
                store: without_password(database.expose()),
                outcome: match migrated.applied {
                    0 => format!("up to date, version {version}"),
                    applied => format!("{applied} migrations applied, now version {version}"),
                },
            })
        }
    }
}
