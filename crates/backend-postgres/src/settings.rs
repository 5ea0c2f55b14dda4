//! How to reach PostgreSQL and how much of it to use.

use std::fmt;
use std::time::Duration;

use ports::order_store::LONGEST_FIXED_REST;
use ports::webhooks::Outbox;

/// Settings of a [`crate::PgStore`].
#[derive(Clone)]
pub struct PgSettings {
    /// `postgres://…`; `sslmode` and `sslrootcert` mean what they mean in libpq.
    pub url: String,
    /// An address that bypasses a transaction pooler, for migrations.
    pub direct_url: Option<String>,
    /// Connections for reading and for single writes.
    pub pool_size: usize,
    /// Connections for batches, and so the number of batches in flight.
    pub writers: usize,
    /// Connections for lists, and so the number of lists read at once; no other call waits for
    /// them.
    pub lists: usize,
    /// How long a worker may be silent before it loses its leases. The same in every process.
    pub lease: Duration,
    /// The longest delay of an order. An order due later than that counts as due: the clock was set
    /// back.
    pub longest_rest: Duration,
    /// Which events become webhooks. The same in every process.
    pub outbox: Outbox,
    /// Whether sessions keep prepared statements.
    pub statement_cache: StatementCache,
    /// How long to wait at the start for a server that cannot be reached.
    pub patience: Duration,
}

/// Whether sessions keep prepared statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementCache {
    /// Faster; needs sessions that are not shared.
    On,
    /// Nothing is tied to a session: for transaction poolers.
    Off,
}

impl PgSettings {
    /// The defaults, for a server at `url`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            direct_url: None,
            // Reads take well under a millisecond; a few connections serve thousands a second.
            pool_size: 4,
            // With more, batches only become smaller.
            writers: 4,
            lists: 2,
            lease: Duration::from_secs(20),
            longest_rest: LONGEST_FIXED_REST,
            outbox: Outbox::None,
            statement_cache: StatementCache::On,
            patience: Duration::from_secs(600),
        }
    }

    /// The address for migrations.
    #[must_use]
    pub fn migration_url(&self) -> &str {
        self.direct_url.as_deref().unwrap_or(&self.url)
    }
}

impl fmt::Debug for PgSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The addresses contain passwords.
        f.debug_struct("PgSettings")
            .field("pool_size", &self.pool_size)
            .field("writers", &self.writers)
            .field("lists", &self.lists)
            .field("lease", &self.lease)
            .field("statement_cache", &self.statement_cache)
            .finish_non_exhaustive()
    }
}
