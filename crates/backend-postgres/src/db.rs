//! Connections: a pool for reads, one for batches, one for lists, and a deadline on every call.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Object, Pool, PoolError, TimeoutType};
use ports::webhooks::Outbox;
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use crate::failure::{Away, Failure};
use crate::liveness::Liveness;
use crate::rows;
use crate::settings::{PgSettings, StatementCache};

pub(crate) mod floor;

use floor::Floors;

/// No call takes longer: CONTRACT.md promises an answer to a hanging commit after five seconds.
pub(crate) const CALL_LIMIT: Duration = Duration::from_secs(5);

/// A parameter and its type; with the type the server need not be asked for it.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// The pools of a store.
#[derive(Debug)]
pub(crate) struct Pools {
    pub(crate) readers: Pool,
    pub(crate) writers: Pool,
    pub(crate) lists: Pool,
}

/// The pools, and what this process remembers about the server.
#[derive(Debug)]
pub(crate) struct Db {
    pools: Pools,
    cache: StatementCache,
    lease: Duration,
    longest_rest: Duration,
    outbox: Outbox,
    /// Since when this process has seen a waiting order whose due time is further ahead than the
    /// longest delay: a clock that was set back cannot tell its age.
    ahead_since: Mutex<Option<Instant>>,
    /// Counter lanes that no write is using.
    lanes: Mutex<Vec<i64>>,
    liveness: Arc<Liveness>,
    floors: Floors,
}

impl Db {
    pub(crate) fn new(pools: Pools, settings: &PgSettings) -> Self {
        Self {
            pools,
            cache: settings.statement_cache,
            lease: settings.lease,
            longest_rest: settings.longest_rest,
            outbox: settings.outbox,
            ahead_since: Mutex::default(),
            lanes: Mutex::default(),
            liveness: Arc::new(Liveness::new()),
            floors: Floors::new(),
        }
    }

    /// Where the index entries of open orders begin.
    pub(crate) const fn floors(&self) -> &Floors {
        &self.floors
    }

