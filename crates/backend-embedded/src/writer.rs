//! The one writer: every change of the store is a command applied here. Commands that arrive
//! together share a transaction.
//!
//! It is a plain struct without a thread or a timer, so that a simulation can call it inline; in
//! production `threads.rs` calls it. A command that loses (a key taken, a fence gone) gets an
//! answer like any other and leaves the rest of its batch alone. If SQLite itself fails, the batch
//! is rolled back and its commands are tried one by one, so that only the command that causes the
//! failure fails.

pub(crate) mod accept;
pub(crate) mod bind;
pub(crate) mod claim;
pub(crate) mod doubt;
pub(crate) mod finality;
pub(crate) mod keep;
pub(crate) mod make_due;
pub(crate) mod operate;
pub(crate) mod record;
pub(crate) mod release;
pub(crate) mod retire;
pub(crate) mod safety;
pub(crate) mod volumes;
pub(crate) mod waiting;
pub(crate) mod webhooks;
pub(crate) mod withdraw;

mod ending;
mod event_row;
mod group;
mod head;
mod heads;
mod spending;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{OrderId, Timestamp};
use ports::order_store::is_resting;
use ports::webhooks::Outbox;
use ports::{Clock, Commits, Error};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::error::Fault;
use crate::live::wallets::Reach;
use crate::live::{Changes, Live};
use heads::Heads;

#[cfg(test)]
pub(crate) use head::LAST_EVENT_PLACE;

/// One change, waiting to be applied and answered.
pub type Command = Box<dyn Job>;

/// Can be applied within a batch, more than once, and is answered once.
pub trait Job: Send + fmt::Debug {
    #[doc(hidden)]
    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), RunError>;

    #[doc(hidden)]
    fn answer(self: Box<Self>, outcome: Result<(), Error>);
}

/// Why a command failed; the whole batch is rolled back.
#[derive(Debug)]
pub struct RunError(Fault);

/// A change with its own kind of answer.
pub(crate) trait Write: Send + fmt::Debug + 'static {
    type Answer: Send + fmt::Debug + 'static;

    /// Applies the change. It may run again after a rollback, and must then do the same.
    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Self::Answer, Fault>;
}

#[derive(Debug)]
struct Queued<W: Write> {
    write: W,
    answer: Option<W::Answer>,
    reply: oneshot::Sender<Result<W::Answer, Error>>,
}

impl<W: Write> Job for Queued<W> {
    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), RunError> {
        self.answer = None;
        // A caller that gave up waiting needs no write, and a slow disk has enough to do.
        if !self.reply.is_closed() {
            self.answer = Some(self.write.run(batch).map_err(RunError)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), Error>) {
        let Self { answer, reply, .. } = *self;
        let answer = match (outcome, answer) {
            (Ok(()), Some(answer)) => Ok(answer),
            // Nobody was waiting when its turn came.
            (Ok(()), None) => return,
            (Err(error), _) => Err(error),
        };
        // The caller may have gone; what was committed stays.
        let _ = reply.send(answer);
    }
}

/// Wraps a change as a command; returns the receiver of its answer too.
pub(crate) fn command<W: Write>(
    write: W,
) -> (Command, oneshot::Receiver<Result<W::Answer, Error>>) {
    let (reply, receiver) = oneshot::channel();
    let queued = Queued {
        write,
        answer: None,
        reply,
    };
    (Box::new(queued), receiver)
}

/// Owns the connection that writes.
#[derive(Debug)]
pub struct Writer {
    db: Connection,
    clock: Arc<dyn Clock>,
    live: Arc<Mutex<Live>>,
    commits: Commits,
    heads: Heads,
    outbox: Outbox,
}

/// The transaction that a batch of commands shares.
#[derive(Debug)]
pub struct Batch<'a> {
    pub(crate) db: Transaction<'a>,
    pub(crate) now: Timestamp,
    pub(crate) changes: Changes,
    heads: &'a mut Heads,
    outbox: Outbox,
    monotonic: Duration,
    live: &'a Mutex<Live>,
}

