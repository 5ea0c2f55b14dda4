//! What of the chain outlives its process: accounts, transactions, the ledger of swaps, and which slots were given out.
//!
//! A closed block is written at once, in one transaction of SQLite on a thread of its own. Readers see it as confirmed
//! only once it is on disk. No slot at or behind the *mark* was ever shown to anybody: after a restart the chain goes on
//! there, so that no slot and no blockhash is given out for two times. The mark is moved before the chain comes near it.
//!
//! A chain in memory has no thread: of its blocks only the ledger is kept, and it is written where the block is closed.

mod codec;
mod file;
mod loading;
mod open_error;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use ports::chain::Error;
use ports::ledger::{LedgerFilter, LedgerPage};
use rusqlite::Connection;
use solana_address::Address;
use sqlite_kit::{Lock, Readers, Stopped, WriterThread};
use tokio::sync::watch;

use super::history::Landed;
use super::timeline::Timeline;
use crate::bank::Account;
use crate::cluster::ledger;

pub(super) use file::{Opened, open};
pub(super) use loading::Past;
pub use open_error::OpenError;

/// How many slots ahead of the chain the mark is put.
const MARK_AHEAD: u64 = 32;
/// With so many slots left the mark is moved.
const MARK_LOW: u64 = 16;
/// How long a caller waits for the disk where the chain has come to its mark. A disk that takes longer stops the chain.
const DISK_LIMIT: Duration = Duration::from_secs(1);

/// A block that is closed.
#[derive(Debug)]
pub(super) struct Block {
    /// Counts the blocks that were closed by this process, from 1.
    pub(super) number: u64,
    pub(super) slot: u64,
    pub(super) height: u64,
    pub(super) landed_at: Timestamp,
    pub(super) changes: Vec<Change>,
    pub(super) landed: Vec<Arc<Landed>>,
    /// From which slot on nothing has happened that earlier blocks say: they have vanished, and this one puts back what
    /// they changed.
    pub(super) vanished_from: Option<u64>,
}

/// An account as a block leaves it; `None` where it is gone.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) key: Address,
    pub(super) account: Option<Account>,
}

/// Where closed blocks go.
#[derive(Debug)]
pub(crate) enum Store {
    /// The ledger alone, made when its first line is written.
    Memory(Mutex<Memory>),
    File {
        shared: Arc<Shared>,
        writer: WriterThread<Wake>,
        readers: Readers,
        path: PathBuf,
        /// Last, so that it is released after the threads have ended.
        _lock: Lock,
    },
}

#[derive(Debug, Default)]
pub(crate) struct Memory {
    ledger: Option<Connection>,
    blocks: u64,
}

/// There is something to write.
#[derive(Debug)]
pub(crate) struct Wake;

/// What the chain and its writer both know.
#[derive(Debug)]
pub(crate) struct Shared {
    inbox: Mutex<Inbox>,
    moved: Condvar,
    /// How many blocks are on disk.
    written: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inbox {
    blocks: Vec<Block>,
    /// Where the mark shall be, and where it is on disk.
    mark_wanted: u64,
    mark: u64,
    /// Whether the last write has failed.
    is_failing: bool,
}

impl Shared {
    fn new(mark: u64) -> Arc<Self> {
        Arc::new(Self {
            inbox: Mutex::new(Inbox {
                mark_wanted: mark,
                mark,
                ..Inbox::default()
            }),
            moved: Condvar::new(),
            written: watch::Sender::new(0),
        })
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        // Every change of it is complete at once.
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// The newest block up to `wanted` that the chain may open.
    pub(super) fn reach(&self, timeline: &Timeline, wanted: u64) -> u64 {
        let Self::File { shared, writer, .. } = self else {
            return wanted;
        };
        let mut inbox = shared.inbox();
        if wanted + MARK_LOW < inbox.mark {
            return wanted;
        }
        inbox.mark_wanted = inbox.mark_wanted.max(wanted + MARK_AHEAD);
        writer.send_if_room(Wake);
        if wanted >= inbox.mark && !inbox.is_failing {
            let is_behind = |inbox: &mut Inbox| wanted >= inbox.mark && !inbox.is_failing;
            let waited = shared
                .moved
                .wait_timeout_while(inbox, DISK_LIMIT, is_behind);
            (inbox, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        timeline.last_block(wanted.min(inbox.mark - 1))
    }

    /// Takes a block to be written.
    pub(super) fn write(&self, block: Block) {
        match self {
            Self::Memory(memory) => lock(memory).write(&block),
            Self::File { shared, writer, .. } => {
                shared.inbox().blocks.push(block);
                // Where there is no room, it will be looked at once there is.
                writer.send_if_room(Wake);
            }
        }
    }

    /// How many blocks are written.
    pub(super) fn written(&self) -> u64 {
        match self {
            Self::Memory(memory) => lock(memory).blocks,
            Self::File { shared, .. } => *shared.written.borrow(),
        }
    }

    /// Waits until so many blocks are written, but not for a disk that is slow or full.
    pub(super) async fn wait_until_written(&self, blocks: u64) {
        if let Self::File { shared, .. } = self {
            let mut written = shared.written.subscribe();
            let all = written.wait_for(|written| *written >= blocks);
            // Late news are no error: whoever looks sees how far the chain is.
            let _ = tokio::time::timeout(DISK_LIMIT, all).await;
        }
    }

    /// The process ends, and this slot was not shown to anybody yet.
    pub(super) fn end_at(&self, slot: u64) {
        if let Self::File { shared, writer, .. } = self {
            shared.inbox().mark_wanted = slot;
            writer.send_if_room(Wake);
        }
    }

    /// A page of the ledger.
    pub(crate) async fn entries(&self, filter: &LedgerFilter) -> Result<LedgerPage, Error> {
        let page = match self {
            Self::Memory(memory) => match &lock(memory).ledger {
                Some(db) => ledger::rows::page(db, filter),
                None => Ok(LedgerPage::default()),
            },
            Self::File { readers, path, .. } => {
                let filter = filter.clone();
                let asked = readers.ask(move |db| ledger::rows::page(db, &filter)).await;
                asked.map_err(|Stopped| {
                    Error::Unavailable(format!("its ledger {} has stopped", path.display()))
                })?
            }
        };
        page.map_err(|error| Error::Unavailable(format!("its ledger cannot be read: {error}")))
    }
}

impl Memory {
    fn write(&mut self, block: &Block) {
        self.blocks = block.number;
        let lines: Vec<_> = block.lines().collect();
        if lines.is_empty() && block.vanished_from.is_none() {
            return;
        }
        if let Err(error) = self.keep(&lines, block.vanished_from) {
            tracing::error!(%error, "the ledger in memory cannot be written");
        }
    }

    fn keep(
        &mut self,
        lines: &[ledger::Line],
        vanished_from: Option<u64>,
    ) -> Result<(), OpenError> {
        let db = match &mut self.ledger {
            Some(db) => db,
            none => none.insert(file::FILE.open_memory()?),
        };
        if let Some(slot) = vanished_from {
            ledger::rows::remove_from(db, slot)?;
        }
        for line in lines {
            ledger::rows::append(db, line)?;
        }
        Ok(())
    }
}

impl Block {
    /// Its lines of the ledger.
    fn lines(&self) -> impl Iterator<Item = ledger::Line> {
        let landed = self.landed.iter();
        landed.filter_map(|landed| ledger::Line::of(landed, self.height, self.landed_at))
    }
}

fn lock(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    // A panic rolls an open transaction back, so the connection can be used again.
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
