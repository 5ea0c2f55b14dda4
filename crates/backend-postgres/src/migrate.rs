//! Migrations, embedded in the program and applied by the first process that comes.

use std::time::Duration;

use ports::cluster::Unfinished;
use tokio::task::JoinSet;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::address::{CONNECT_LIMIT, ConnectError, server_of};
use crate::settings::PgSettings;
use crate::tls::read_address;

/// One step of the schema.
struct Migration {
    version: i32,
    name: &'static str,
    sql: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal)+) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../../migrations/postgres/V", $version, "__", $name, ".sql")),
        }),+]
    };
}

/// Every step, in order.
const MIGRATIONS: &[Migration] = migrations! {
    1 "orders"
    2 "pause_holds_claims"
    3 "counting_keeps_its_plans"
    4 "signatures_with_heights"
    5 "signatures_alone"
    6 "deaths"
    7 "lists_of_open_orders"
    8 "leases_by_name"
    9 "clusters"
    10 "signatures_with_blockhashes"
    11 "signatures_without_heights"
    12 "finalities"
    13 "directory"
    14 "slow_landings"
    15 "safety"
    16 "wallet_use"
    17 "wallets"
    18 "waiting_orders"
    19 "trailing_stops"
    20 "token_checkpoints"
    21 "snipers"
    22 "webhooks"
    23 "settled_transactions"
};

/// How long a step waits for a table; meanwhile every later statement waits behind it.
const LOCK_LIMIT: &str = "-- limit_lock_wait\nset local lock_timeout = '2s'";
/// Pause between two tries, in which everybody else continues.
const LOCK_PAUSE: Duration = Duration::from_secs(2);

/// The table is the one that a library created in version 0.1.0.
const HISTORY: &str = "-- create_schema_history
create table if not exists refinery_schema_history (
    version     int4 primary key,
    name        varchar(255),
    applied_on  varchar(255),
    checksum    varchar(255)
)";

const REMEMBER: &str = "-- remember_migration
insert into refinery_schema_history (version, name, applied_on, checksum)
values ($1, $2, to_char(now() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '')";

/// The first schema of stores that belong to a cluster.
const FIRST_WITH_CLUSTER: i32 = 9;

const UNFINISHED: &str = "-- count_unfinished
select count(*) from orders o
where o.due_at is not null
  and exists (select from order_attempts a where a.order_id = o.id and a.dead_at is null)";

/// The advisory lock of all processes that migrate: "orders" in ASCII.
const LOCK: i64 = 0x6f72_6465_7273;
/// Migrating a large table takes a while; processes that wait for another's migration wait as long.
const LIMIT: Duration = Duration::from_secs(600);

/// The result of a migration.
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
    config.connect_timeout(CONNECT_LIMIT);
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
    // Released with the session.
    client
        .execute("-- lock_migrations\nselect pg_advisory_lock($1)", &[&LOCK])
        .await
        .map_err(ConnectError::unreachable(server))?;
    // The previous holder of the lock may have been a newer version.
    refuse_newer(version_of(client, server).await?, known)?;
    client
        .batch_execute(HISTORY)
        .await
        .map_err(ConnectError::migration)?;
    // Another process may have been quicker to the lock.
    let reached = version_of(client, server).await?.unwrap_or(0);
    if (1..FIRST_WITH_CLUSTER).contains(&reached) {
        leave_unfinished_alone(client).await?;
    }
    let mut applied = 0;
    for step in MIGRATIONS.iter().filter(|step| step.version > reached) {
        take_in_turn(client, step)
            .await
            .map_err(ConnectError::migration)?;
        applied += 1;
    }
    if applied > 0 {
        tracing::info!("the schema is now at version {known}");
    }
    Ok(Migrated {
        applied,
        version: known,
    })
}

/// Looks before the first step, after which 0.1.0 would not start any more. The step that gives the store to a
/// cluster looks again, with the table for itself.
async fn leave_unfinished_alone(client: &Client) -> Result<(), ConnectError> {
    let found = client
        .query_typed(UNFINISHED, &[])
        .await
        .map_err(ConnectError::migration)?;
    let orders: i64 = found.first().map_or(0, |row| row.get(0));
    match u64::try_from(orders).unwrap_or(0) {
        0 => Ok(()),
        orders => Err(Unfinished { orders }.into()),
    }
}

/// Takes one step as soon as no other transaction blocks it. A statement that waits for a table
/// which somebody reads for long also blocks everybody behind it. So the step waits only for
/// moments, and lets the others through in between.
async fn take_in_turn(client: &mut Client, step: &Migration) -> Result<(), tokio_postgres::Error> {
    let mut is_told = false;
    loop {
        match take(client, step).await {
            Err(error) if waits_for_others(&error) => {
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!(
                        "step {} of the schema waits until nobody reads its tables for long: a backup?",
                        step.version
                    );
                }
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            taken => return taken,
        }
    }
}

/// Whether another transaction held the table, or won a deadlock against this step.
fn waits_for_others(error: &tokio_postgres::Error) -> bool {
    let code = error.code();
    code == Some(&SqlState::LOCK_NOT_AVAILABLE) || code == Some(&SqlState::T_R_DEADLOCK_DETECTED)
}

/// Takes one step, completely or not at all.
async fn take(client: &mut Client, step: &Migration) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(LOCK_LIMIT).await?;
    transaction.batch_execute(step.sql).await?;
    transaction
        .execute(REMEMBER, &[&step.version, &step.name])
        .await?;
    transaction.commit().await
}

fn known_version() -> i32 {
    MIGRATIONS.last().map_or(0, |step| step.version)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_step_and_versions_follow_each_other() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres");
        let entries = std::fs::read_dir(folder).expect("the folder is there");
        let mut files: Vec<String> = entries
            .map(|entry| entry.expect("a file").file_name().into_string())
            .collect::<Result<_, _>>()
            .expect("names are text");
        files.sort();

        let steps = MIGRATIONS.iter();
        let mut named: Vec<String> = steps
            .map(|step| format!("V{}__{}.sql", step.version, step.name))
            .collect();
        named.sort();

        assert_eq!(files, named);
        for (place, step) in (1..).zip(MIGRATIONS) {
            assert_eq!(step.version, place);
        }
    }
}
