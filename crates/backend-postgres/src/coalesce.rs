//! Group commit: concurrent calls of one kind become one statement.
//!
//! A batch is whatever arrived while the previous batches were being written. Some kinds also keep
//! two batches a few milliseconds apart; a call that comes alone leaves at once. Requests that must
//! not be in the same batch wait for the next one. If the server refuses a batch, its requests are
//! written one by one, so that each caller learns its own outcome.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ports::Commits;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::db::{CALL_LIMIT, Connection, Db};
use crate::failure::Failure;

/// The largest batch: a larger one only makes its callers wait longer.
const BATCH_LIMIT: usize = 512;
/// Calls that wait to be written; further callers wait to get in, and fail at their deadline.
const INBOX_LIMIT: usize = 4_096;
/// Batches of one kind in flight: while one waits for the disk, the next one is sent.
const IN_FLIGHT: usize = 2;
/// Fewer calls than this wait until the batch in flight returns: each statement has a fixed cost,
/// so two small ones cost nearly twice as much as one for both.
const WORTH_A_FLIGHT: usize = 64;
/// A batch that takes longer waits for a lock, or is being written one by one: other calls no
/// longer wait for it.
const LONG_FLIGHT: Duration = Duration::from_millis(50);

/// For workers' writes, which no client's request waits for.
pub(crate) const PACE: Duration = Duration::from_millis(5);

/// One kind of write.
#[async_trait]
pub(crate) trait Kind: Send + Sync + 'static {
    type Request: Send + Sync + 'static;
    type Answer: Send + 'static;
    /// What a request writes to; no other request of its batch may write to the same.
    type Key: Hash + Eq + Send;

    /// Minimum interval between two batches, unless they are large. A statement for one call costs
    /// nearly as much as one for several.
    const PACE: Duration = Duration::ZERO;

    fn keys(request: &Self::Request) -> Vec<Self::Key>;

    /// Writes all requests, in one transaction or a few; returns one answer for each, in their
    /// order. If one part is written and another fails, repeating a written request returns its
    /// true outcome.
    async fn write(
        &self,
        connection: &Connection,
        requests: &[&Self::Request],
    ) -> Result<Vec<Self::Answer>, Failure>;
}

/// The entry point for calls of one kind.
pub(crate) struct Coalescer<K: Kind> {
    inbox: mpsc::Sender<Ticket<K>>,
    db: Arc<Db>,
}

struct Ticket<K: Kind> {
    request: K::Request,
    reply: oneshot::Sender<Result<K::Answer, Failure>>,
    progress: Arc<Progress>,
}

/// Whether a request was sent, or its caller gave up first: never both.
#[derive(Debug, Default)]
struct Progress(AtomicU8);

const WAITING: u8 = 0;
const SENT: u8 = 1;
const ABANDONED: u8 = 2;

