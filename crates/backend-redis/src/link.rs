//! The connections to Redis: one multiplexed connection for commands that answer at once, and
//! separate ones for commands that wait. Every call has a short limit, and nobody waits for a
//! server that is known to be down.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, IntoConnectionInfo, RedisResult,
    ScriptInvocation, TlsCertificates, cmd,
};
use deadpool_redis::{Connection, Manager, Pool, Runtime};
use tokio::time::Instant;

use crate::failure::{ConnectError, Failure};
use crate::settings::RedisServer;

/// A reachable server answers in a millisecond; one that needs this long counts as down.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// Likewise for a connection with its handshake, including TLS.
const CONNECT_LIMIT: Duration = Duration::from_millis(1_500);
/// How much longer a wait may take than it asked the server for.
const WAIT_GRACE: Duration = Duration::from_secs(1);
/// Pauses between tries to reach a server that is down.
const PAUSES_MS: [u64; 4] = [100, 200, 400, 800];
/// The one in use and the one that replaces it.
const POOL_SIZE: usize = 2;

/// The connections to one server.
pub(crate) struct Link {
    pool: Pool,
    client: Client,
    shared: Mutex<Option<Shared>>,
    /// Held by the task that opens the shared connection.
    opening: tokio::sync::Mutex<()>,
    breaker: Breaker,
    is_looked_at: AtomicBool,
    /// Whether the server is part of a Redis Cluster, of which this process would see only a part.
    is_cluster: AtomicBool,
    /// Whether [`Self::open`] has returned: from then on a cluster is only logged.
    is_in_use: AtomicBool,
}

/// The connection that all calls share; it stays checked out of the pool while it works.
struct Shared {
    generation: u64,
    connection: Connection,
}

impl Link {
    /// Opens the link to this server. If the server cannot be reached, it is used once it can.
    pub(crate) async fn open(server: &RedisServer) -> Result<Arc<Self>, ConnectError> {
        let link = Self::to(server)?;
        // Logs if the server is down.
        let _ = link.command::<String>(&cmd("PING")).await;
        link.refuse_cluster()?;
        link.is_in_use.store(true, Ordering::Relaxed);
        Ok(Arc::new(link))
    }

    /// Refuses a server that is part of a cluster.
    pub(crate) fn refuse_cluster(&self) -> Result<(), ConnectError> {
        if self.is_cluster.load(Ordering::Relaxed) {
            return Err(ConnectError::Cluster);
        }
        Ok(())
    }

    fn to(server: &RedisServer) -> Result<Self, ConnectError> {
        let client = client(server)?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_LIMIT))
            .set_response_timeout(Some(ANSWER_LIMIT));
        let info = client.get_connection_info().clone();
        let manager = Manager::new_with_config(info, config).map_err(ConnectError::Address)?;
        let pool = Pool::builder(manager)
            .max_size(POOL_SIZE)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(CONNECT_LIMIT))
            .create_timeout(Some(CONNECT_LIMIT))
            .recycle_timeout(Some(ANSWER_LIMIT))
            .build()
            .expect("invariant: a runtime is given with the timeouts");
        Ok(Self {
            pool,
            client,
            shared: Mutex::new(None),
            opening: tokio::sync::Mutex::new(()),
            breaker: Breaker::default(),
            is_looked_at: AtomicBool::new(false),
            is_cluster: AtomicBool::new(false),
            is_in_use: AtomicBool::new(false),
        })
    }

    /// Runs a script.
    pub(crate) async fn script<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Failure> {
        let (generation, mut connection) = self.connection().await?;
        self.settle(generation, script.invoke_async(&mut connection).await)
    }

    /// Runs a command that answers at once.
    pub(crate) async fn command<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Failure> {
        let (generation, mut connection) = self.connection().await?;
        self.settle(generation, command.query_async(&mut connection).await)
    }

    /// A connection for commands that wait for up to `longest` in the server.
    pub(crate) async fn waiting_connection(
        &self,
        longest: Duration,
    ) -> Result<MultiplexedConnection, Failure> {
        self.breaker.check()?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_LIMIT))
            // The default of half a second would end every wait with an error.
            .set_response_timeout(Some(longest + WAIT_GRACE));
        let opened = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await;
        self.judge(opened.map_err(Failure::Refused))
    }

    async fn connection(&self) -> Result<(u64, MultiplexedConnection), Failure> {
        if let Some(open) = self.open_connection() {
            return Ok(open);
        }
        self.breaker.check()?;
        // While the server is down, one call tries to connect, and the others need not wait for it.
        let _opening = if self.breaker.is_closed() {
            self.opening.lock().await
        } else {
            self.opening.try_lock().map_err(|_| Failure::Away)?
        };
        if let Some(open) = self.open_connection() {
            return Ok(open);
        }
        let opened = self.pool.get().await.map_err(Failure::Unconnected);
        let connection = self.judge(opened)?;
        let generation = NEXT_GENERATION.fetch_add(1, Ordering::Relaxed);
        let handle = (*connection).clone();
        *self.lock_shared() = Some(Shared {
            generation,
            connection,
        });
        self.look_at_server(handle.clone()).await;
        Ok((generation, handle))
    }

    fn open_connection(&self) -> Option<(u64, MultiplexedConnection)> {
        let shared = self.lock_shared();
        let shared = shared.as_ref()?;
        Some((shared.generation, (*shared.connection).clone()))
    }

    fn lock_shared(&self) -> std::sync::MutexGuard<'_, Option<Shared>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps or closes the shared connection, depending on the result of a call.
    fn settle<T>(&self, generation: u64, result: RedisResult<T>) -> Result<T, Failure> {
        let result = self.judge(result.map_err(Failure::Refused));
        if matches!(&result, Err(failure) if failure.is_of_cluster()) {
            self.found_cluster();
        }
        if matches!(&result, Err(failure) if failure.is_away()) {
            let mut shared = self.lock_shared();
            if shared
                .as_ref()
                .is_some_and(|open| open.generation == generation)
                && let Some(broken) = shared.take()
            {
                drop(Connection::take(broken.connection));
            }
        }
        result
    }

    /// Remembers whether the server can be used, and logs when that changes.
    pub(crate) fn judge<T>(&self, result: Result<T, Failure>) -> Result<T, Failure> {
        match &result {
            Err(failure) if failure.is_away() => self.breaker.failed(failure),
            _ => self.breaker.worked(),
        }
        result
    }

    /// Asks once what kind of server it is.
    async fn look_at_server(&self, connection: MultiplexedConnection) {
        if self.is_looked_at.swap(true, Ordering::Relaxed) {
            return;
        }
        self.check_cluster(connection.clone()).await;
        check_policy(connection).await;
    }

    async fn check_cluster(&self, mut connection: MultiplexedConnection) {
        let mut question = cmd("INFO");
        let answer: RedisResult<String> =
            question.arg("cluster").query_async(&mut connection).await;
        match answer {
            Ok(info) if info.contains("cluster_enabled:1") => self.found_cluster(),
            Ok(_) => {}
            // Managed servers do not say; servers of a cluster redirect misdirected calls.
            Err(error) => {
                tracing::debug!(error = %error, "Redis does not tell whether it is a cluster");
            }
        }
    }

    fn found_cluster(&self) {
        let is_known = self.is_cluster.swap(true, Ordering::Relaxed);
        if !is_known && self.is_in_use.load(Ordering::Relaxed) {
            tracing::error!("{}", ConnectError::Cluster);
        }
    }
}

