//! The threads of a store in production: one that writes, one that keeps its log small, a few that read, one
//! of them lists alone. Blocking work never meets the async runtime's own threads.

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use ports::{Error, Result};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::checkpoints::{self, Checkpoints};
use crate::error::{Fault, STORE, Stopped, TimedOut};
use crate::schema::{self, SchemaError};
use crate::writer::{Command, Write, Writer, command, lock};

/// Commands that wait while a batch is written: a few batches, then callers wait for room.
const WAITING_WRITES: usize = 8_192;
/// One transaction's size. Larger ones gain little and make everybody wait for the last.
const BATCH: usize = 1_024;
/// Readers beside the writer; the machine this is made for has two cores.
const READERS: usize = 2;
/// Reads that wait for a reader.
const WAITING_READS: usize = 1_024;
/// Lists that wait for their reader; beyond it they are refused at once.
const WAITING_LISTS: usize = 64;
/// A list that has not had its turn by then is refused: others ask for more than can be read.
const LIST_PATIENCE: Duration = Duration::from_secs(1);
/// Steps of SQLite's between two looks at whether somebody still waits: a fraction of a millisecond.
const STEPS_BETWEEN_LOOKS: std::ffi::c_int = 10_000;
/// How long a caller waits for a disk. A repeat with the same ids tells what became of a write.
const PATIENCE: Duration = Duration::from_secs(5);

type Read = Box<dyn FnOnce(&mut Connection) + Send>;

/// Handles to the threads. Dropping them lets the threads finish what was sent, and waits for that.
#[derive(Debug)]
pub(crate) struct Threads {
    writes: Option<mpsc::Sender<Command>>,
    reads: Option<mpsc::Sender<Read>>,
    lists: Option<mpsc::Sender<Read>>,
    threads: Vec<JoinHandle<()>>,
}

impl Threads {
    /// Starts the threads over an opened file.
    pub(crate) fn start(mut writer: Writer, path: &Path) -> std::result::Result<Self, StartError> {
        let (writes, commands) = mpsc::channel(WAITING_WRITES);
        let (reads, questions) = mpsc::channel(WAITING_READS);
        let questions = Arc::new(Mutex::new(questions));
        let (lists, list_questions) = mpsc::channel(WAITING_LISTS);
        let (checkpoints, mover) = checkpoints::take_over(writer.connection_mut(), path)?;
        let mut threads = vec![
            spawn("store-writer", move || {
                write_all(writer, commands, &checkpoints);
            })?,
            spawn("store-log", move || mover.run())?,
        ];
        for _ in 0..READERS {
            let db = schema::open_reader(path)?;
            let questions = Arc::clone(&questions);
            threads.push(spawn("store-reader", move || read_all(db, &questions))?);
        }
        let db = schema::open_reader(path)?;
        let list_questions = Mutex::new(list_questions);
        threads.push(spawn("store-lists", move || read_all(db, &list_questions))?);
        Ok(Self {
            writes: Some(writes),
            reads: Some(reads),
            lists: Some(lists),
            threads,
        })
    }

    /// Applies a change with whatever else has come, and waits until it is durable.
    pub(crate) async fn write<W: Write>(&self, write: W) -> Result<W::Answer> {
        let writes = self.writes.as_ref().ok_or_else(stopped)?;
        let (command, answer) = command(write);
        let enqueued = tokio::time::timeout(PATIENCE, writes.send(command)).await;
        match enqueued {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(stopped()),
            // It was never sent.
            Err(_) => return Err(Error::unavailable(STORE, TimedOut(PATIENCE))),
        }
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Error::outcome_unknown(STORE, Stopped)),
            Err(_) => Err(Error::outcome_unknown(STORE, TimedOut(PATIENCE))),
        }
    }

    /// Asks a question on a reader's connection.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let reads = self.reads.as_ref().ok_or_else(stopped)?;
        let (read, _, answer) = asked(question);
        let asking = async {
            reads.send(read).await.map_err(|_| stopped())?;
            answer.await
        };
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::unavailable(STORE, TimedOut(PATIENCE))),
        }
    }

    /// Asks for a list, once it is its turn.
    pub(crate) async fn read_list<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let lists = self.lists.as_ref().ok_or_else(stopped)?;
        let (read, begun, answer) = asked(question);
        lists.try_send(read).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Busy { what: STORE },
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        match tokio::time::timeout(LIST_PATIENCE, begun).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(stopped()),
            Err(_) => return Err(Error::Busy { what: STORE }),
        }
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::unavailable(STORE, TimedOut(PATIENCE))),
        }
    }
}

/// Says that whoever asked has gone, when it is dropped.
struct Presence(Arc<AtomicBool>);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A question for a reader, when its turn has come, and its answer. Once nobody waits for that any more the
/// reader stops, wherever it is.
fn asked<T: Send + 'static>(
    question: impl FnOnce(&Connection) -> std::result::Result<T, Fault> + Send + 'static,
) -> (
    Read,
    oneshot::Receiver<()>,
    impl Future<Output = Result<T>> + Send,
) {
    let is_gone = Arc::new(AtomicBool::new(false));
    let presence = Presence(Arc::clone(&is_gone));
    let (begin, begun) = oneshot::channel();
    let (reply, answer) = oneshot::channel();
    let read: Read = Box::new(move |db| {
        let _ = begin.send(());
        if !is_gone.load(Ordering::Relaxed) {
            let look = move || is_gone.load(Ordering::Relaxed);
            let answer = watched(db, look, question);
            let _ = reply.send(answer);
        }
    });
    let answer = async move {
        let _presence = presence;
        answer.await.map_err(|_| stopped())?.map_err(Error::from)
    };
    (read, begun, answer)
}

/// Answers a question unless `is_gone` says meanwhile that nobody waits for it.
fn watched<T>(
    db: &mut Connection,
    is_gone: impl FnMut() -> bool + Send + 'static,
    question: impl FnOnce(&Connection) -> std::result::Result<T, Fault>,
) -> std::result::Result<T, Fault> {
    db.progress_handler(STEPS_BETWEEN_LOOKS, Some(is_gone))?;
    let answer = question(db);
    db.progress_handler(0, None::<fn() -> bool>)?;
    answer
}

/// Why the threads cannot be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("a thread cannot be started")]
    Thread(#[from] std::io::Error),
    #[error("the store cannot be opened once more")]
    Connection(#[from] SchemaError),
}

fn stopped() -> Error {
    Error::unavailable(STORE, Stopped)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
}

/// A batch is what arrived while the last one was being written; nobody waits for a timer.
fn write_all(mut writer: Writer, mut commands: mpsc::Receiver<Command>, checkpoints: &Checkpoints) {
    let mut batch = Vec::with_capacity(BATCH);
    while commands.blocking_recv_many(&mut batch, BATCH) > 0 {
        writer.apply(std::mem::take(&mut batch));
        checkpoints.keep_small(writer.connection());
    }
}

fn read_all(mut db: Connection, questions: &Mutex<mpsc::Receiver<Read>>) {
    loop {
        // One reader waits for a question, the others for their turn to wait.
        let question = lock(questions).blocking_recv();
        match question {
            Some(question) => question(&mut db),
            None => return,
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.writes.take();
        self.reads.take();
        self.lists.take();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}
