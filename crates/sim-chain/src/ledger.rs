//! The durable ledger: what landed, unique by signature, append-only, in a file of its own.
//!
//! One thread writes, in batches of whatever arrived while the last batch was written; another one reads.
//! A ledger in memory has no threads: every call does its work where it is made, which is what a
//! simulation on a paused clock needs.

mod book;
mod file;
mod rows;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::transaction::Signature;
use ports::chain::{Error, Fate};
use ports::ledger::{LedgerFilter, LedgerPage};
use rusqlite::Connection;
use sqlite_kit::{Lock, Pool, Readers, Stopped, Writer as _, WriterThread};
use tokio::sync::oneshot;

pub(crate) use book::Pending;
pub(crate) use file::LedgerFile;
pub use file::OpenError;

use crate::world::World;
use book::{Book, Command};
use file::LEDGER_FILE;

const READER: Pool<'_> = Pool {
    name: "ledger-reader",
    readers: 1,
    waiting: 1_024,
};

/// Access to the ledger.
#[derive(Debug)]
pub(crate) enum Ledger {
    Threads {
        writer: WriterThread<Command>,
        reader: Readers,
        /// Last, so that it is released after the threads have ended.
        _lock: Lock,
    },
    Inline(Mutex<Book>),
}

impl Ledger {
    /// Starts writing and reading a ledger that was opened.
    pub(crate) fn start(file: LedgerFile, world: Arc<World>) -> Result<Self, OpenError> {
        let book = Book::new(file.writer, world);
        Ok(match file.place {
            Some((path, lock)) => Self::Threads {
                writer: WriterThread::start("ledger", &path, book)?,
                reader: Readers::start(&LEDGER_FILE, &path, READER)?,
                _lock: lock,
            },
            None => Self::Inline(Mutex::new(book)),
        })
    }

    /// Executes a transaction now and writes down what came of it. Returns once it is in the writer's
    /// hands; its fate is published when it is on disk.
    pub(crate) async fn execute(&self, pending: Pending) -> Result<(), Error> {
        self.command(Command::Execute(pending)).await
    }

    /// Moves the mark ahead of the present height, and waits for it.
    pub(crate) async fn move_mark(&self) -> Result<(), Error> {
        let (done, moved) = oneshot::channel();
        self.command(Command::MoveMark(done)).await?;
        let unwritable = |_| Error::Unavailable("its ledger cannot be written".to_owned());
        moved.await.map_err(unwritable)
    }

    /// Asks for the mark to be moved without waiting for it; whoever needs it will ask again.
    pub(crate) fn hint_mark(&self) {
        let (done, _) = oneshot::channel();
        let command = Command::MoveMark(done);
        match self {
            // If there is no room, a batch is about to be written, and every batch moves the mark.
            Self::Threads { writer, .. } => writer.send_if_room(command),
            Self::Inline(book) => lock(book).apply(vec![command]),
        }
    }

    /// What the ledger says of a signature.
    pub(crate) async fn fate(&self, signature: &Signature) -> Result<Fate, Error> {
        let signature = signature.clone();
        self.read(move |db| rows::fate(db, &signature)).await
    }

    /// A page of the ledger.
    pub(crate) async fn entries(&self, filter: &LedgerFilter) -> Result<LedgerPage, Error> {
        let filter = filter.clone();
        self.read(move |db| rows::page(db, &filter)).await
    }

    async fn command(&self, command: Command) -> Result<(), Error> {
        match self {
            Self::Threads { writer, .. } => writer.send(command).await.map_err(stopped),
            Self::Inline(book) => {
                lock(book).apply(vec![command]);
                Ok(())
            }
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let answer = match self {
            Self::Threads { reader, .. } => reader.ask(question).await.map_err(stopped)?,
            Self::Inline(book) => question(lock(book).connection()),
        };
        answer.map_err(|error| Error::Unavailable(format!("its ledger cannot be read: {error}")))
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    // A panic rolls an open transaction back, so the connection can be used again.
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stopped(_: Stopped) -> Error {
    Error::Unavailable("its ledger has stopped".to_owned())
}
