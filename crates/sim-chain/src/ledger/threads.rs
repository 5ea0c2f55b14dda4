//! The ledger's two threads: one writes batches, one answers questions.

use std::fs::File;
use std::thread::{self, JoinHandle};

use domain::transaction::Signature;
use ports::chain::{Error, Fate};
use ports::ledger::{LedgerFilter, LedgerPage};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::book::{Book, Pending, Settled};
use super::{OpenError, rows, unreadable, unwritable};

/// Commands that may wait for the writer; beyond it senders wait, which slows the chain down and no more.
const COMMANDS_MAX: usize = 8_192;
/// The most that one commit takes: an fsync costs milliseconds, a row microseconds.
const BATCH_MAX: usize = 1_024;
/// Questions that may wait for the reader.
const QUESTIONS_MAX: usize = 1_024;

enum Command {
    Execute(Pending),
    MoveMark(oneshot::Sender<()>),
}

enum Question {
    Fate(Signature, oneshot::Sender<rusqlite::Result<Fate>>),
    Entries(LedgerFilter, oneshot::Sender<rusqlite::Result<LedgerPage>>),
}

/// The ends that commands and questions are put into.
#[derive(Debug)]
pub(crate) struct Threads {
    writer: Option<mpsc::Sender<Command>>,
    reader: Option<mpsc::Sender<Question>>,
    handles: Vec<JoinHandle<()>>,
    /// Given back after the threads have ended.
    _lock: Option<File>,
}

impl Threads {
    pub(super) fn start(
        mut book: Book,
        reader: Connection,
        lock: Option<File>,
    ) -> Result<Self, OpenError> {
        let (commands, mut incoming) = mpsc::channel(COMMANDS_MAX);
        let (questions, mut asked) = mpsc::channel(QUESTIONS_MAX);
        let write = thread::Builder::new().name("sim-ledger".to_owned());
        let write = write.spawn(move || write_all(&mut book, &mut incoming))?;
        let read = thread::Builder::new().name("sim-ledger-read".to_owned());
        let read = read.spawn(move || answer_all(&reader, &mut asked))?;
        Ok(Self {
            writer: Some(commands),
            reader: Some(questions),
            handles: vec![write, read],
            _lock: lock,
        })
    }

    pub(super) async fn execute(&self, pending: Pending) -> Result<(), Error> {
        self.command(Command::Execute(pending)).await
    }

    pub(super) async fn move_mark(&self) -> Result<(), Error> {
        let (done, moved) = oneshot::channel();
        self.command(Command::MoveMark(done)).await?;
        moved.await.map_err(|_| unwritable())
    }

    pub(super) fn hint_mark(&self) {
        let (done, _) = oneshot::channel();
        if let Some(writer) = &self.writer {
            // Full means that a batch is coming, and every batch moves the mark.
            let _ = writer.try_send(Command::MoveMark(done));
        }
    }

    pub(super) async fn fate(&self, signature: Signature) -> Result<Fate, Error> {
        self.ask(|answer| Question::Fate(signature, answer)).await
    }

    pub(super) async fn entries(&self, filter: LedgerFilter) -> Result<LedgerPage, Error> {
        self.ask(|answer| Question::Entries(filter, answer)).await
    }

    async fn command(&self, command: Command) -> Result<(), Error> {
        match &self.writer {
            Some(writer) => writer.send(command).await.map_err(|_| gone()),
            None => Err(gone()),
        }
    }

    async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<rusqlite::Result<T>>) -> Question,
    ) -> Result<T, Error> {
        let (answer, told) = oneshot::channel();
        let reader = self.reader.as_ref().ok_or_else(gone)?;
        reader.send(question(answer)).await.map_err(|_| gone())?;
        told.await.map_err(|_| gone())?.map_err(unreadable)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Without senders both loops end, the writer after the batch it is at; that takes milliseconds.
        self.writer = None;
        self.reader = None;
        for handle in self.handles.drain(..) {
            // A thread that panicked has said so itself.
            let _ = handle.join();
        }
    }
}

fn write_all(book: &mut Book, incoming: &mut mpsc::Receiver<Command>) {
    let mut batch = Vec::new();
    let mut waiting = Vec::new();
    while let Some(first) = incoming.blocking_recv() {
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Command::Execute(pending) => batch.push(pending),
                Command::MoveMark(done) => waiting.push(done),
            }
            let room = batch.len() + waiting.len() < BATCH_MAX;
            next = if room { incoming.try_recv().ok() } else { None };
        }
        let settled = book.settle(&batch);
        batch.clear();
        for done in waiting.drain(..) {
            if settled == Settled::Written {
                // Whoever only hinted has gone.
                let _ = done.send(());
            }
        }
    }
}

fn answer_all(reader: &Connection, asked: &mut mpsc::Receiver<Question>) {
    while let Some(question) = asked.blocking_recv() {
        // Whoever gave up waiting needs no answer.
        match question {
            Question::Fate(signature, answer) => {
                let _ = answer.send(rows::fate(reader, &signature));
            }
            Question::Entries(filter, answer) => {
                let _ = answer.send(rows::page(reader, &filter));
            }
        }
    }
}

fn gone() -> Error {
    Error::Unavailable("its ledger has stopped".to_owned())
}
