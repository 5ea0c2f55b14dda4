//! The store's contract over a real PostgreSQL, and what only this backend promises.

mod contract;

use std::sync::Arc;
use std::time::Duration;

use backend_postgres::{PgSettings, PgStore};
use testkit::servers::PostgresServer;

/// Short enough to wait for, long enough that no worker of a test falls silent by chance.
const LEASE: Duration = Duration::from_millis(1_500);

fn settings(server: &PostgresServer) -> PgSettings {
    PgSettings {
        lease: LEASE,
        patience: Duration::from_secs(20),
        ..PgSettings::new(server.url())
    }
}

async fn open(server: &PostgresServer) -> Arc<PgStore> {
    PgStore::connect(settings(server))
        .await
        .expect("a fresh server is usable")
}

fn server() -> PostgresServer {
    PostgresServer::start().expect("PostgreSQL starts")
}
