//! Opening a connection, and bringing the file's schema up to this program's.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

/// Every change of the schema ever released, in order; the place in this list, from 1, is its version.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_orders.sql"),
    include_str!("../../../migrations/sqlite/0002_attempts.sql"),
    include_str!("../../../migrations/sqlite/0003_deaths.sql"),
];

/// Prepared statements kept per connection: more than there are different ones.
const STATEMENTS: usize = 128;

/// Only a person's own tool on the same file can hold a lock that long.
const BUSY: Duration = Duration::from_secs(2);

/// Why the file cannot be opened as a store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    #[error("the store was written by a newer version: schema {found}, this program knows {known}")]
    Newer { found: usize, known: usize },
    #[error(
        "the store holds nothing: engine.db was copied without engine.db-wal, in which the orders are; copy \
         both from an engine that is stopped, or see \"Backup and restore\" in docs/OPERATIONS.md"
    )]
    WithoutLog,
    #[error("SQLite failed")]
    Sql(#[from] rusqlite::Error),
}

/// Refuses a file that came here by itself: until the log is moved into it for the first time, the file of a
/// running store holds nothing, and would be opened as a new one.
pub(crate) fn refuse_without_log(path: &Path) -> Result<(), SchemaError> {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    let log = path.with_extension("db-wal");
    if size(path) == 0 || size(&log) > 0 {
        return Ok(());
    }
    let tables: i64 = Connection::open(path)?.query_row(
        "-- count_tables
         select count(*) from sqlite_schema",
        [],
        |row| row.get(0),
    )?;
    match tables {
        0 => Err(SchemaError::WithoutLog),
        _ => Ok(()),
    }
}

/// The one connection that writes.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, SchemaError> {
    let mut db = Connection::open(path)?;
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "journal_mode", "wal")?;
    // Every commit reaches the disk before it is answered.
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "journal_size_limit", 64 * 1_024 * 1_024)?;
    // Before it is tuned: what a migration sets aside belongs on the disk, not into memory.
    migrate(&mut db)?;
    tune(&db)?;
    Ok(db)
}

/// A connection that moves the log's pages into the file beside the writer, and nothing else.
pub(crate) fn open_mover(path: &Path) -> Result<Connection, SchemaError> {
    let db = Connection::open(path)?;
    db.pragma_update(None, "synchronous", "full")?;
    Ok(db)
}

/// A store that lives and dies with its connection.
pub(crate) fn open_memory() -> Result<Connection, SchemaError> {
    let mut db = Connection::open_in_memory()?;
    tune(&db)?;
    migrate(&mut db)?;
    Ok(db)
}

/// A connection that only reads, beside the writer.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, SchemaError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    tune(&db)?;
    Ok(db)
}

fn tune(db: &Connection) -> rusqlite::Result<()> {
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    // Negative: KiB. 64 MiB hold the hot ends of all indexes of some million orders.
    db.pragma_update(None, "cache_size", -65_536)?;
    db.pragma_update(None, "temp_store", "memory")?;
    db.pragma_update(None, "foreign_keys", false)
}

fn migrate(db: &mut Connection) -> Result<(), SchemaError> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    step.execute_batch(
        "-- create_schema_version
         create table if not exists schema_version (version integer not null) strict",
    )?;
    let found: i64 = step.query_row(
        "-- read_schema_version
         select coalesce(max(version), 0) from schema_version",
        [],
        |row| row.get(0),
    )?;
    let found = usize::try_from(found).unwrap_or(0);
    let known = MIGRATIONS.len();
    if found > known {
        return Err(SchemaError::Newer { found, known });
    }
    if (1..known).contains(&found) {
        tracing::info!(
            "the store is brought from version {found} to {known}; a large one takes a while"
        );
    }
    for migration in &MIGRATIONS[found..] {
        step.execute_batch(migration)?;
    }
    if found < known {
        step.execute("-- clear_schema_version\ndelete from schema_version", [])?;
        step.execute(
            "-- write_schema_version
             insert into schema_version (version) values (?1)",
            [i64::try_from(known).unwrap_or(i64::MAX)],
        )?;
    }
    step.commit()?;
    Ok(())
}
