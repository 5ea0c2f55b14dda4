//! The store's contract over a real PostgreSQL, and what only this backend promises.

mod beside_lists;
mod contract;
mod isolation;
mod late;
mod long_snapshot;
mod migrating;
mod pooler;
mod racing;
mod scale;
mod server_fails;
mod spending;
mod start;
mod tls;
mod unreadable;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use backend_postgres::{PgSettings, PgStore};
use ports::Store;
use ports::webhooks::Outbox;
use servers::PostgresServer;
use tokio::task::JoinSet;

/// Short enough to wait for, long enough that no worker of a test falls silent by chance.
const LEASE: Duration = Duration::from_millis(1_500);
/// Long enough that no worker falls silent by chance, however slow the machine.
const PATIENT_LEASE: Duration = Duration::from_secs(600);
/// Longer than any delay of an order in a test.
const LONGEST_REST: Duration = Duration::from_secs(2 * 3_600);

fn settings(server: &PostgresServer) -> PgSettings {
    PgSettings {
        lease: LEASE,
        patience: Duration::from_secs(20),
        ..PgSettings::new(server.url())
    }
}

async fn open_with(settings: PgSettings) -> Arc<dyn Store> {
    PgStore::connect(settings)
        .await
        .expect("a fresh server is usable")
}

async fn open(server: &PostgresServer) -> Arc<dyn Store> {
    open_with(settings(server)).await
}

/// For tests whose workers send no heartbeats: none falls silent.
async fn open_patiently(server: &PostgresServer) -> Arc<dyn Store> {
    open_telling(server, Outbox::None).await
}

/// The same, with an outbox.
async fn open_telling(server: &PostgresServer, outbox: Outbox) -> Arc<dyn Store> {
    open_with(PgSettings {
        lease: PATIENT_LEASE,
        longest_rest: LONGEST_REST,
        outbox,
        ..settings(server)
    })
    .await
}

fn server() -> PostgresServer {
    PostgresServer::start().expect("PostgreSQL starts")
}

/// One whose tables are there already, as the program's present migrations make them.
async fn server_with_tables() -> PostgresServer {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tables-{:x}", migrations()));
    PostgresServer::start_filled(&kept, async |server| drop(open(server).await))
        .await
        .expect("PostgreSQL starts")
}

/// Another number for other migrations.
fn migrations() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the migrations are there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    include_str!("../../src/migrate.rs").hash(&mut hasher);
    for file in files {
        fs::read(file).expect("a migration").hash(&mut hasher);
    }
    hasher.finish()
}

/// What somebody else does to the server.
async fn meddle(server: &PostgresServer, sql: &str) -> Vec<tokio_postgres::SimpleQueryMessage> {
    let (client, _driver) = connect(server).await;
    client.simple_query(sql).await.expect("PostgreSQL does it")
}

/// Another client's connection, open while its driver is kept.
async fn connect(server: &PostgresServer) -> (tokio_postgres::Client, JoinSet<()>) {
    let (client, connection) = tokio_postgres::connect(&server.url(), tokio_postgres::NoTls)
        .await
        .expect("PostgreSQL is there");
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        let _ = connection.await;
    });
    (client, driver)
}

/// The first column of the first row.
async fn ask(server: &PostgresServer, sql: &str) -> String {
    let answer = meddle(server, sql).await;
    answer
        .iter()
        .find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
        .expect("there is an answer")
}
