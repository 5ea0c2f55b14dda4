//! The threads of a file: one that writes, one that keeps its log small, and pools that read. No
//! blocking work runs on the async runtime's own threads.
//!
//! Nothing here has a time limit: a caller that gives up drops its future.

#[cfg(test)]
mod tests;

use std::ffi::c_int;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::checkpoints::{self, Checkpoints};
use crate::{Database, OpenError, guard};

/// Commands that wait while a batch is written: a few batches, then callers wait for room.
const WAITING_COMMANDS: usize = 8_192;
/// Commands in one transaction. Larger ones gain little and make every caller wait for the last command.
const BATCH: usize = 1_024;
/// How many steps SQLite executes between two checks whether the caller still waits: a fraction of
/// a millisecond.
const STEPS_BETWEEN_LOOKS: c_int = 10_000;

/// Owns the connection that writes: a plain struct that a thread calls, or a simulation directly.
pub trait Writer: Send + 'static {
    /// One change, with a way to answer its caller.
    type Command: Send + 'static;

    /// The connection, for reads between two batches.
    fn connection(&mut self) -> &mut Connection;

    /// Applies the commands in one transaction, then answers them.
    fn apply(&mut self, batch: Vec<Self::Command>);
}

/// The thread that writes. Dropping this lets it finish what was sent, and waits for that.
#[derive(Debug)]
pub struct WriterThread<Command> {
    commands: mpsc::Sender<Command>,
    // Declared after the sender: the threads end when the sender is dropped.
    threads: Joined,
}

impl<Command: Send + 'static> WriterThread<Command> {
    /// Starts the thread, and the one that keeps the file's log small.
    pub fn start<W>(name: &str, path: &Path, mut writer: W) -> Result<Self, OpenError>
    where
        W: Writer<Command = Command>,
    {
        let (commands, received) = mpsc::channel(WAITING_COMMANDS);
        let (checkpoints, mover) = checkpoints::take_over(writer.connection(), path)?;
        let mut started = Self {
            commands,
            threads: Joined::default(),
        };
        let write = move || write_all(writer, received, &checkpoints);
        started.threads.spawn(format!("{name}-writer"), write)?;
        let move_pages = move || mover.run();
        started.threads.spawn(format!("{name}-log"), move_pages)?;
        Ok(started)
    }

    /// Sends a command once there is room for it.
    pub async fn send(&self, command: Command) -> Result<(), Stopped> {
        self.commands.send(command).await.map_err(|_| Stopped)
    }

    /// Sends a command if there is room, and drops it otherwise.
    pub fn send_if_room(&self, command: Command) {
        let _ = self.commands.try_send(command);
    }
}

/// A batch is whatever arrived while the previous one was being written; nobody waits for a timer.
fn write_all<W: Writer>(
    mut writer: W,
    mut commands: mpsc::Receiver<W::Command>,
    checkpoints: &Checkpoints,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while commands.blocking_recv_many(&mut batch, BATCH) > 0 {
        writer.apply(std::mem::take(&mut batch));
        checkpoints.keep_small(writer.connection());
    }
}

/// How many threads read, under which name, and how many queries may wait for them.
#[derive(Debug, Clone, Copy)]
pub struct Pool<'a> {
    pub name: &'a str,
    pub readers: usize,
    pub waiting: usize,
}

type Question = Box<dyn FnOnce(&mut Connection) + Send>;

/// Threads that read. Dropping this lets them answer what was asked, and waits for that.
#[derive(Debug)]
pub struct Readers {
    questions: mpsc::Sender<Question>,
    // Declared after the sender: the threads end when the sender is dropped.
    threads: Joined,
}

impl Readers {
    /// Starts the threads, each with a connection of its own.
    pub fn start(database: &Database, path: &Path, pool: Pool<'_>) -> Result<Self, OpenError> {
        let (questions, asked) = mpsc::channel(pool.waiting);
        let asked = Arc::new(Mutex::new(asked));
        let mut started = Self {
            questions,
            threads: Joined::default(),
        };
        for _ in 0..pool.readers {
            let db = database.open_reader(path)?;
            let asked = Arc::clone(&asked);
            let read = move || answer_all(db, &asked);
            started.threads.spawn(pool.name.to_owned(), read)?;
        }
        Ok(started)
    }

    /// Runs a query once there is room for it. The reader stops, wherever it is, when the caller
    /// has gone.
    pub async fn ask<T, E>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, Stopped>
    where
        T: Send + 'static,
        E: From<rusqlite::Error> + Send + 'static,
    {
        let (question, answer) = asked(question);
        // If the threads have ended, the query is dropped together with its reply channel.
        let _ = self.questions.send(question).await;
        answer.await.map_err(|_| Stopped)
    }

    /// The same, but returns `None` at once if there is no room.
    pub fn ask_if_room<T, E>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Option<impl Future<Output = Result<Result<T, E>, Stopped>>>
    where
        T: Send + 'static,
        E: From<rusqlite::Error> + Send + 'static,
    {
        let (question, answer) = asked(question);
        match self.questions.try_send(question) {
            Err(mpsc::error::TrySendError::Full(_)) => None,
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {
                Some(async { answer.await.map_err(|_| Stopped) })
            }
        }
    }
}

fn answer_all(mut db: Connection, asked: &Mutex<mpsc::Receiver<Question>>) {
    loop {
        // One reader waits for a query, the others wait for this lock.
        let question = guard(asked).blocking_recv();
        match question {
            Some(question) => question(&mut db),
            None => return,
        }
    }
}

fn asked<T, E>(
    question: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
) -> (Question, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<rusqlite::Error> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let question = Box::new(move |db: &mut Connection| {
        if reply.is_closed() {
            return;
        }
        let reply = Arc::new(reply);
        let watched = Arc::clone(&reply);
        let answer = interruptible(db, move || watched.is_closed(), question);
        let reply = Arc::into_inner(reply).expect("invariant: SQLite looks no longer");
        let _ = reply.send(answer);
    });
    (question, answer)
}

/// Runs a query unless `is_gone` says meanwhile that nobody waits for it.
fn interruptible<T, E: From<rusqlite::Error>>(
    db: &mut Connection,
    is_gone: impl FnMut() -> bool + Send + 'static,
    question: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    db.progress_handler(STEPS_BETWEEN_LOOKS, Some(is_gone))?;
    let answer = question(db);
    db.progress_handler(0, None::<fn() -> bool>)?;
    answer
}

/// Threads that are joined when this is dropped.
#[derive(Debug, Default)]
struct Joined(Vec<JoinHandle<()>>);

impl Joined {
    fn spawn(&mut self, name: String, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        let thread = std::thread::Builder::new().name(name).spawn(work)?;
        self.0.push(thread);
        Ok(())
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        for thread in self.0.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of a database panicked");
            }
        }
    }
}

/// The thread that would have answered has ended: the process is stopping.
#[derive(Debug, thiserror::Error)]
#[error("the store's thread has ended")]
pub struct Stopped;
