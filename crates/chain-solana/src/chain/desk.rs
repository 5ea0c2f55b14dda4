//! The desk at which whoever sent a transaction waits for its status: all of them are looked for with one call, every
//! once in a while, however many wait.
//!
//! There is no task for it: one of those who wait looks for all of them, and when its own status has come, or it gives
//! up, another goes on. A look wakes only those whom it has news for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::join_all;
use ports::Clock;
use solana_signature::Signature;
use tokio::sync::{Semaphore, oneshot};

use crate::rpc::{At, Commitment, Error, History, Rpc, SIGNATURES_MAX, Status};

/// The desk.
#[derive(Debug)]
pub(super) struct Desk {
    rpc: Arc<dyn Rpc>,
    clock: Arc<dyn Clock>,
    look_every: Duration,
    /// What a status must have reached.
    needed: Commitment,
    waiting: Mutex<Everyone>,
    /// Whoever has it looks. In the order of their coming.
    turn: Semaphore,
}

#[derive(Debug, Default)]
struct Everyone {
    /// By the number of their coming.
    all: BTreeMap<u64, One>,
    next: u64,
    /// When the last look ended.
    looked_at: Option<Duration>,
}

#[derive(Debug)]
struct One {
    signature: Signature,
    heard: Heard,
    tell: oneshot::Sender<Status>,
}

/// What has been heard of a transaction so far.
#[derive(Debug, Clone)]
pub(super) enum Heard {
    /// There was no look yet.
    Unasked,
    /// It is not known.
    Nothing,
    /// It is known, and may vanish yet.
    Seen,
    /// The last look got no answer.
    Failed(Error),
}

/// A place at the desk, until it is dropped.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    desk: &'a Desk,
    number: u64,
    told: oneshot::Receiver<Status>,
}

impl Desk {
    pub(super) fn new(
        rpc: Arc<dyn Rpc>,
        clock: Arc<dyn Clock>,
        look_every: Duration,
        needed: Commitment,
    ) -> Self {
        Self {
            rpc,
            clock,
            look_every,
            needed,
            waiting: Mutex::default(),
            turn: Semaphore::new(1),
        }
    }

    /// Takes a place.
    pub(super) fn wait_for(&self, signature: Signature) -> Waiting<'_> {
        let (tell, told) = oneshot::channel();
        let mut waiting = self.waiting();
        let number = waiting.next;
        waiting.next += 1;
        let one = One {
            signature,
            heard: Heard::Unasked,
            tell,
        };
        waiting.all.insert(number, one);
        Waiting {
            desk: self,
            number,
            told,
        }
    }

    /// Looks for all of them, for as long as it is let.
    async fn look_for_all(&self) -> Status {
        let Ok(_turn) = self.turn.acquire().await else {
            // It is never closed; then nobody looks, and limits end the waiting.
            return std::future::pending().await;
        };
        loop {
            let due = self.waiting().looked_at.map(|it| it + self.look_every);
            let early = due.unwrap_or_default();
            let early = early.saturating_sub(self.clock.monotonic());
            if !early.is_zero() {
                self.clock.sleep(early).await;
            }
            let signatures = self.signatures();
            let looks = signatures
                .chunks(SIGNATURES_MAX)
                .map(|some| self.look(some));
            join_all(looks).await;
            self.waiting().looked_at = Some(self.clock.monotonic());
        }
    }

    /// What is waited for, each once and in order.
    fn signatures(&self) -> Vec<Signature> {
        let waiting = self.waiting();
        let mut signatures: Vec<_> = waiting.all.values().map(|one| one.signature).collect();
        drop(waiting);
        signatures.sort_unstable();
        signatures.dedup();
        signatures
    }

    async fn look(&self, signatures: &[Signature]) {
        // Nothing is denied by what is said here, so the recent past is enough.
        let looked = self.rpc.signature_statuses(signatures, History::Recent);
        let looked = looked.await.map(|At { value, .. }| value);
        let mut waiting = self.waiting();
        let mut news = Vec::new();
        for (number, one) in &mut waiting.all {
            let Ok(place) = signatures.binary_search(&one.signature) else {
                continue;
            };
            one.heard = match &looked {
                Err(error) => Heard::Failed(error.clone()),
                Ok(statuses) => match statuses.get(place).and_then(Option::as_ref) {
                    None => Heard::Nothing,
                    Some(status) => {
                        if status.commitment >= self.needed {
                            news.push((*number, status.clone()));
                        }
                        Heard::Seen
                    }
                },
            };
        }
        for (number, status) in news {
            if let Some(one) = waiting.all.remove(&number) {
                // Whoever has gone meanwhile needs to hear nothing.
                let _ = one.tell.send(status);
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Everyone> {
        self.waiting
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

impl Waiting<'_> {
    /// The transaction's status once it has reached what is needed.
    ///
    /// Cancel safety: may be dropped; the others go on waiting.
    pub(super) async fn settled(&mut self) -> Status {
        let desk = self.desk;
        tokio::select! {
            biased;
            Ok(status) = &mut self.told => status,
            status = desk.look_for_all() => status,
        }
    }

    /// What has been heard until now.
    pub(super) fn heard(&self) -> Heard {
        let waiting = self.desk.waiting();
        let one = waiting.all.get(&self.number);
        one.map_or(Heard::Seen, |one| one.heard.clone())
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.desk.waiting().all.remove(&self.number);
    }
}

#[cfg(test)]
mod tests;
