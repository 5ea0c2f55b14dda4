//! Where the data is: one server, or the nodes of a cluster. This is the one place that knows which.
//!
//! A server says itself whether it belongs to a cluster, so that nobody has to set it. All that is asked
//! names a key, whose node answers. The cluster's client repeats nothing: a call that fails says so, as the
//! feed counts on hearing of every connection that broke, and a script must not run on a part of its keys
//! while they are moved. What waits in a node has a connection to that node alone.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool_redis::cluster::{ClusterClient, ClusterClientBuilder, ClusterConnection};
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};
use deadpool_redis::redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, FromRedisValue,
    ProtocolVersion, RedisError, RedisResult, TlsCertificates, Value, cmd,
};
use deadpool_redis::{Connection, Manager, Pool, PoolError, Runtime, TimeoutType};

use crate::address::{certificates, client, elsewhere, named};
use crate::failure::{ConnectError, Failure};
use crate::settings::RedisServer;

/// A server in reach answers in a millisecond; one that needs this long is away.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// Likewise for a connection with its handshake, TLS included.
const CONNECT_LIMIT: Duration = Duration::from_millis(1_500);
/// For what takes several connections, one after the other: a node that is away must not cost more.
const CLUSTER_LIMIT: Duration = Duration::from_secs(4);
/// What a wait may take longer than it asked the server for.
const WAIT_GRACE: Duration = Duration::from_secs(1);
/// The one in use and the one that replaces it.
const POOL_SIZE: usize = 2;
/// Nodes that are remembered beside those named: more than any cluster of queue and feed has.
const HOLDERS_LIMIT: usize = 64;
/// How often one may be sent on to another node: the first may be behind, not the second.
const MOVES_LIMIT: usize = 2;

/// One server, or the nodes of a cluster.
pub(crate) struct Nodes {
    /// Those named in the settings.
    named: Vec<ConnectionInfo>,
    certificates: Option<TlsCertificates>,
    /// For one server.
    pool: Pool,
    /// For a cluster.
    cluster: ClusterClient,
    is_cluster: AtomicBool,
    is_policy_known: AtomicBool,
    /// Nodes that had what was waited for, the latest first.
    holders: Mutex<VecDeque<ConnectionAddr>>,
}

/// An open connection, by which all is asked that answers at once.
pub(crate) enum Open {
    /// Kept checked out of the pool while it works.
    Server(Connection),
    Cluster(ClusterConnection),
}

/// A handle of an open connection.
pub(crate) enum Handle {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Nodes {
    pub(crate) fn of(server: &RedisServer) -> Result<Self, ConnectError> {
        let named = named(&server.url).map_err(ConnectError::Address)?;
        let certificates = certificates(server)?;
        let first = client(named[0].clone(), certificates.as_ref());
        let first = first.map_err(ConnectError::Address)?;
        let mut cluster = ClusterClientBuilder::new(named.clone())
            .retries(0)
            // With RESP3 a connection that broke is healed before anybody hears of it.
            .use_protocol(ProtocolVersion::RESP2)
            .connection_timeout(ANSWER_LIMIT)
            .response_timeout(ANSWER_LIMIT);
        if let Some(certificates) = &certificates {
            cluster = cluster.certs(certificates.clone());
        }
        Ok(Self {
            is_cluster: AtomicBool::new(named.len() > 1),
            named,
            certificates,
            pool: pool(&first).map_err(ConnectError::Address)?,
            cluster: cluster.build().map_err(ConnectError::Address)?,
            is_policy_known: AtomicBool::new(false),
            holders: Mutex::default(),
        })
    }

    /// A connection for what answers at once.
    pub(crate) async fn open(&self) -> Result<Open, Failure> {
        if !self.is_cluster.load(Ordering::Relaxed) {
            let connection = self.pool.get().await.map_err(Failure::Unconnected)?;
            if !is_of_cluster((*connection).clone()).await {
                return Ok(self.looked_at(Open::Server(connection)).await);
            }
            self.is_cluster.store(true, Ordering::Relaxed);
            tracing::info!("Redis is a cluster");
        }
        let opened = tokio::time::timeout(CLUSTER_LIMIT, self.cluster.get_async_connection()).await;
        let opened = opened.map_err(|_| too_slow())?.map_err(Failure::Refused)?;
        Ok(self.looked_at(Open::Cluster(opened)).await)
    }

    /// A connection to the node that has this key, for commands that wait for up to `longest`.
    pub(crate) async fn open_waiting(
        &self,
        key: &str,
        longest: Duration,
    ) -> Result<MultiplexedConnection, Failure> {
        let opened = tokio::time::timeout(CLUSTER_LIMIT, self.open_holder(key, longest)).await;
        opened.map_err(|_| too_slow())?.map_err(Failure::Refused)
    }

    /// Says once when the server may throw away what it holds to make room.
    async fn looked_at(&self, open: Open) -> Open {
        if !self.is_policy_known.swap(true, Ordering::Relaxed) {
            check_policy(open.handle()).await;
        }
        open
    }

