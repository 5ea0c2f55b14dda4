//! Opens the chain's file for one process at a time, and begins to write it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ports::Random;
use rusqlite::{Connection, TransactionBehavior, params};
use sqlite_kit::{Database, Lock, LockError, Pool, Readers, VersionIn, WriterThread};

use super::loading::{self, Past};
use super::open_error::OpenError;
use super::writer::{self, Writer};
use super::{MARK_AHEAD, Memory, Shared, Store};
use crate::bank::Bank;
use crate::cluster::ledger;
use crate::cluster::timeline::Timeline;

pub(super) const FILE: Database = Database {
    migrations: &[SCHEMA, ledger::rows::SCHEMA],
    version_in: VersionIn::Header,
    // As many as there are statements.
    statements: 18,
    cache_kib: 16 * 1024,
    busy: Duration::from_secs(5),
};

const SCHEMA: &str = "
create table world (
    id integer primary key check (id = 1),
    salt integer not null,
    seed integer not null,
    mark integer not null
) strict;

-- From which moment on slots were counted, for each time that the chain was opened.
create table anchors (
    slot integer primary key,
    unix_ms integer not null,
    floor_ms integer not null,
    slot_ns integer not null
) strict;

create table accounts (
    key blob not null unique,
    slot integer not null,
    lamports integer not null,
    owner blob not null,
    executable integer not null,
    data blob not null
) strict;

create table transactions (
    number integer primary key,
    slot integer not null,
    unix_timestamp integer not null,
    bytes blob not null,
    status text,
    outcome blob not null
) strict;

create index transactions_by_slot on transactions (slot);
";

const READER: Pool<'_> = Pool {
    name: "ledger-reader",
    readers: 1,
    waiting: 1_024,
};

/// A chain's file that is open and belongs to this process, or none.
#[derive(Debug)]
pub(in crate::cluster) struct Opened {
    file: Option<(Connection, PathBuf, Lock)>,
    pub(in crate::cluster) seed: u64,
    pub(in crate::cluster) past: Option<Past>,
    pub(in crate::cluster) is_new: bool,
}

/// Opens or makes a file. A given seed is the chain's from now on.
pub(in crate::cluster) fn open(
    path: Option<&Path>,
    seed: Option<u64>,
    random: &Random,
) -> Result<Opened, OpenError> {
    let drawn = || seed.unwrap_or_else(|| random.bits());
    let Some(path) = path else {
        return Ok(Opened {
            file: None,
            seed: drawn(),
            past: None,
            is_new: true,
        });
    };
    let lock = lock(path)?;
    let db = FILE.open_writer(path)?;
    let past = loading::begin(&db)?;
    Ok(Opened {
        file: Some((db, path.to_owned(), lock)),
        seed: seed
            .or(past.as_ref().map(|past| past.seed))
            .unwrap_or_else(drawn),
        is_new: past.is_none(),
        past,
    })
}

impl Opened {
    /// Loads the transactions that may be asked for, and all that were processed from a slot on.
    pub(in crate::cluster) fn load_landed(
        &self,
        past: &mut Past,
        valid_from: u64,
    ) -> Result<(), OpenError> {
        match &self.file {
            Some((db, ..)) => loading::landed(db, past, valid_from),
            None => Ok(()),
        }
    }

    /// Writes down where the chain goes on, and of a new one what there is before its first block.
    pub(in crate::cluster) fn start(
        self,
        timeline: &Timeline,
        bank: &Bank,
    ) -> Result<Store, OpenError> {
        let Some((mut db, path, lock)) = self.file else {
            return Ok(Store::Memory(Memory::default().into()));
        };
        let anchor = timeline.anchor();
        let mark = anchor.slot + MARK_AHEAD;
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute(
            "-- begin_world
            insert into world (id, salt, seed, mark) values (1, ?1, ?2, ?3)
            on conflict (id) do update set seed = excluded.seed, mark = excluded.mark",
            [timeline.salt(), self.seed, mark].map(u64::cast_signed),
        )?;
        let slot_ns = i64::try_from(anchor.slot_time.as_nanos()).unwrap_or(i64::MAX);
        tx.execute(
            "-- add_anchor
            insert into anchors (slot, unix_ms, floor_ms, slot_ns) values (?1, ?2, ?3, ?4)",
            params![
                anchor.slot.cast_signed(),
                anchor.unix_ms,
                anchor.floor_ms,
                slot_ns
            ],
        )?;
        if self.is_new {
            for (key, account) in bank.accounts().iter() {
                writer::put_account(&tx, key, account, timeline.root())?;
            }
        }
        tx.commit()?;
        let shared = Shared::new(mark);
        let writer = Writer::new(db, shared.clone());
        Ok(Store::File {
            shared,
            writer: WriterThread::start("chain", &path, writer)?,
            readers: Readers::start(&FILE, &path, READER)?,
            path,
            _lock: lock,
        })
    }
}

fn lock(path: &Path) -> Result<Lock, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    Lock::take(Path::new(&name)).map_err(|error| match error {
        LockError::InUse { pid } => OpenError::InUse {
            path: path.to_owned(),
            pid,
        },
        LockError::Unusable(error) => error.into(),
    })
}
