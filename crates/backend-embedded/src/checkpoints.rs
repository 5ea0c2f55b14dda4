//! Moving the log's pages into the database file beside the writer, so that no batch waits for it.
//!
//! SQLite would do it within a commit, every so many pages, and everybody whose order came meanwhile
//! would wait: tens of milliseconds for a log of 32 MiB. Here a thread with a connection of its own does
//! nearly all of it. What was written in the meantime is little; the writer moves it itself, between two
//! batches, and so the log is used from its beginning again instead of growing for ever.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};

use crate::schema::{self, SchemaError};

/// The log's pages (4 KiB) from which on they are moved: 32 MiB.
const MOVED_FROM: usize = 8_192;
/// The log's pages at which the writer moves them all itself: the other thread cannot keep up, and a log
/// without a bound would fill the disk. 256 MiB.
const PAGES_MAX: usize = 65_536;

/// The writer's view of the log.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    log: Arc<Log>,
    asked: SyncSender<()>,
}

/// What both sides know of the log.
#[derive(Debug, Default)]
struct Log {
    pages: AtomicUsize,
    /// The other thread has moved what there was when it began.
    is_nearly_moved: AtomicBool,
}

/// The other side, to be run on a thread of its own.
#[derive(Debug)]
pub(crate) struct Mover {
    db: Connection,
    log: Arc<Log>,
    asked: Receiver<()>,
}

/// Takes the place of SQLite's own checkpoints on the writer's connection.
pub(crate) fn take_over(
    writer: &mut Connection,
    path: &Path,
) -> Result<(Checkpoints, Mover), SchemaError> {
    let log = Arc::<Log>::default();
    let counting = Arc::clone(&log);
    let count = move |_: &mut Wal, pages: i32| {
        let pages = usize::try_from(pages).unwrap_or(0);
        counting.pages.store(pages, Ordering::Relaxed);
        Ok(())
    };
    writer.wal_hook(Some(count))?;
    let (sender, asked) = sync_channel(1);
    let mover = Mover {
        db: schema::open_mover(path)?,
        log: Arc::clone(&log),
        asked,
    };
    Ok((Checkpoints { log, asked: sender }, mover))
}

impl Checkpoints {
    /// Keeps the log small, between two batches.
    pub(crate) fn keep_small(&self, writer: &Connection) {
        let pages = self.log.pages.load(Ordering::Relaxed);
        if self.log.is_nearly_moved.swap(false, Ordering::AcqRel) || pages >= PAGES_MAX {
            checkpoint(writer);
        } else if pages >= MOVED_FROM {
            // Full where it is asked already.
            let _ = self.asked.try_send(());
        }
    }
}

impl Mover {
    /// Moves pages whenever the writer asks, until the writer is gone.
    pub(crate) fn run(self) {
        while self.asked.recv().is_ok() {
            checkpoint(&self.db);
            self.log.is_nearly_moved.store(true, Ordering::Release);
        }
    }
}

/// Moves as much as readers allow. What fails is tried again with the next batch: the log has it all.
fn checkpoint(db: &Connection) {
    if let Err(error) = db.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::PASSIVE) {
        tracing::warn!(%error, "the store's log could not be moved into its file: {error}");
    }
}
