//! The store's handle: opens the file, and implements the ports through the writer and the readers.

mod directory;
mod fills;
mod finality;
mod history;
mod operations;
mod orders;
mod registry;
mod rows;
mod safety;
mod volumes;
mod waiting;
mod wallet_uses;
mod webhooks;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use domain::Timestamp;
use ports::cluster::Unfinished;
use ports::{Clock, Error, Result};
use rusqlite::Connection;
use sqlite_kit::{Database, Lock, LockError, Stopped, Writer as _};

pub use rows::row_counts;

use crate::error::{Fault, STORE};
use crate::live::Live;
use crate::reading;
use crate::reading::due::DueTimes;
use crate::schema::STORE_FILE;
use crate::settings::Settings;
use crate::threads::Threads;
use crate::writer::{Write, Writer, command, lock};

const LOCK_FILE: &str = "engine.lock";
pub(crate) const DATABASE_FILE: &str = "engine.db";

/// Why a store cannot be opened. Its text is for the person who starts the engine.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the data folder {} is in use by the process {pid}", .path.display())]
    InUse { path: PathBuf, pid: String },
    #[error("the data folder {} cannot be used", .path.display())]
    Unusable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "in {folder}: the store was written by a newer version: schema {found}, this program knows {known}"
    )]
    Newer {
        folder: String,
        found: usize,
        known: usize,
    },
    #[error(
        "in {folder}: the store holds nothing: engine.db was copied without engine.db-wal, in which the orders \
         are; copy both from an engine that is stopped, or see \"Backup and restore\" in docs/OPERATIONS.md"
    )]
    WithoutLog { folder: String },
    #[error("in {folder}: {unfinished}")]
    Unfinished {
        folder: String,
        unfinished: Unfinished,
    },
    #[error("the store in {folder} cannot be opened")]
    Store {
        folder: String,
        #[source]
        source: Error,
    },
}

/// The embedded store. Cheap to share behind an `Arc`; dropping the last handle finishes what was
/// sent, and unlocks the folder.
#[derive(Debug)]
pub struct SqliteStore {
    engine: Engine,
    live: Arc<Mutex<Live>>,
    clock: Arc<dyn Clock>,
    longest_rest: Duration,
    // Last, so that the folder is locked until the threads have ended.
    _folder: Option<Lock>,
}

#[derive(Debug)]
enum Engine {
    /// In production.
    Threads(Threads),
    /// For a simulation: every call is answered before it returns, on the caller's thread.
    Inline(Box<Mutex<Writer>>),
}

impl SqliteStore {
    /// Opens the store in this folder, which it creates if it is missing, and locks it for this
    /// process. Leases of an earlier process are void from here on. Calls wait for threads under a
    /// limit of tokio's time: under a paused runtime use [`SqliteStore::in_memory`].
    pub fn open(folder: &Path, settings: Settings, clock: Arc<dyn Clock>) -> OpenResult {
        let lock = Lock::take(&folder.join(LOCK_FILE));
        let lock = lock.map_err(|error| locked_out(folder, error))?;
        let path = folder.join(DATABASE_FILE);
        let wrong = |error| not_opened(folder, error);
        // In a used folder, a first start that was cut short also leaves such a file.
        if !lock.was_there() && Database::is_without_log(&path).map_err(wrong)? {
            let folder = folder.display().to_string();
            return Err(OpenError::WithoutLog { folder });
        }
        let mut db = STORE_FILE.open_as_it_is(&path).map_err(wrong)?;
        leave_unfinished_alone(&db, folder)?;
        STORE_FILE.upgrade(&mut db).map_err(wrong)?;
        let (live, writer) = prepare(db, folder, settings, &clock)?;
        let threads = Threads::start(writer, &path).map_err(wrong)?;
        Ok(Self {
            engine: Engine::Threads(threads),
            live,
            clock,
            longest_rest: settings.longest_rest,
            _folder: Some(lock),
        })
    }

    /// A store in memory without any thread or timer, for tests and simulations: calls are answered
    /// inline, in the order in which they are made.
    pub fn in_memory(settings: Settings, clock: Arc<dyn Clock>) -> OpenResult {
        let memory = Path::new(":memory:");
        let db = STORE_FILE.open_memory();
        let db = db.map_err(|error| not_opened(memory, error))?;
        let (live, writer) = prepare(db, memory, settings, &clock)?;
        Ok(Self {
            engine: Engine::Inline(Box::new(Mutex::new(writer))),
            live,
            clock,
            longest_rest: settings.longest_rest,
            _folder: None,
        })
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        lock(&self.live)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What is due now.
    fn due_now(&self) -> DueTimes {
        DueTimes::at(self.now(), self.longest_rest)
    }

    async fn write<W: Write>(&self, write: W) -> Result<W::Answer> {
        match &self.engine {
            Engine::Threads(threads) => threads.write(write).await,
            Engine::Inline(writer) => {
                let (command, mut answer) = command(write);
                lock(writer).apply(vec![command]);
                let answer = answer.try_recv();
                answer.map_err(|_| Error::unavailable(STORE, Stopped))?
            }
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        match &self.engine {
            Engine::Threads(threads) => threads.read(question).await,
            Engine::Inline(writer) => Ok(question(lock(writer).connection())?),
        }
    }

    /// Lists are read in parallel with everything else, and wait only for each other.
    async fn read_list<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        match &self.engine {
            Engine::Threads(threads) => threads.read_list(question).await,
            Engine::Inline(writer) => Ok(question(lock(writer).connection())?),
        }
    }
}

/// What opening gives.
pub type OpenResult = std::result::Result<SqliteStore, OpenError>;

fn leave_unfinished_alone(db: &Connection, folder: &Path) -> std::result::Result<(), OpenError> {
    let unfinished = reading::start::unfinished_of_first_release(db);
    match unfinished.map_err(|fault| unreadable(folder, fault))? {
        0 => Ok(()),
        orders => Err(OpenError::Unfinished {
            folder: folder.display().to_string(),
            unfinished: Unfinished { orders },
        }),
    }
}

fn prepare(
    db: Connection,
    folder: &Path,
    settings: Settings,
    clock: &Arc<dyn Clock>,
) -> std::result::Result<(Arc<Mutex<Live>>, Writer), OpenError> {
    let stored = reading::start::stored(&db, clock.now());
    let stored = stored.map_err(|fault| unreadable(folder, fault))?;
    let live = Arc::new(Mutex::new(Live::new(settings, stored)));
    let writer = Writer::new(db, Arc::clone(clock), Arc::clone(&live), settings.outbox);
    Ok((live, writer))
}

fn unreadable(folder: &Path, fault: Fault) -> OpenError {
    OpenError::Store {
        folder: folder.display().to_string(),
        source: fault.into(),
    }
}

fn locked_out(folder: &Path, error: LockError) -> OpenError {
    let path = folder.to_owned();
    match error {
        LockError::InUse { pid } => OpenError::InUse { path, pid },
        LockError::Unusable(source) => OpenError::Unusable { path, source },
    }
}

fn not_opened(folder: &Path, error: sqlite_kit::OpenError) -> OpenError {
    let folder = folder.display().to_string();
    let source = match error {
        sqlite_kit::OpenError::Newer { found, known } => {
            return OpenError::Newer {
                folder,
                found,
                known,
            };
        }
        sqlite_kit::OpenError::Sql(error) => Fault::from(error).into(),
        thread @ sqlite_kit::OpenError::Thread(_) => Error::unavailable(STORE, thread),
    };
    OpenError::Store { folder, source }
}
