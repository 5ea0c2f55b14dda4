//! Opening the ledger's file: one process at a time, the schema, and where the world stood.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

/// What `user_version` says of a ledger that this code can read.
const SCHEMA_VERSION: i64 = 1;
/// Prepared statements kept per connection: all there are.
const STATEMENTS: usize = 16;
/// Signatures arrive in random order: their index should stay in memory, here up to a few hundred thousand.
const CACHE_KIB: i64 = 32 * 1024;
/// Pages of the write-ahead log before it is copied back, 16 MiB: fewer copies of the same index pages.
const CHECKPOINT_PAGES: i64 = 4_000;
/// Somebody else's tool may hold the file for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const SCHEMA: &str = "
create table world (
    id integer primary key check (id = 1),
    seed integer not null,
    height_mark integer not null
) strict;

create table ledger (
    place integer primary key,
    -- The signature's first 24 characters, 140 bits: as unique as all of it, in an index a quarter of the
    -- size. Random keys touch a page of it each, which is what a commit costs.
    signature_head text not null unique,
    signature text not null,
    order_id text not null,
    execution integer not null,
    venue text not null,
    token_in text not null,
    token_out text not null,
    amount_in integer not null,
    amount_out integer not null,
    height integer not null,
    landed_at integer not null,
    ok integer not null,
    reason text
) strict;

create index ledger_by_order on ledger (order_id, place);
";

/// Why a ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the ledger {0} is in use by another process")]
    InUse(PathBuf),
    #[error(
        "the ledger was written by a newer version ({found}) than this one knows ({SCHEMA_VERSION})"
    )]
    TooNew { found: i64 },
    #[error("the ledger cannot be opened")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the ledger's folder or threads are not available")]
    Io(#[from] std::io::Error),
}

/// A ledger that is open and belongs to this process.
#[derive(Debug)]
pub(crate) struct LedgerFile {
    writer: Connection,
    path: Option<PathBuf>,
    lock: Option<File>,
    pub(crate) seed: u64,
    pub(crate) height_mark: u64,
}

impl LedgerFile {
    /// Opens or makes the ledger. A given seed replaces the one it has; a fresh one without a given seed
    /// gets `drawn_seed`.
    pub(crate) fn open(
        path: Option<&Path>,
        given_seed: Option<u64>,
        drawn_seed: u64,
    ) -> Result<Self, OpenError> {
        let lock = path.map(lock).transpose()?;
        let writer = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        writer.busy_timeout(BUSY_TIMEOUT)?;
        writer.set_prepared_statement_cache_capacity(STATEMENTS);
        writer.pragma_update(None, "journal_mode", "wal")?;
        writer.pragma_update(None, "synchronous", "full")?;
        writer.pragma_update(None, "cache_size", -CACHE_KIB)?;
        writer.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        make_schema(&writer)?;
        let (seed, height_mark) = start_world(&writer, given_seed, drawn_seed)?;
        Ok(Self {
            writer,
            path: path.map(Path::to_owned),
            lock,
            seed,
            height_mark,
        })
    }

    /// A second connection for reading; a ledger in memory has none.
    pub(crate) fn reader(&self) -> Result<Option<Connection>, OpenError> {
        let Some(path) = &self.path else {
            return Ok(None);
        };
        let reader = Connection::open(path)?;
        reader.busy_timeout(BUSY_TIMEOUT)?;
        reader.set_prepared_statement_cache_capacity(STATEMENTS);
        reader.pragma_update(None, "query_only", true)?;
        Ok(Some(reader))
    }

    /// The writing connection, and the lock that must live as long.
    pub(crate) fn into_parts(self) -> (Connection, Option<File>) {
        (self.writer, self.lock)
    }
}

/// Taken for life: the system frees it however the process ends.
fn lock(path: &Path) -> Result<File, OpenError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(name)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn make_schema(db: &Connection) -> Result<(), OpenError> {
    let found: i64 = db.query_row("pragma user_version", [], |row| row.get(0))?;
    match found {
        0 => {
            let version = format!("pragma user_version = {SCHEMA_VERSION};");
            Ok(db.execute_batch(&["begin immediate;", SCHEMA, &version, "commit;"].concat())?)
        }
        SCHEMA_VERSION => Ok(()),
        found => Err(OpenError::TooNew { found }),
    }
}

fn start_world(
    db: &Connection,
    given_seed: Option<u64>,
    drawn_seed: u64,
) -> Result<(u64, u64), OpenError> {
    db.execute(
        "-- begin_world
        insert into world (id, seed, height_mark) values (1, ?1, 0) on conflict do nothing",
        [given_seed.unwrap_or(drawn_seed).cast_signed()],
    )?;
    if let Some(seed) = given_seed {
        db.execute(
            "-- set_seed
            update world set seed = ?1",
            [seed.cast_signed()],
        )?;
    }
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (seed, mark): (i64, i64) = db.query_row(
        "-- read_world
        select seed, height_mark from world",
        [],
        read,
    )?;
    Ok((seed.cast_unsigned(), mark.cast_unsigned()))
}