    /// Asks the nodes that are known for the key, and goes where they send the caller.
    async fn open_holder(
        &self,
        key: &str,
        longest: Duration,
    ) -> RedisResult<MultiplexedConnection> {
        let mut places = self.places();
        let mut moves = 0;
        let mut failed = RedisError::from((ErrorKind::Io, "no node is known"));
        while let Some(place) = places.pop_front() {
            match self.ask_for(&place, key, longest).await {
                Ok(connection) => {
                    self.remember(place);
                    return Ok(connection);
                }
                Err(error) => {
                    match elsewhere(&place, &error) {
                        Some(other) if moves < MOVES_LIMIT => {
                            moves += 1;
                            places.push_front(other);
                        }
                        Some(_) => {}
                        None => self.forget(&place),
                    }
                    failed = error;
                }
            }
        }
        Err(failed)
    }

    /// A connection to a node that answers for this key.
    async fn ask_for(
        &self,
        place: &ConnectionAddr,
        key: &str,
        longest: Duration,
    ) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_LIMIT))
            // The default of half a second would end every wait with an error.
            .set_response_timeout(Some(longest + WAIT_GRACE));
        let info = self.named[0].clone().set_addr(place.clone());
        let mut connection = client(info, self.certificates.as_ref())?
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let () = cmd("EXISTS").arg(key).query_async(&mut connection).await?;
        Ok(connection)
    }

    /// Where a key may be: where others were, then what the settings name.
    fn places(&self) -> VecDeque<ConnectionAddr> {
        let mut places = self.lock_holders().clone();
        for named in &self.named {
            if !places.contains(named.addr()) {
                places.push_back(named.addr().clone());
            }
        }
        places
    }

    fn remember(&self, place: ConnectionAddr) {
        let mut holders = self.lock_holders();
        holders.retain(|known| *known != place);
        holders.push_front(place);
        holders.truncate(HOLDERS_LIMIT);
    }

    fn forget(&self, place: &ConnectionAddr) {
        self.lock_holders().retain(|known| known != place);
    }

    fn lock_holders(&self) -> std::sync::MutexGuard<'_, VecDeque<ConnectionAddr>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    pub(crate) fn handle(&self) -> Handle {
        match self {
            Self::Server(connection) => Handle::Server((**connection).clone()),
            Self::Cluster(connection) => Handle::Cluster(connection.clone()),
        }
    }

    /// Throws it away, as it works no more.
    pub(crate) fn discard(self) {
        if let Self::Server(connection) = self {
            drop(Connection::take(connection));
        }
    }
}

impl Handle {
    /// Asks the node that has this key.
    pub(crate) async fn ask(&mut self, key: &str, command: Cmd) -> RedisResult<Value> {
        let answer = match self {
            Self::Server(connection) => connection.send_packed_command(&command).await?,
            Self::Cluster(connection) => {
                let route = Route::with_key(key, SlotAddr::Master);
                let node = RoutingInfo::SingleNode(SingleNodeRoutingInfo::SpecificNode(route));
                connection.route_command(command, node).await?
            }
        };
        answer.extract_error()
    }
}

async fn is_of_cluster(mut connection: MultiplexedConnection) -> bool {
    let mut question = cmd("CLUSTER");
    let answer: RedisResult<String> = question.arg("INFO").query_async(&mut connection).await;
    if let Err(error) = &answer {
        tracing::debug!(error = %error, "Redis is one server");
    }
    answer.is_ok()
}

async fn check_policy(mut handle: Handle) {
    let mut question = cmd("CONFIG");
    question.arg("GET").arg("maxmemory-policy");
    let answer = handle.ask("", question).await;
    let answer =
        answer.and_then(|value| Ok(<Vec<String> as FromRedisValue>::from_redis_value(value)?));
    match answer.as_deref() {
        Ok([_, policy]) if policy != "noeviction" => tracing::warn!(
            "Redis runs with maxmemory-policy {policy} and may drop queue entries when its \
             memory is full; orders are safe in the store but slower: use noeviction"
        ),
        Ok(_) => {}
        // Managed servers do not tell.
        Err(error) => {
            tracing::debug!(error = %error, "Redis does not tell its maxmemory-policy");
        }
    }
}

fn too_slow() -> Failure {
    Failure::Unconnected(PoolError::Timeout(TimeoutType::Create))
}

fn pool(first: &Client) -> RedisResult<Pool> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_LIMIT))
        .set_response_timeout(Some(ANSWER_LIMIT));
    let manager = Manager::new_with_config(first.get_connection_info().clone(), config)?;
    let pool = Pool::builder(manager)
        .max_size(POOL_SIZE)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(CONNECT_LIMIT))
        .create_timeout(Some(CONNECT_LIMIT))
        .recycle_timeout(Some(ANSWER_LIMIT))
        .build();
    Ok(pool.expect("invariant: a runtime is given with the timeouts"))
}