impl Progress {
    fn leave_waiting(&self, to: u8) -> bool {
        self.0
            .compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

/// Abandons an unsent call if its caller is dropped.
struct GiveUp(Arc<Progress>);

impl Drop for GiveUp {
    fn drop(&mut self) {
        self.0.leave_waiting(ABANDONED);
    }
}

impl<K: Kind> Coalescer<K> {
    /// Starts writing calls of this kind; it ends when the handle is dropped.
    pub(crate) fn start(kind: K, db: Arc<Db>, tasks: &mut JoinSet<()>) -> Self {
        let (inbox, tickets) = mpsc::channel(INBOX_LIMIT);
        tasks.spawn(write_all(Arc::new(kind), db.clone(), tickets));
        Self { inbox, db }
    }

    /// Writes one request, together with those of others.
    pub(crate) async fn call(&self, request: K::Request) -> Result<K::Answer, Failure> {
        let began = Instant::now();
        let deadline = began + CALL_LIMIT;
        let (reply, answer) = oneshot::channel();
        let progress = Arc::new(Progress::default());
        let give_up = GiveUp(progress.clone());
        let ticket = Ticket {
            request,
            reply,
            progress,
        };
        match timeout_at(deadline, self.inbox.send(ticket)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Err(Failure::silent(CALL_LIMIT)),
        }
        match timeout_at(deadline, answer).await {
            Ok(Ok(answer)) => answer,
            // The deadline passed, or the writer was stopped: the outcome is unknown only if the
            // request was sent.
            Ok(Err(_)) | Err(_) if give_up.0.leave_waiting(ABANDONED) => {
                Err(Failure::silent(CALL_LIMIT))
            }
            Ok(Err(_)) | Err(_) => {
                self.db.unanswered(began);
                Err(Failure::silent_write(CALL_LIMIT))
            }
        }
    }
}

async fn write_all<K: Kind>(kind: Arc<K>, db: Arc<Db>, mut inbox: mpsc::Receiver<Ticket<K>>) {
    let commits = Commits::register();
    let mut flights = JoinSet::new();
    let mut waiting = Vec::new();
    let mut is_open = true;
    let mut overdue_at = Instant::now();
    let mut paced_until = Instant::now();
    while is_open || !waiting.is_empty() {
        let now = Instant::now();
        let (is_overdue, is_paced) = (now >= overdue_at, now < paced_until);
        if !is_paced_out(is_paced, waiting.len())
            && may_leave(waiting.len(), flights.len(), is_overdue)
        {
            let batch = take_distinct(&mut waiting);
            let (kind, db, commits) = (kind.clone(), db.clone(), commits.clone());
            flights.spawn(async move { fly(&*kind, &db, &commits, batch).await });
            overdue_at = now + LONG_FLIGHT;
            paced_until = now + K::PACE;
            continue;
        }
        let waits_for_one = !waiting.is_empty() && flights.len() < IN_FLIGHT;
        let room = BATCH_LIMIT - waiting.len();
        tokio::select! {
            // Calls that are there already go with this batch.
            biased;
            count = inbox.recv_many(&mut waiting, room), if is_open && room > 0 => {
                is_open = count > 0;
            }
            Some(_) = flights.join_next() => {}
            () = sleep_until(overdue_at), if waits_for_one && !is_paced => {}
            () = sleep_until(paced_until), if is_paced && !waiting.is_empty() => {}
        }
    }
    while flights.join_next().await.is_some() {}
}

/// Whether a batch of this size waits for the interval after the previous one.
const fn is_paced_out(is_paced: bool, waiting: usize) -> bool {
    is_paced && waiting < WORTH_A_FLIGHT
}

const fn may_leave(waiting: usize, flights: usize, is_overdue: bool) -> bool {
    match flights {
        0 => waiting > 0,
        IN_FLIGHT.. => false,
        _ => waiting >= WORTH_A_FLIGHT || (is_overdue && waiting > 0),
    }
}

/// Takes the requests that may be in one batch, and leaves the rest in order.
fn take_distinct<K: Kind>(waiting: &mut Vec<Ticket<K>>) -> Vec<Ticket<K>> {
    let mut taken = HashSet::new();
    let mut batch = Vec::with_capacity(waiting.len());
    let mut left = Vec::new();
    for ticket in waiting.drain(..) {
        let keys = K::keys(&ticket.request);
        if keys.iter().any(|key| taken.contains(key)) {
            // Later requests with the same key must not overtake this one.
            taken.extend(keys);
            left.push(ticket);
        } else {
            taken.extend(keys);
            batch.push(ticket);
        }
    }
    *waiting = left;
    batch
}

async fn fly<K: Kind>(kind: &K, db: &Db, commits: &Commits, batch: Vec<Ticket<K>>) {
    let connection = db.writer().await;
    let batch: Vec<Ticket<K>> = batch
        .into_iter()
        .filter(|ticket| ticket.progress.leave_waiting(SENT))
        .collect();
    if batch.is_empty() {
        return;
    }
    let connection = match connection {
        Ok(connection) => connection,
        Err(failure) => return answer_all(batch, &failure),
    };
    let requests: Vec<&K::Request> = batch.iter().map(|ticket| &ticket.request).collect();
    let began = Instant::now();
    match write_within_limit(kind, db, connection, &requests).await {
        Ok(answers) => {
            commits.record(began.elapsed(), requests.len());
            for (ticket, answer) in batch.into_iter().zip(answers) {
                deliver(ticket, Ok(answer));
            }
        }
        Err(failure) if batch.len() > 1 && tells_apart(&failure) => {
            tracing::debug!(
                error = %ports::Error::from(failure),
                "a batch of {} is written one by one",
                batch.len()
            );
            one_by_one(kind, db, batch).await;
        }
        Err(failure) => answer_all(batch, &failure),
    }
}

/// Whether the requests of a failed batch may succeed one by one.
const fn tells_apart(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Rollback(_) | Failure::Duplicate(_) | Failure::Corrupt(_)
    )
}

/// How often a single request is tried again after it was rolled back or met a duplicate.
const SINGLE_TRIES: u32 = 4;

async fn one_by_one<K: Kind>(kind: &K, db: &Db, batch: Vec<Ticket<K>>) {
    for ticket in batch {
        let mut tries = 1;
        let answer = loop {
            let result = match db.writer().await {
                Ok(connection) => {
                    write_within_limit(kind, db, connection, &[&ticket.request]).await
                }
                Err(failure) => Err(failure),
            };
            match result {
                Err(Failure::Rollback(_) | Failure::Duplicate(_)) if tries < SINGLE_TRIES => {
                    tries += 1;
                }
                other => break other,
            }
        };
        let answer = answer.map(|mut answers| answers.pop());
        match answer {
            Ok(Some(answer)) => deliver(ticket, Ok(answer)),
            Ok(None) => {}
            Err(failure) => deliver(ticket, Err(failure)),
        }
    }
}

/// Writes, and tries once more if another transaction caused a rollback. Returns the connection to
/// the pool only if nothing is left on it.
async fn write_within_limit<K: Kind>(
    kind: &K,
    db: &Db,
    connection: Connection,
    requests: &[&K::Request],
) -> Result<Vec<K::Answer>, Failure> {
    let mut retried = false;
    loop {
        let result = match db.within_limit(kind.write(&connection, requests)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::silent_write(CALL_LIMIT)),
        };
        match result {
            // With a fresh snapshot, a single request sees a duplicate that came in between.
            Err(Failure::Duplicate(_)) if !retried && requests.len() == 1 => retried = true,
            Err(Failure::Rollback(_)) if !retried => retried = true,
            Err(failure) if failure.spoils_connection() => {
                connection.discard();
                return Err(failure);
            }
            other => return other,
        }
    }
}

fn answer_all<K: Kind>(batch: Vec<Ticket<K>>, failure: &Failure) {
    for ticket in batch {
        deliver(ticket, Err(failure.clone()));
    }
}

fn deliver<K: Kind>(ticket: Ticket<K>, answer: Result<K::Answer, Failure>) {
    // The caller may have gone.
    let _ = ticket.reply.send(answer);
}

impl<K: Kind> std::fmt::Debug for Coalescer<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Coalescer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_alone_leaves_at_once() {
        assert!(may_leave(1, 0, false));
    }

    #[test]
    fn few_calls_wait_for_the_batch_in_flight_and_many_do_not() {
        assert!(!may_leave(WORTH_A_FLIGHT - 1, 1, false));
        assert!(may_leave(WORTH_A_FLIGHT, 1, false));
    }

    #[test]
    fn there_are_never_more_batches_in_flight_than_allowed() {
        assert!(!may_leave(BATCH_LIMIT, IN_FLIGHT, true));
        assert!(!may_leave(0, 0, true));
        assert!(!may_leave(0, 1, true));
    }
}
