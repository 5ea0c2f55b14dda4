//! Opens connections, and upgrades a file's schema to this program's.

#[cfg(test)]
pub(crate) mod tests;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

/// The most disk space that the log keeps once its pages are in the file: 64 MiB.
const LOG_SIZE_LIMIT: i64 = 64 * 1_024 * 1_024;

/// A file's schema, and how its connections are set up.
#[derive(Debug)]
pub struct Database {
    /// Every schema change ever released, in order; the position in this list, from 1, is its
    /// version.
    pub migrations: &'static [&'static str],
    pub version_in: VersionIn,
    /// Prepared statements kept per connection.
    pub statements: usize,
    /// Pages kept in memory per connection.
    pub cache_kib: i64,
    /// How long a connection waits while another program, such as a person's own tool, locks the file.
    pub busy: Duration,
}

/// Where a file keeps the version of its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionIn {
    /// The table `schema_version`.
    Table,
    /// SQLite's own `user_version`.
    Header,
}

/// Why a file cannot be opened, or its threads cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("it is of version {found}, this program knows {known}")]
    Newer { found: usize, known: usize },
    #[error("SQLite failed")]
    Sql(#[from] rusqlite::Error),
    #[error("a thread cannot be started")]
    Thread(#[from] std::io::Error),
}

impl Database {
    /// The one connection that writes. Creates the file if it is missing, and migrates an older
    /// one.
    pub fn open_writer(&self, path: &Path) -> Result<Connection, OpenError> {
        let mut db = self.open_as_it_is(path)?;
        self.upgrade(&mut db)?;
        Ok(db)
    }

    /// The same without the migration, for a program that looks at an older file before it upgrades it.
    pub fn open_as_it_is(&self, path: &Path) -> Result<Connection, OpenError> {
        let db = Connection::open(path)?;
        db.busy_timeout(self.busy)?;
        db.pragma_update(None, "journal_mode", "wal")?;
        // Every commit reaches the disk before it is answered.
        db.pragma_update(None, "synchronous", "full")?;
        db.pragma_update(None, "journal_size_limit", LOG_SIZE_LIMIT)?;
        Ok(db)
    }

    /// The version of the file's schema; 0 if there is none yet.
    pub fn version(&self, db: &Connection) -> rusqlite::Result<usize> {
        self.version_in.read(db)
    }

    /// Migrates an older file, and makes the connection ready for use.
    pub fn upgrade(&self, db: &mut Connection) -> Result<(), OpenError> {
        // Before `tune`: temporary tables of a migration belong on the disk, not in memory.
        self.migrate(db)?;
        Ok(self.tune(db)?)
    }

    /// A database in memory that exists as long as its connection.
    pub fn open_memory(&self) -> Result<Connection, OpenError> {
        let mut db = Connection::open_in_memory()?;
        self.tune(&db)?;
        self.migrate(&mut db)?;
        Ok(db)
    }

    /// A connection that only reads, in parallel with the writer.
    pub fn open_reader(&self, path: &Path) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(self.busy)?;
        self.tune(&db)?;
        Ok(db)
    }

    /// Whether the file was copied without its log. Until the log is moved into it for the first
    /// time, the file of a running process is empty and would be opened as a new one.
    pub fn is_without_log(path: &Path) -> Result<bool, OpenError> {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let log = path.with_extension("db-wal");
        if size(path) == 0 || size(&log) > 0 {
            return Ok(false);
        }
        let tables: i64 = Connection::open(path)?.query_row(
            "-- count_tables
             select count(*) from sqlite_schema",
            [],
            |row| row.get(0),
        )?;
        Ok(tables == 0)
    }

    fn tune(&self, db: &Connection) -> rusqlite::Result<()> {
        db.set_prepared_statement_cache_capacity(self.statements);
        // Negative: KiB instead of pages.
        db.pragma_update(None, "cache_size", -self.cache_kib)?;
        db.pragma_update(None, "temp_store", "memory")?;
        db.pragma_update(None, "foreign_keys", false)
    }

    fn migrate(&self, db: &mut Connection) -> Result<(), OpenError> {
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = self.version(&step)?;
        let known = self.migrations.len();
        if found > known {
            return Err(OpenError::Newer { found, known });
        }
        if (1..known).contains(&found) {
            tracing::info!(
                "upgrading the store from version {found} to {known}; a large one takes a while"
            );
        }
        for migration in &self.migrations[found..] {
            step.execute_batch(migration)?;
        }
        if found < known {
            self.version_in.write(&step, known)?;
        }
        Ok(step.commit()?)
    }
}

impl VersionIn {
    /// 0 if there is no schema yet.
    fn read(self, db: &Connection) -> rusqlite::Result<usize> {
        let question = match self {
            Self::Table if has_no_version(db)? => return Ok(0),
            Self::Table => {
                "-- read_schema_version
                 select coalesce(max(version), 0) from schema_version"
            }
            Self::Header => "-- read_schema_version\npragma user_version",
        };
        let found: i64 = db.query_row(question, [], |row| row.get(0))?;
        Ok(usize::try_from(found).unwrap_or(0))
    }

    fn write(self, db: &Connection, version: usize) -> rusqlite::Result<()> {
        db.execute_batch(&match self {
            Self::Table => format!(
                "-- write_schema_version
                 create table if not exists schema_version (version integer not null) strict;
                 delete from schema_version;
                 insert into schema_version (version) values ({version})"
            ),
            Self::Header => format!("-- write_schema_version\npragma user_version = {version}"),
        })
    }
}

fn has_no_version(db: &Connection) -> rusqlite::Result<bool> {
    db.query_row(
        "-- has_schema_version
         select not exists (select 1 from sqlite_schema where name = 'schema_version')",
        [],
        |row| row.get(0),
    )
}
