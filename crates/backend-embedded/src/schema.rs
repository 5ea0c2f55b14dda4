//! The store's file: its schema, and how its connections are set up.

use std::time::Duration;

use sqlite_kit::{Database, VersionIn};

pub(crate) const STORE_FILE: Database = Database {
    migrations: &[
        include_str!("../../../migrations/sqlite/0001_orders.sql"),
        include_str!("../../../migrations/sqlite/0002_attempts.sql"),
        include_str!("../../../migrations/sqlite/0003_deaths.sql"),
        include_str!("../../../migrations/sqlite/0004_clusters.sql"),
        include_str!("../../../migrations/sqlite/0005_finalities.sql"),
        include_str!("../../../migrations/sqlite/0006_directory.sql"),
        include_str!("../../../migrations/sqlite/0007_slow_landings.sql"),
        include_str!("../../../migrations/sqlite/0008_safety.sql"),
        include_str!("../../../migrations/sqlite/0009_wallet_use.sql"),
        include_str!("../../../migrations/sqlite/0010_wallets.sql"),
        include_str!("../../../migrations/sqlite/0011_waiting_orders.sql"),
        include_str!("../../../migrations/sqlite/0012_trailing_stops.sql"),
        include_str!("../../../migrations/sqlite/0013_token_checkpoints.sql"),
        include_str!("../../../migrations/sqlite/0014_snipers.sql"),
        include_str!("../../../migrations/sqlite/0015_due_orders_by_client.sql"),
        include_str!("../../../migrations/sqlite/0016_webhooks.sql"),
        include_str!("../../../migrations/sqlite/0017_settled_transactions.sql"),
    ],
    version_in: VersionIn::Table,
    // More than there are different statements.
    statements: 128,
    // The hot ends of all indexes of some million orders.
    cache_kib: 65_536,
    // Only a person's own tool on the same file can hold a lock that long.
    busy: Duration::from_secs(2),
};
