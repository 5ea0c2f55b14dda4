//! The threads of a store in production: one that writes, a few that read, one of them only for
//! lists.

#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use ports::{Error, Result};
use rusqlite::Connection;
use sqlite_kit::{OpenError, Pool, Readers, Stopped, WriterThread};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::error::{Fault, STORE, TimedOut};
use crate::schema::STORE_FILE;
use crate::writer::{Command, Write, Writer, command};

/// Two readers and the writer, on a machine of two cores.
const READERS: Pool<'_> = Pool {
    name: "store-reader",
    readers: 2,
    waiting: 1_024,
};
/// Further lists are refused at once.
const LISTS: Pool<'_> = Pool {
    name: "store-lists",
    readers: 1,
    waiting: 64,
};
/// A list that has not had its turn by then is refused: more lists are requested than can be read.
const LIST_PATIENCE: Duration = Duration::from_secs(1);
/// How long a caller waits for a disk. Repeating the call with the same ids tells what became of a
/// write.
const PATIENCE: Duration = Duration::from_secs(5);

/// The handle to the threads. Dropping it lets them finish what was sent, and waits for that.
#[derive(Debug)]
pub(crate) struct Threads {
    writer: WriterThread<Command>,
    readers: Readers,
    lists: Readers,
}

impl Threads {
    /// Starts the threads over an opened file.
    pub(crate) fn start(writer: Writer, path: &Path) -> std::result::Result<Self, OpenError> {
        Ok(Self {
            writer: WriterThread::start("store", path, writer)?,
            readers: Readers::start(&STORE_FILE, path, READERS)?,
            lists: Readers::start(&STORE_FILE, path, LISTS)?,
        })
    }

    /// Applies a change together with others that have arrived, and waits until it is durable.
    pub(crate) async fn write<W: Write>(&self, write: W) -> Result<W::Answer> {
        let (command, answer) = command(write);
        match timeout(PATIENCE, self.writer.send(command)).await {
            Ok(sent) => sent.map_err(stopped)?,
            // It was never sent.
            Err(_) => return Err(timed_out()),
        }
        match timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Error::outcome_unknown(STORE, Stopped)),
            Err(_) => Err(Error::outcome_unknown(STORE, TimedOut(PATIENCE))),
        }
    }

    /// Reads on a reader's connection.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let answer = timeout(PATIENCE, self.readers.ask(question)).await;
        Ok(answer.map_err(|_| timed_out())?.map_err(stopped)??)
    }

    /// Reads a list, once it is its turn.
    pub(crate) async fn read_list<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let busy = || Error::Busy { what: STORE };
        let (begin, begun) = oneshot::channel();
        let question = move |db: &Connection| {
            let _ = begin.send(());
            question(db)
        };
        let answer = self.lists.ask_if_room(question).ok_or_else(busy)?;
        let turn = timeout(LIST_PATIENCE, begun).await.map_err(|_| busy())?;
        turn.map_err(|_| stopped(Stopped))?;
        let answer = timeout(PATIENCE, answer).await;
        Ok(answer.map_err(|_| timed_out())?.map_err(stopped)??)
    }
}

fn stopped(stopped: Stopped) -> Error {
    Error::unavailable(STORE, stopped)
}

fn timed_out() -> Error {
    Error::unavailable(STORE, TimedOut(PATIENCE))
}