    /// The lease time in milliseconds, for a statement.
    pub(crate) fn lease_ms(&self) -> i64 {
        i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX)
    }

    /// Which events become webhooks.
    pub(crate) const fn outbox(&self) -> Outbox {
        self.outbox
    }

    /// The longest delay in milliseconds, for a statement.
    pub(crate) fn longest_rest_ms(&self) -> i64 {
        rows::millis(self.longest_rest)
    }

    /// The longest delay that an order may get.
    pub(crate) const fn longest_rest(&self) -> Duration {
        self.longest_rest
    }

    /// How long an order has waited whose due time is further ahead than the longest delay, if
    /// there is one.
    pub(crate) fn ahead_for(&self, is_any_ahead: bool) -> Option<Duration> {
        let mut since = self
            .ahead_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !is_any_ahead {
            *since = None;
            return None;
        }
        Some(since.get_or_insert_with(Instant::now).elapsed())
    }

    /// A connection for a batch.
    pub(crate) async fn writer(&self) -> Result<Connection, Failure> {
        self.connection(&self.pools.writers, self.cache).await
    }

    /// A connection for a read or a single write.
    pub(crate) async fn reader(&self) -> Result<Connection, Failure> {
        self.connection(&self.pools.readers, self.cache).await
    }

    async fn connection(&self, pool: &Pool, cache: StatementCache) -> Result<Connection, Failure> {
        if self.is_away() {
            return Err(Failure::Unavailable(Arc::new(Away)));
        }
        self.fresh_connection(pool, cache).await
    }

    async fn fresh_connection(
        &self,
        pool: &Pool,
        cache: StatementCache,
    ) -> Result<Connection, Failure> {
        let began = Instant::now();
        let client = pool.get().await.map_err(|error| {
            // A server that is down refuses at once; one that hangs makes every caller wait for its
            // whole limit.
            if matches!(error, PoolError::Timeout(TimeoutType::Create)) {
                self.liveness.unanswered(began);
            }
            Failure::unconnected(error)
        })?;
        Ok(Connection {
            client,
            cache,
            liveness: self.liveness.clone(),
        })
    }

    /// Reads rows. A connection that broke while it was idle in the pool is replaced once.
    pub(crate) async fn read(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Failure> {
        self.read_from(&self.pools.readers, self.cache, sql, params)
            .await
    }

    /// Reads rows of a list, in parallel with other reads. Each list query is planned for its own
    /// values: a plan kept from a client with most of the orders would read most of the orders for
    /// a client with few.
    pub(crate) async fn read_list(
        &self,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Failure> {
        self.read_from(&self.pools.lists, StatementCache::Off, sql, params)
            .await
    }

    async fn read_from(
        &self,
        pool: &Pool,
        cache: StatementCache,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Failure> {
        let mut tries = 0;
        loop {
            let connection = self.connection(pool, cache).await?;
            match self.within_limit(connection.query(sql, params)).await {
                Ok(Ok(rows)) => return Ok(rows),
                Ok(Err(error)) if error.code().is_none() && tries == 0 => {
                    tries += 1;
                    connection.discard();
                }
                Ok(Err(error)) => return Err(Failure::read(error)),
                Err(_) => {
                    connection.discard();
                    return Err(Failure::silent(CALL_LIMIT));
                }
            }
        }
    }

    /// Runs a single statement that writes.
    pub(crate) async fn write(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Failure> {
        let mut rolled_back = 0;
        loop {
            let connection = self.reader().await?;
            let result = match self.within_limit(connection.query(sql, params)).await {
                Ok(result) => result.map_err(Failure::write),
                Err(_) => Err(Failure::silent_write(CALL_LIMIT)),
            };
            match result {
                Err(Failure::Rollback(_)) if rolled_back < ROLLBACK_TRIES => rolled_back += 1,
                Err(failure) if failure.spoils_connection() => {
                    connection.discard();
                    return Err(failure);
                }
                other => return other,
            }
        }
    }

    /// Waits for the server, at most five seconds; a call without an answer is remembered.
    pub(crate) async fn within_limit<T>(
        &self,
        call: impl Future<Output = T>,
    ) -> Result<T, tokio::time::error::Elapsed> {
        let began = Instant::now();
        let _waiting = self.liveness.waiting();
        let answered = tokio::time::timeout(CALL_LIMIT, call).await;
        if answered.is_err() {
            self.unanswered(began);
        }
        answered
    }

    /// Remembers that a call which began then got no answer.
    pub(crate) fn unanswered(&self, since: Instant) {
        self.liveness.unanswered(since);
    }

    /// Whether the server is known to answer nobody.
    pub(crate) fn is_away(&self) -> bool {
        self.liveness.is_away()
    }

    /// Whether the server should be probed.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.liveness.is_in_doubt()
    }

    /// Asks a silent server again; see `housekeeping.rs`.
    pub(crate) async fn probe(&self) {
        let asked = async {
            let connection = self
                .fresh_connection(&self.pools.readers, self.cache)
                .await?;
            let answer = tokio::time::timeout(PROBE_LIMIT, connection.query("select 1", &[])).await;
            if !matches!(answer, Ok(Ok(_))) {
                connection.discard();
                return Err(Failure::silent(PROBE_LIMIT));
            }
            Ok(())
        };
        if asked.await.is_ok() {
            self.liveness.is_back();
        }
    }

    /// A counter lane for one write on this connection. The caller must give it back with
    /// [`Self::settle_lane`] once the write's outcome is known; otherwise the lane is forgotten,
    /// because a statement that hangs in the server keeps its row locked.
    pub(crate) async fn lane(&self, connection: &Connection) -> Result<i64, tokio_postgres::Error> {
        let idle = self
            .lanes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        if let Some(lane) = idle {
            return Ok(lane);
        }
        let rows = connection
            .query("-- take_lane\nselect nextval('lanes')", &[])
            .await?;
        Ok(rows.first().map_or(0, |row| row.get(0)))
    }

    /// A lane for one single write, to be given back in the same way.
    pub(crate) async fn single_lane(&self) -> Result<i64, Failure> {
        let connection = self.reader().await?;
        match self.within_limit(self.lane(&connection)).await {
            Ok(lane) => lane.map_err(Failure::read),
            Err(_) => {
                connection.discard();
                Err(Failure::silent(CALL_LIMIT))
            }
        }
    }

    /// Gives a lane back if the write's outcome is known.
    pub(crate) fn settle_lane<T>(&self, lane: i64, outcome: &Result<T, Failure>) {
        if matches!(outcome, Err(failure) if failure.spoils_connection()) {
            return;
        }
        self.lanes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(lane);
    }
}

/// After a deadlock or a serialization failure one side goes on; several in a row mean overload.
const ROLLBACK_TRIES: u32 = 5;
/// A server that answers at all answers `select 1` within this time.
const PROBE_LIMIT: Duration = Duration::from_secs(1);

/// One connection, taken out of its pool while it is used.
#[derive(Debug)]
pub(crate) struct Connection {
    client: Object,
    cache: StatementCache,
    liveness: Arc<Liveness>,
}

impl Connection {
    /// Runs one statement.
    pub(crate) async fn query(
        &self,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let answer = match self.cache {
            StatementCache::Off => self.client.query_typed(sql, params).await,
            StatementCache::On => self.query_kept(sql, params).await,
        };
        // An error with a code is also an answer of the server.
        if answer
            .as_ref()
            .map_or_else(|e| e.code().is_some(), |_| true)
        {
            self.liveness.answered();
        }
        answer
    }

    async fn query_kept(
        &self,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let types: Vec<Type> = params.iter().map(|(_, kind)| kind.clone()).collect();
        let values: Vec<&(dyn ToSql + Sync)> = params.iter().map(|(value, _)| *value).collect();
        let statement = self.client.prepare_typed_cached(sql, &types).await?;
        self.client.query(&statement, &values).await
    }

    /// Closes the connection, with whatever still runs on it.
    pub(crate) fn discard(self) {
        drop(Object::take(self.client));
    }
}