impl Batch<'_> {
    /// Whether the leases of this worker are valid.
    pub(crate) fn is_alive(&self, worker: domain::WorkerId) -> bool {
        lock(self.live).is_alive(worker, self.monotonic)
    }

    /// Whether this worker, or another one, may sign for a wallet.
    pub(crate) fn reach(&self, worker: domain::WorkerId, wallet: &str) -> Reach {
        lock(self.live).reach(worker, wallet, self.monotonic)
    }

    /// How many workers live.
    pub(crate) fn workers_alive(&self) -> u64 {
        let alive = lock(self.live).alive(self.monotonic).len();
        u64::try_from(alive).unwrap_or(u64::MAX)
    }

    /// Whether the worker has stopped naming this order. Orders granted in this batch count as
    /// named.
    pub(crate) fn is_unnamed(&self, worker: domain::WorkerId, order: OrderId, heard: u64) -> bool {
        !self.changes.is_granted(worker, order) && lock(self.live).is_unnamed(worker, order, heard)
    }

    /// Whether an order with this due time still waits.
    pub(crate) fn is_resting(&self, due_at: Timestamp) -> bool {
        is_resting(due_at, self.now, lock(self.live).longest_rest())
    }

    /// Whether operators have paused the engine, at this place in the batch.
    pub(crate) fn is_paused(&self) -> bool {
        let changed = self.changes.paused;
        changed.unwrap_or_else(|| lock(self.live).is_paused())
    }
}

/// The live state stays usable after a thread panicked: each change of it is complete.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Writer {
    pub(crate) fn new(
        db: Connection,
        clock: Arc<dyn Clock>,
        live: Arc<Mutex<Live>>,
        outbox: Outbox,
    ) -> Self {
        Self {
            db,
            clock,
            live,
            commits: Commits::register(),
            heads: Heads::default(),
            outbox,
        }
    }

    fn try_one(&mut self, commands: &mut [Command]) -> Result<(), Fault> {
        let outcome = self.try_all(commands);
        if outcome.is_err() {
            self.heads.clear();
        }
        outcome
    }

    fn try_all(&mut self, commands: &mut [Command]) -> Result<(), Fault> {
        let began = self.clock.monotonic();
        let db = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Reads the times when nothing else can be written any more.
        let mut batch = Batch {
            now: self.clock.now(),
            monotonic: self.clock.monotonic(),
            changes: Changes::default(),
            live: &self.live,
            heads: &mut self.heads,
            outbox: self.outbox,
            db,
        };
        for command in commands.iter_mut() {
            command.run(&mut batch).map_err(|RunError(fault)| fault)?;
        }
        let Batch { db, changes, .. } = batch;
        if changes.touches_counters() {
            let counters = lock(&self.live).counters_after(&changes);
            write_counters(&db, counters)?;
        }
        db.commit().map_err(Fault::at_commit)?;
        let committed = self.clock.monotonic();
        lock(&self.live).apply(changes, committed);
        let took = committed.saturating_sub(began);
        self.commits.record(took, commands.len());
        Ok(())
    }
}

impl sqlite_kit::Writer for Writer {
    type Command = Command;

    fn connection(&mut self) -> &mut Connection {
        &mut self.db
    }

    fn apply(&mut self, mut batch: Vec<Command>) {
        match self.try_one(&mut batch) {
            Ok(()) => answer_all(batch, Ok(())),
            Err(fault) if batch.len() > 1 && fault.is_worth_splitting() => {
                for command in batch {
                    let mut alone = [command];
                    let outcome = self.try_one(&mut alone);
                    answer_all(alone, outcome.as_ref().copied());
                }
            }
            Err(fault) => answer_all(batch, Err(&fault)),
        }
    }
}

fn answer_all(commands: impl IntoIterator<Item = Command>, outcome: Result<(), &Fault>) {
    for command in commands {
        command.answer(outcome.map_err(|fault| fault.clone().into()));
    }
}

fn write_counters(db: &Connection, counters: [u64; 8]) -> Result<(), Fault> {
    let counters = counters.map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    db.prepare_cached(
        "-- write_counters
         update counters set pending = ?1, routing = ?2, building = ?3, submitted = ?4,
             confirmed = ?5, failed = ?6, cancelled = ?7, expired = ?8
         where id = 1",
    )?
    .execute(counters)?;
    Ok(())
}
