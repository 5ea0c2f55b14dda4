//! Transactions that were taken and are not executed yet, in memory: a cluster that dies forgets them, as a real one
//! would. Each waits in a task of its own.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ports::{Clock, Shutdown};
use solana_signature::Signature;

use super::Trouble;
use crate::bank::Verified;
use crate::cluster::{Cluster, Commitment};

/// Transactions that may wait at once; further ones are refused for the moment. Far more than any engine has, and some
/// megabytes.
const WAITING_MAX: usize = 10_000;

#[derive(Debug)]
pub(super) struct Mempool {
    cluster: Arc<Cluster>,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
    waiting: Arc<Waiting>,
}

/// When a transaction is executed: after a while, and at no lower height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) delay: Duration,
    pub(super) height: Option<u64>,
}

#[derive(Debug, Default)]
struct Waiting(Mutex<HashSet<Signature>>);

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, HashSet<Signature>> {
        // Each change is a single one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transaction's place in the mempool, given back however its task ends.
#[derive(Debug)]
struct Place {
    waiting: Arc<Waiting>,
    signature: Signature,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waiting.lock().remove(&self.signature);
    }
}

impl Mempool {
    pub(super) fn new(cluster: Arc<Cluster>, clock: Arc<dyn Clock>, shutdown: Shutdown) -> Self {
        Self {
            cluster,
            clock,
            shutdown,
            waiting: Arc::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.lock().len()
    }

    /// Executes a transaction now, or lets it wait. One that waits already, or has landed, is not taken again.
    pub(super) fn add(&self, transaction: Verified, start: Start) -> Result<(), Trouble> {
        if start.delay.is_zero() && start.height.is_none() {
            execute(&self.cluster, &transaction);
            return Ok(());
        }
        let signature = *transaction.get().signature();
        let landed = |chain: crate::cluster::Snapshot<'_>| chain.landed(&signature).is_some();
        if self.cluster.read(Commitment::Processed, landed) {
            return Ok(());
        }
        let Some(place) = self.place(signature)? else {
            return Ok(());
        };
        let (cluster, clock) = (self.cluster.clone(), self.clock.clone());
        // On the clock, so that a task that begins late does not wait longer.
        let at = clock.monotonic() + start.delay;
        self.shutdown.spawn(async move {
            let _place = place;
            clock.sleep(at.saturating_sub(clock.monotonic())).await;
            if let Some(height) = start.height {
                wait_for(&cluster, height).await;
            }
            execute(&cluster, &transaction);
        });
        Ok(())
    }

    fn place(&self, signature: Signature) -> Result<Option<Place>, Trouble> {
        let mut waiting = self.waiting.lock();
        if waiting.contains(&signature) {
            return Ok(None);
        }
        if waiting.len() >= WAITING_MAX {
            return Err(Trouble::TooManyRequests);
        }
        waiting.insert(signature);
        Ok(Some(Place {
            waiting: self.waiting.clone(),
            signature,
        }))
    }
}

async fn wait_for(cluster: &Cluster, height: u64) {
    while cluster.in_block(|block| block.height()) < height {
        cluster.next_block().await;
    }
}

/// What no block can take is dropped, as a real cluster drops it.
fn execute(cluster: &Cluster, transaction: &Verified) {
    if let Err(error) = cluster.send(transaction) {
        let signature = transaction.get().signature();
        tracing::debug!(%error, "transaction {signature} was dropped: {error}");
    }
}
