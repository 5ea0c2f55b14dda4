//! Moves the log's pages into the database file in parallel with the writer, so that no batch waits
//! for it.
//!
//! SQLite itself would do this within a commit, every so many pages, and every caller would wait
//! meanwhile: tens of milliseconds for a log of 32 MiB. Here a thread with a connection of its own
//! moves nearly all pages. The writer moves the few that were written in the meantime, between two
//! batches. Then SQLite reuses the log from its beginning instead of letting it grow for ever.
//! used from its beginning again instead of growing for ever.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode, MAIN_DB};

use crate::guard;

/// With this many pages (of 4 KiB) in the log the thread moves them: 32 MiB.
const MOVED_FROM: usize = 8_192;
/// With this many pages the thread has not kept up. The writer then waits, for readers too, until
/// the log can begin anew, because an unbounded log would fill the disk: 256 MiB.
const PAGES_MAX: usize = 65_536;

/// The writer's view of the log.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    log: Arc<Log>,
    asked: SyncSender<()>,
}

/// What the writer and the thread know about the log.
#[derive(Debug, Default)]
struct Log {
    pages: AtomicUsize,
    stage: Mutex<Stage>,
}

/// Whose turn it is. The two sides never move pages at once: SQLite would refuse the second one.
#[derive(Debug, Clone, Copy, Default)]
enum Stage {
    #[default]
    Small,
    /// The thread moves the pages that existed when it was asked.
    Moving,
    /// It is done; the writer moves the pages written meanwhile.
    NearlyMoved,
}

/// The thread's side.
#[derive(Debug)]
pub(crate) struct Mover {
    db: Connection,
    log: Arc<Log>,
    asked: Receiver<()>,
}

/// Replaces SQLite's own checkpoints on the writer's connection.
pub(crate) fn take_over(
    writer: &mut Connection,
    path: &Path,
) -> rusqlite::Result<(Checkpoints, Mover)> {
    let log = Arc::<Log>::default();
    let counting = Arc::clone(&log);
    let count = move |_: &mut Wal, pages: i32| {
        let pages = usize::try_from(pages).unwrap_or(0);
        counting.pages.store(pages, Ordering::Relaxed);
        Ok(())
    };
    writer.wal_hook(Some(count))?;
    let (sender, asked) = sync_channel(1);
    let db = Connection::open(path)?;
    db.pragma_update(None, "synchronous", "full")?;
    let mover = Mover {
        db,
        log: Arc::clone(&log),
        asked,
    };
    Ok((Checkpoints { log, asked: sender }, mover))
}

impl Checkpoints {
    /// Keeps the log small, between two batches.
    pub(crate) fn keep_small(&self, writer: &Connection) {
        let pages = self.log.pages.load(Ordering::Relaxed);
        let stage = *guard(&self.log.stage);
        match stage {
            Stage::NearlyMoved => {
                checkpoint(writer, CheckpointMode::PASSIVE);
                *guard(&self.log.stage) = Stage::Small;
            }
            _ if pages >= PAGES_MAX => checkpoint(writer, CheckpointMode::RESTART),
            Stage::Small if pages >= MOVED_FROM => {
                *guard(&self.log.stage) = Stage::Moving;
                // Even without the thread the log stays below its bound.
                let _ = self.asked.try_send(());
            }
            Stage::Small | Stage::Moving => {}
        }
    }
}

impl Mover {
    /// Moves pages whenever the writer asks, until the writer is gone.
    pub(crate) fn run(self) {
        while self.asked.recv().is_ok() {
            checkpoint(&self.db, CheckpointMode::PASSIVE);
            *guard(&self.log.stage) = Stage::NearlyMoved;
        }
    }
}

/// Moves as much as readers allow. The rest stays in the log and is moved another time.
fn checkpoint(db: &Connection, mode: CheckpointMode) {
    match db.wal_checkpoint_v2(Some(MAIN_DB), mode) {
        Ok(_) => {}
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
        Err(error) => {
            tracing::warn!(%error, "a database's log could not be moved into its file: {error}");
        }
    }
}

#[cfg(test)]
mod tests;