/// Warns if the server may evict keys to make room.
async fn check_policy(mut connection: MultiplexedConnection) {
    let mut question = cmd("CONFIG");
    question.arg("GET").arg("maxmemory-policy");
    let answer: RedisResult<Vec<String>> = question.query_async(&mut connection).await;
    match answer.as_deref() {
        Ok([_, policy]) if policy != "noeviction" => tracing::warn!(
            "Redis runs with maxmemory-policy {policy} and may drop queue entries when its \
             memory is full; orders are safe in the store but slower: use noeviction"
        ),
        Ok(_) => {}
        // Managed servers do not say.
        Err(error) => {
            tracing::debug!(error = %error, "Redis does not tell its maxmemory-policy");
        }
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}

static NEXT_GENERATION: AtomicU64 = AtomicU64::new(0);

fn client(server: &RedisServer) -> Result<Client, ConnectError> {
    let info = server
        .url
        .as_str()
        .into_connection_info()
        .map_err(ConnectError::Address)?;
    let Some(path) = &server.root_certificate else {
        return Client::open(info).map_err(ConnectError::Address);
    };
    let root_cert = std::fs::read(path).map_err(|source| ConnectError::Certificate {
        path: path.display().to_string(),
        source,
    })?;
    let certificates = TlsCertificates {
        client_tls: None,
        root_cert: Some(root_cert),
    };
    Client::build_with_tls(info, certificates).map_err(ConnectError::Address)
}

/// Keeps calls from a server that is down, except for one try after each pause.
#[derive(Debug, Default)]
struct Breaker {
    failures: AtomicU32,
    until: Mutex<Option<Instant>>,
}

impl Breaker {
    fn is_closed(&self) -> bool {
        self.failures.load(Ordering::Relaxed) == 0
    }

    fn check(&self) -> Result<(), Failure> {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        match until {
            Some(until) if Instant::now() < until => Err(Failure::Away),
            _ => Ok(()),
        }
    }

    fn failed(&self, failure: &Failure) {
        if matches!(failure, Failure::Away) {
            return;
        }
        let failures = self.failures.fetch_add(1, Ordering::Relaxed);
        if failures == 0 {
            let error: &dyn std::error::Error = failure;
            tracing::warn!(
                error = %error.source().unwrap_or(error),
                "Redis is down; orders go on without it, slower"
            );
        }
        let place = usize::try_from(failures).unwrap_or(usize::MAX);
        let pause_ms = PAUSES_MS[place.min(PAUSES_MS.len() - 1)];
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Instant::now() + Duration::from_millis(pause_ms));
    }

    fn worked(&self) {
        if self.failures.load(Ordering::Relaxed) != 0
            && self.failures.swap(0, Ordering::Relaxed) != 0
        {
            *self.until.lock().unwrap_or_else(PoisonError::into_inner) = None;
            tracing::info!("Redis is back");
        }
    }
}
