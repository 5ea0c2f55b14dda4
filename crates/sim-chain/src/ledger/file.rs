//! Opens the ledger's file for one process at a time, and reads the world's seed and height from it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use sqlite_kit::{Database, Lock, LockError, VersionIn};

pub(super) const LEDGER_FILE: Database = Database {
    migrations: &[SCHEMA],
    version_in: VersionIn::Header,
    // As many as there are statements.
    statements: 16,
    // Signatures arrive in random order, so their index should fit: that of a few hundred thousand does.
    cache_kib: 32 * 1024,
    busy: Duration::from_secs(5),
};

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
    #[error("the ledger was written by a newer version ({found}) than this one knows ({known})")]
    TooNew { found: usize, known: usize },
    #[error("the ledger cannot be opened")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the ledger's folder or threads are not available")]
    Io(#[from] std::io::Error),
}

impl From<sqlite_kit::OpenError> for OpenError {
    fn from(error: sqlite_kit::OpenError) -> Self {
        match error {
            sqlite_kit::OpenError::Newer { found, known } => Self::TooNew { found, known },
            sqlite_kit::OpenError::Sql(error) => error.into(),
            sqlite_kit::OpenError::Thread(error) => error.into(),
        }
    }
}

/// A ledger that is open and belongs to this process.
#[derive(Debug)]
pub(crate) struct LedgerFile {
    pub(super) writer: Connection,
    /// Where it is, and the lock that keeps others out; a ledger in memory has neither.
    pub(super) place: Option<(PathBuf, Lock)>,
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
        let (place, writer) = match path {
            Some(path) => {
                let lock = lock(path)?;
                let writer = LEDGER_FILE.open_writer(path)?;
                (Some((path.to_owned(), lock)), writer)
            }
            None => (None, LEDGER_FILE.open_memory()?),
        };
        let (seed, height_mark) = start_world(&writer, given_seed, drawn_seed)?;
        Ok(Self {
            writer,
            place,
            seed,
            height_mark,
        })
    }
}

fn lock(path: &Path) -> Result<Lock, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    Lock::take(Path::new(&name)).map_err(|error| match error {
        LockError::InUse { .. } => OpenError::InUse(path.to_owned()),
        LockError::Unusable(error) => error.into(),
    })
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
