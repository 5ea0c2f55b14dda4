//! The way to Redis: one connection for what answers at once, one of its own for what waits; short limits on
//! everything; and nobody waits for a server that is known to be away.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Cmd, FromRedisValue};

use crate::breaker::Breaker;
use crate::failure::{ConnectError, Failure};
use crate::nodes::{Handle, Nodes, Open};
use crate::settings::RedisServer;

/// The way to one server, or to one cluster.
pub(crate) struct Link {
    nodes: Nodes,
    shared: Mutex<Option<Shared>>,
    /// Held by the task that opens the shared connection.
    opening: tokio::sync::Mutex<()>,
    breaker: Breaker,
}

/// The connection that all calls share.
struct Shared {
    generation: u64,
    open: Open,
}

impl Link {
    /// Opens the link to this server. If the server cannot be reached, it is used once it can.
    pub(crate) async fn open(server: &RedisServer) -> Result<Arc<Self>, ConnectError> {
        let link = Self {
            nodes: Nodes::of(server)?,
            shared: Mutex::new(None),
            opening: tokio::sync::Mutex::new(()),
            breaker: Breaker::default(),
        };
        // Logs where the server is away.
        let _ = link.connection().await;
        Ok(Arc::new(link))
    }

    /// Has a command that answers at once run by whoever has this key.
    pub(crate) async fn command<T: FromRedisValue>(
        &self,
        key: &str,
        command: Cmd,
    ) -> Result<T, Failure> {
        let (generation, mut handle) = self.connection().await?;
        let answer = handle.ask(key, command).await;
        let answer = answer.and_then(|value| Ok(T::from_redis_value(value)?));
        let result = self.judge(answer.map_err(Failure::Refused));
        if matches!(&result, Err(failure) if failure.is_away()) {
            self.discard(generation);
        }
        result
    }

    /// A connection to whoever has this key, for commands that wait there for up to `longest`.
    pub(crate) async fn waiting_connection(
        &self,
        key: &str,
        longest: Duration,
    ) -> Result<MultiplexedConnection, Failure> {
        self.breaker.check()?;
        self.judge(self.nodes.open_waiting(key, longest).await)
    }

    async fn connection(&self) -> Result<(u64, Handle), Failure> {
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
        let open = self.judge(self.nodes.open().await)?;
        let generation = NEXT_GENERATION.fetch_add(1, Ordering::Relaxed);
        let handle = open.handle();
        *self.lock_shared() = Some(Shared { generation, open });
        Ok((generation, handle))
    }

    fn open_connection(&self) -> Option<(u64, Handle)> {
        let shared = self.lock_shared();
        let shared = shared.as_ref()?;
        Some((shared.generation, shared.open.handle()))
    }

    /// Throws the shared connection away, unless another has taken its place.
    fn discard(&self, generation: u64) {
        let broken = self
            .lock_shared()
            .take_if(|shared| shared.generation == generation);
        if let Some(broken) = broken {
            broken.open.discard();
        }
    }

    fn lock_shared(&self) -> std::sync::MutexGuard<'_, Option<Shared>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers whether the server is of use, and says when that changes.
    pub(crate) fn judge<T>(&self, result: Result<T, Failure>) -> Result<T, Failure> {
        match &result {
            Err(failure) if failure.is_away() => self.breaker.failed(failure),
            _ => self.breaker.worked(),
        }
        result
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}

static NEXT_GENERATION: AtomicU64 = AtomicU64::new(0);
