//! Migrations, embedded in the program and applied by whoever comes first.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::connect::{ConnectError, server_of};
use crate::settings::PgSettings;
use crate::tls::read_address;

mod embedded {
    refinery::embed_migrations!("../../migrations/postgres");
}

/// The lock of everybody who migrates: "orders" in ASCII.
const LOCK: i64 = 0x6f72_6465_7273;
/// A migration of a large table takes a while; whoever waits for another's waits as long.
const LIMIT: Duration = Duration::from_secs(600);

/// What a migration came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// How many migrations were applied.
    pub applied: usize,
    /// The schema's version now.
    pub version: i32,
}

/// Brings the schema up to date. Any number of processes may do so at once.
pub async fn migrate(settings: &PgSettings) -> Result<Migrated, ConnectError> {
    let (mut config, tls) = read_address(settings.migration_url())?;
    config.application_name("order-engine migrate");
    config.connect_timeout(crate::connect::CONNECT_LIMIT);
    let server = server_of(&config);
    let (mut client, connection) = config
        .connect(tls)
        .await
        .map_err(ConnectError::unreachable(&server))?;
    // Ends, with the connection, when this function returns.
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = %error, "the connection for migrations broke");
        }
    });
    tokio::time::timeout(LIMIT, migrate_over(&mut client, &server))
        .await
        .map_err(ConnectError::unreachable(&server))?
}

async fn migrate_over(client: &mut Client, server: &str) -> Result<Migrated, ConnectError> {
    let known = known_version();
    let found = version_of(client, server).await?;
    refuse_newer(found, known)?;
    if found == Some(known) {
        return Ok(Migrated {
            applied: 0,
            version: known,
        });
    }
    // Given back with the session.
    client
        .execute("-- lock_migrations\nselect pg_advisory_lock($1)", &[&LOCK])
        .await
        .map_err(ConnectError::unreachable(server))?;
    // Whoever had the lock before may have been of a newer version.
    refuse_newer(version_of(client, server).await?, known)?;
    let report = embedded::migrations::runner()
        .run_async(client)
        .await
        .map_err(ConnectError::migration)?;
    let applied = report.applied_migrations().len();
    if applied > 0 {
        tracing::info!("the schema is now at version {known}");
    }
    Ok(Migrated {
        applied,
        version: known,
    })
}

fn known_version() -> i32 {
    embedded::migrations::runner()
        .get_migrations()
        .iter()
        .map(refinery::Migration::version)
        .max()
        .unwrap_or(0)
}

/// The schema's version; `None` for an empty database.
async fn version_of(client: &Client, server: &str) -> Result<Option<i32>, ConnectError> {
    let asked = client
        .query_typed(
            "-- read_schema_version\nselect max(version) from refinery_schema_history",
            &[],
        )
        .await;
    match asked {
        Ok(rows) => Ok(rows.first().and_then(|row| row.get(0))),
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
        // Waiting for the server does not cure it.
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            Err(ConnectError::Migration(Box::new(error)))
        }
        Err(error) => Err(ConnectError::unreachable(server)(error)),
    }
}

const fn refuse_newer(found: Option<i32>, known: i32) -> Result<(), ConnectError> {
    match found {
        Some(found) if found > known => Err(ConnectError::NewerSchema { found, known }),
        _ => Ok(()),
    }
}
