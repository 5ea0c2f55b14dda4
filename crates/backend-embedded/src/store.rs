//! The store's handle: opens the file, and answers the ports by way of the writer and the readers.

mod history;
mod operations;
mod orders;
mod registry;
mod rows;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use domain::Timestamp;
use ports::order_store::LONGEST_FIXED_REST;
use ports::{Clock, Error, Result};
use rusqlite::Connection;

pub use rows::row_counts;

use crate::data_dir::{DataDir, DataDirError};
use crate::error::{Fault, STORE, Stopped};
use crate::live::Live;
use crate::reading;
use crate::reading::due::DueTimes;
use crate::schema::{self, SchemaError};
use crate::threads::{StartError, Threads};
use crate::writer::{Write, Writer, command, lock};

/// What a store is opened with.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long a worker may be silent before what it holds is given to others.
    pub lease: Duration,
    /// The longest that an order is set to rest. What is due later than that is due: the clock was set back.
    pub longest_rest: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(20),
            longest_rest: LONGEST_FIXED_REST,
        }
    }
}

/// Why a store cannot be opened. Its text is for the person who starts the engine.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error("{0}")]
    Newer(String),
    #[error("{0}")]
    WithoutLog(String),
    #[error("the store in {folder} cannot be opened")]
    Store {
        folder: String,
        #[source]
        source: Error,
    },
}

/// The embedded store. Cheap to share behind an `Arc`; dropping the last one finishes what was sent,
/// and unlocks the folder.
#[derive(Debug)]
pub struct SqliteStore {
    engine: Engine,
    live: Arc<Mutex<Live>>,
    clock: Arc<dyn Clock>,
    longest_rest: Duration,
    // Last, so that the folder is locked until the threads have ended.
    _folder: Option<DataDir>,
}

#[derive(Debug)]
enum Engine {
    /// In production.
    Threads(Threads),
    /// For a simulation: every call is answered before it returns, on the caller's thread.
    Inline(Box<Mutex<Writer>>),
}

impl SqliteStore {
    /// Opens the store in this folder, created where it is missing, and locks it for this process.
    /// Leases of an earlier process are void from here on. Calls wait for threads under a limit of
    /// tokio's time: under a paused runtime use [`SqliteStore::in_memory`].
    pub fn open(folder: &Path, settings: Settings, clock: Arc<dyn Clock>) -> OpenResult {
        let data_dir = DataDir::lock(folder)?;
        let path = data_dir.database();
        let wrong = |fault: Wrong| fault.in_folder(folder);
        if !data_dir.was_used() {
            // In a folder that was, a first start that was cut short leaves such a file as well.
            schema::refuse_without_log(&path).map_err(|error| wrong(error.into()))?;
        }
        let db = schema::open_writer(&path).map_err(|error| wrong(error.into()))?;
        let (live, writer) = prepare(db, settings, &clock).map_err(|fault| wrong(fault.into()))?;
        let threads = Threads::start(writer, &path).map_err(|error| wrong(error.into()))?;
        Ok(Self {
            engine: Engine::Threads(threads),
            live,
            clock,
            longest_rest: settings.longest_rest,
            _folder: Some(data_dir),
        })
    }

    /// A store in memory without any thread or timer, for tests and simulations: calls are answered
    /// inline, in the order in which they are made.
    pub fn in_memory(settings: Settings, clock: Arc<dyn Clock>) -> OpenResult {
        let memory = Path::new(":memory:");
        let wrong = |fault: Wrong| fault.in_folder(memory);
        let db = schema::open_memory().map_err(|error| wrong(error.into()))?;
        let (live, writer) = prepare(db, settings, &clock).map_err(|fault| wrong(fault.into()))?;
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

    /// What is due at this moment.
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

    /// Lists are read beside everything else, and wait for one another alone.
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

fn prepare(
    db: Connection,
    settings: Settings,
    clock: &Arc<dyn Clock>,
) -> std::result::Result<(Arc<Mutex<Live>>, Writer), Fault> {
    let stored = reading::start::stored(&db, clock.now())?;
    let live = Arc::new(Mutex::new(Live::new(settings, stored)));
    let writer = Writer::new(db, Arc::clone(clock), Arc::clone(&live));
    Ok((live, writer))
}

/// What went wrong while opening, before the folder is named.
#[derive(Debug)]
enum Wrong {
    Newer(SchemaError),
    WithoutLog(SchemaError),
    Other(Error),
}

impl Wrong {
    fn in_folder(self, folder: &Path) -> OpenError {
        let folder = folder.display().to_string();
        match self {
            Self::Newer(error) => OpenError::Newer(format!("in {folder}: {error}")),
            Self::WithoutLog(error) => OpenError::WithoutLog(format!("in {folder}: {error}")),
            Self::Other(source) => OpenError::Store { folder, source },
        }
    }
}

impl From<SchemaError> for Wrong {
    fn from(error: SchemaError) -> Self {
        match error {
            SchemaError::Sql(error) => Fault::from(error).into(),
            newer @ SchemaError::Newer { .. } => Self::Newer(newer),
            without @ SchemaError::WithoutLog => Self::WithoutLog(without),
        }
    }
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        Self::Other(fault.into())
    }
}

impl From<StartError> for Wrong {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Connection(error) => error.into(),
            thread @ StartError::Thread(_) => Self::Other(Error::unavailable(STORE, thread)),
        }
    }
}
