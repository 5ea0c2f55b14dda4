//! The durable ledger: what landed, unique by signature, append-only, in a file of its own.
//!
//! One thread writes, in batches of whatever arrived while the last batch was written; another one reads.
//! A ledger in memory has no threads: every call does its work where it is made, which is what a
//! simulation on a paused clock needs.

mod book;
mod file;
mod rows;
mod threads;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::transaction::Signature;
use ports::chain::{Error, Fate};
use ports::ledger::{LedgerFilter, LedgerPage};

pub(crate) use book::Pending;
pub(crate) use file::LedgerFile;
pub use file::OpenError;

use crate::world::World;
use book::{Book, Settled};
use threads::Threads;

/// The way to the ledger.
#[derive(Debug)]
pub(crate) enum Ledger {
    Threads(Threads),
    Inline(Mutex<Book>),
}

impl Ledger {
    /// Starts writing and reading a ledger that was opened.
    pub(crate) fn start(file: LedgerFile, world: Arc<World>) -> Result<Self, OpenError> {
        match file.reader()? {
            Some(reader) => {
                let (writer, lock) = file.into_parts();
                Ok(Self::Threads(Threads::start(
                    Book::new(writer, world),
                    reader,
                    lock,
                )?))
            }
            None => {
                let (writer, _) = file.into_parts();
                Ok(Self::Inline(Mutex::new(Book::new(writer, world))))
            }
        }
    }

    /// Executes a transaction now and writes down what came of it. Returns once it is in the writer's
    /// hands; its fate is published when it is on disk.
    pub(crate) async fn execute(&self, pending: Pending) -> Result<(), Error> {
        match self {
            Self::Threads(threads) => threads.execute(pending).await,
            Self::Inline(book) => {
                lock(book).settle(&[pending]);
                Ok(())
            }
        }
    }

    /// Moves the mark ahead of the present height, and waits for it.
    pub(crate) async fn move_mark(&self) -> Result<(), Error> {
        match self {
            Self::Threads(threads) => threads.move_mark().await,
            Self::Inline(book) => match lock(book).settle(&[]) {
                Settled::Written => Ok(()),
                Settled::Failed => Err(unwritable()),
            },
        }
    }

    /// Asks for the mark to be moved without waiting for it; whoever needs it will ask again.
    pub(crate) fn hint_mark(&self) {
        match self {
            Self::Threads(threads) => threads.hint_mark(),
            Self::Inline(book) => {
                lock(book).settle(&[]);
            }
        }
    }

    /// What the whole book says of a signature.
    pub(crate) async fn fate(&self, signature: &Signature) -> Result<Fate, Error> {
        match self {
            Self::Threads(threads) => threads.fate(signature.clone()).await,
            Self::Inline(book) => rows::fate(lock(book).db(), signature).map_err(unreadable),
        }
    }

    /// A page of the book.
    pub(crate) async fn entries(&self, filter: &LedgerFilter) -> Result<LedgerPage, Error> {
        match self {
            Self::Threads(threads) => threads.entries(filter.clone()).await,
            Self::Inline(book) => rows::page(lock(book).db(), filter).map_err(unreadable),
        }
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    // A transaction that a panic left open is rolled back when its guard goes.
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unwritable() -> Error {
    Error::Unavailable("its ledger cannot be written".to_owned())
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Unavailable(format!("its ledger cannot be read: {error}"))
}
