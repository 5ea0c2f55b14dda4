//! How to reach Redis and how much of it to use.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use ports::order_store::LONGEST_FIXED_REST;
use ports::status_feed::BEAT;

/// A Redis server, or nodes of a Redis Cluster.
#[derive(Clone)]
pub struct RedisServer {
    /// `redis://…` or, encrypted and verified, `rediss://…`; several nodes of a cluster stand behind commas.
    pub url: String,
    /// The authority that signed the server's certificate, if the system does not trust it.
    pub root_certificate: Option<PathBuf>,
    /// What every key begins with, so that several engines may share a server.
    pub prefix: String,
}

impl RedisServer {
    /// The server at `url`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            root_certificate: None,
            prefix: "order-engine".to_owned(),
        }
    }
}

impl fmt::Debug for RedisServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address holds the password.
        f.debug_struct("RedisServer")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// One limit over all workers on the executions that begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartLimit {
    /// Executions per minute, sustained.
    pub per_minute: u32,
    /// How many may begin at once.
    pub burst: u32,
}

/// Settings of a [`crate::RedisQueue`].
#[derive(Debug, Clone)]
pub struct QueueSettings {
    pub server: RedisServer,
    /// The longest delay of an entry. An entry due later than that counts as due: the clock was set
    /// back.
    pub longest_rest: Duration,
    /// The shared limiter, if there is one. It needs a single shard.
    pub limit: Option<StartLimit>,
    /// Parts of the queue, each on one node of a cluster.
    pub shards: u16,
    /// Entries kept in a shard; further ones stay in the store until there is room.
    pub capacity: usize,
}

impl QueueSettings {
    /// The defaults, on this server.
    #[must_use]
    pub fn new(server: RedisServer) -> Self {
        Self {
            server,
            longest_rest: LONGEST_FIXED_REST,
            limit: None,
            shards: 1,
            // Around 20 MB; far more than the workers execute before the sweeper brings the rest.
            capacity: 100_000,
        }
    }
}

/// Settings of a [`crate::RedisFeed`].
#[derive(Debug, Clone)]
pub struct FeedSettings {
    pub server: RedisServer,
    /// Streams over which orders are spread. The same in every process.
    pub shards: u16,
    /// Approximate number of events kept in each stream; at a few hundred bytes each, some ten MB
    /// in all.
    pub kept: usize,
    /// How long an order's live state is kept after its last event, if there is room for it.
    pub order_ttl: Duration,
    /// How long a publisher may be silent before it is assumed to have lost events.
    pub silence: Duration,
}

impl FeedSettings {
    /// The defaults, on this server.
    #[must_use]
    pub fn new(server: RedisServer) -> Self {
        Self {
            server,
            shards: 4,
            kept: 20_000,
            order_ttl: Duration::from_secs(3_600),
            silence: 5 * BEAT,
        }
    }
}
