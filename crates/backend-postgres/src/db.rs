//! Connections: a pool for reading, a pool for batches, a deadline on everything.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Object, Pool, PoolError, TimeoutType};
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use crate::failure::{Away, Failure};
use crate::rows;
use crate::settings::{PgSettings, StatementCache};

/// No call takes longer: CONTRACT.md promises an answer to a hanging commit after five seconds.
pub(crate) const CALL_LIMIT: Duration = Duration::from_secs(5);

/// A parameter and its type, which the server is told so that it need not be asked.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// The pools, and what this process remembers of the server.
#[derive(Debug)]
pub(crate) struct Db {
    readers: Pool,
    writers: Pool,
    cache: StatementCache,
    lease: Duration,
    longest_rest: Duration,
    /// Since when this process has seen something wait whose due time lies further ahead than any rest: a
    /// clock that was set back cannot tell its age.
    ahead_since: Mutex<Option<Instant>>,
    /// Lanes of the counters that no write is using.
    lanes: Mutex<Vec<i64>>,
    /// Set when a call got no answer: until the server is found to answer again, nobody waits for it.
    away: AtomicBool,
}

impl Db {
    pub(crate) fn new(readers: Pool, writers: Pool, settings: &PgSettings) -> Self {
        Self {
            readers,
            writers,
            cache: settings.statement_cache,
            lease: settings.lease,
            longest_rest: settings.longest_rest,
            ahead_since: Mutex::default(),
            lanes: Mutex::default(),
            away: AtomicBool::new(false),
        }
    }

    /// The lease time in milliseconds, for a statement.
    pub(crate) fn lease_ms(&self) -> i64 {
        i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX)
    }

    /// The longest rest in milliseconds, for a statement.
    pub(crate) fn longest_rest_ms(&self) -> i64 {
        rows::millis(self.longest_rest)
    }

    /// The longest that an order is set to rest.
    pub(crate) const fn longest_rest(&self) -> Duration {
        self.longest_rest
    }

    /// How long something has waited whose due time lies further ahead than any rest, where there is
    /// something.
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
        self.connection(&self.writers).await
    }

    /// A connection for a read or a single write.
    pub(crate) async fn reader(&self) -> Result<Connection, Failure> {
        self.connection(&self.readers).await
    }

    async fn connection(&self, pool: &Pool) -> Result<Connection, Failure> {
        if self.is_away() {
            return Err(Failure::Unavailable(Arc::new(Away)));
        }
        self.fresh_connection(pool).await
    }

    async fn fresh_connection(&self, pool: &Pool) -> Result<Connection, Failure> {
        let client = pool.get().await.map_err(|error| {
            // A server that is down refuses at once; one that hangs costs every caller its patience.
            if matches!(error, PoolError::Timeout(TimeoutType::Create)) {
                self.fell_silent();
            }
            Failure::unconnected(error)
        })?;
        Ok(Connection {
            client,
            cache: self.cache,
        })
    }

    /// Reads rows. A connection that broke while it lay in the pool is replaced once.
    pub(crate) async fn read(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Failure> {
        let mut tries = 0;
        loop {
            let connection = self.reader().await?;
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

    /// Waits for the server, five seconds at the most; silence is remembered.
    pub(crate) async fn within_limit<T>(
        &self,
        call: impl Future<Output = T>,
    ) -> Result<T, tokio::time::error::Elapsed> {
        let answered = tokio::time::timeout(CALL_LIMIT, call).await;
        if answered.is_err() {
            self.fell_silent();
        }
        answered
    }

    /// Remembers that a call got no answer.
    pub(crate) fn fell_silent(&self) {
        if !self.away.swap(true, Ordering::Relaxed) {
            tracing::warn!("PostgreSQL does not answer; failing calls at once until it does");
        }
    }

    /// Whether the server is known not to answer.
    pub(crate) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    /// Asks a silent server again; see `housekeeping.rs`.
    pub(crate) async fn probe(&self) {
        let asked = async {
            let connection = self.fresh_connection(&self.readers).await?;
            let answer = tokio::time::timeout(PROBE_LIMIT, connection.query("select 1", &[])).await;
            if !matches!(answer, Ok(Ok(_))) {
                connection.discard();
                return Err(Failure::silent(PROBE_LIMIT));
            }
            Ok(())
        };
        if asked.await.is_ok() && self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("PostgreSQL answers again");
        }
    }

    /// A lane of the counters for one write on this connection. It must be given back by
    /// [`Self::settle_lane`] once the write's outcome is known, and is forgotten otherwise: a statement
    /// that hangs in the server keeps its row locked.
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

    /// A lane for one single write, to be given back likewise.
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

    /// Gives a lane back, where the write's outcome is known.
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

/// A deadlock or a serialization failure ends with one side going on; more in a row is overload.
const ROLLBACK_TRIES: u32 = 5;
/// A server that answers at all answers `select 1` in this time.
const PROBE_LIMIT: Duration = Duration::from_secs(1);

/// One connection, out of its pool while it is used.
#[derive(Debug)]
pub(crate) struct Connection {
    client: Object,
    cache: StatementCache,
}

impl Connection {
    /// Runs one statement.
    pub(crate) async fn query(
        &self,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        match self.cache {
            StatementCache::Off => self.client.query_typed(sql, params).await,
            StatementCache::On => {
                let types: Vec<Type> = params.iter().map(|(_, kind)| kind.clone()).collect();
                let values: Vec<&(dyn ToSql + Sync)> =
                    params.iter().map(|(value, _)| *value).collect();
                let statement = self.client.prepare_typed_cached(sql, &types).await?;
                self.client.query(&statement, &values).await
            }
        }
    }

    /// Throws the connection away, with whatever still runs on it.
    pub(crate) fn discard(self) {
        drop(Object::take(self.client));
    }
}
