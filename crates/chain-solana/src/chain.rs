//! The engine's ports over a cluster: builds and signs, sends, and tells what became of it.
//!
//! Pools are [`PoolReader`]'s, which has no key. Nothing here reads them for an order that was quoted in this process a
//! moment ago: an order costs a send, its share of a blockhash and of the looks for statuses, and one look into the
//! ledger.

mod blockhashes;
mod building;
mod desk;
mod fate;
mod route;
mod statuses;

use std::sync::Arc;
use std::time::Duration;

use amm::Program;
use async_trait::async_trait;
use domain::transaction::SignedTransaction;
use ports::Clock;
use ports::chain;
use ports::landing::{Fate, Landing};

use crate::build::rent::Rents;
use crate::keys::Signer;
use crate::pools::PoolReader;
use crate::rpc::{Commitment, Error, MicroLamports, Rpc, View, words};
use crate::settings::Settings;
use blockhashes::Blockhashes;
use desk::{Desk, Heard};
use statuses::Statuses;

/// Blocks that a transaction is given beyond its blockhash's own limit before anybody calls it dead.
pub const BLOCKS_TO_SPARE: u64 = 32;

/// A cluster and one wallet on it.
#[derive(Debug)]
pub struct SolanaChain {
    rpc: Arc<dyn Rpc>,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    pools: Arc<PoolReader>,
    programs: Vec<Program>,
    commitment: Commitment,
    price: MicroLamports,
    usual_time: Duration,
    look_every: Duration,
    signing_limit: Duration,
    rents: Rents,
    statuses: Statuses,
    blockhashes: Blockhashes,
    desk: Desk,
}

impl SolanaChain {
    /// Nothing is asked yet.
    #[must_use]
    pub fn new(
        pools: Arc<PoolReader>,
        rpc: Arc<dyn Rpc>,
        signer: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Self {
        let commitment = settings.commitment.commitment();
        let of = || (Arc::clone(&rpc), Arc::clone(&clock));
        let (desk_rpc, desk_clock) = of();
        let (hash_rpc, hash_clock) = of();
        Self {
            rents: Rents::new(Arc::clone(&rpc)),
            statuses: Statuses::new(Arc::clone(&rpc)),
            blockhashes: Blockhashes::new(hash_rpc, hash_clock, settings.blockhash_for),
            desk: Desk::new(desk_rpc, desk_clock, settings.look_every, commitment),
            rpc,
            signer,
            clock,
            pools,
            programs: settings.programs,
            commitment,
            price: settings.price,
            usual_time: settings.usual_time,
            look_every: settings.look_every,
            signing_limit: settings.signing_limit,
        }
    }

    /// Waits for a transaction's status, and for the ledger to tell what it did. An answer that is none yet is kept
    /// in `known`, for whoever waits no longer.
    async fn watch(
        &self,
        signature: &solana_signature::Signature,
        waiting: &mut desk::Waiting<'_>,
        known: &mut Option<Result<Fate, chain::Error>>,
    ) -> Fate {
        let status = waiting.settled().await;
        loop {
            match self.judge(signature, &status).await {
                Ok(fate) if fate != Fate::Underway => return fate,
                // The status is known before the ledger tells of it.
                unsure => *known = Some(unsure),
            }
            self.clock.sleep(self.look_every).await;
        }
    }
}

#[async_trait]
impl Landing for SolanaChain {
    async fn send(&self, transaction: &SignedTransaction) -> Result<(), chain::Error> {
        match self.rpc.send(&transaction.bytes).await {
            Ok(_) => Ok(()),
            Err(error @ Error::Refused(_)) => Err(chain::Error::Refused(words(&error))),
            Err(error) => Err(error.into()),
        }
    }

    async fn fate(&self, transaction: &SignedTransaction) -> Result<Fate, chain::Error> {
        let signature = fate::parse(&transaction.signature)?;
        // Read first: what lands after this is found by what is asked after this.
        let view = self.rpc.epoch_info(View::FINALIZED).await?;
        let fate = self.look(&signature, view.slot).await?;
        match fate == Fate::Absent && view.height > transaction.last_valid_height {
            true => self.deny(transaction, view).await,
            false => Ok(fate),
        }
    }

    async fn await_fate(
        &self,
        transaction: &SignedTransaction,
        limit: Duration,
    ) -> Result<Fate, chain::Error> {
        let signature = fate::parse(&transaction.signature)?;
        let mut waiting = self.desk.wait_for(signature);
        let mut known = None;
        tokio::select! {
            biased;
            fate = self.watch(&signature, &mut waiting, &mut known) => return Ok(fate),
            () = self.clock.sleep(limit) => {}
        }
        known.unwrap_or_else(|| match waiting.heard() {
            Heard::Unasked => Err(chain::Error::Unavailable("no answer in time".to_owned())),
            Heard::Nothing => Ok(Fate::Absent),
            Heard::Seen => Ok(Fate::Underway),
            Heard::Failed(error) => Err(error.into()),
        })
    }

    fn usual_time(&self) -> Duration {
        self.usual_time
    }
}

/// What a failed question means to the engine: that it may be asked again. An endpoint that cannot be asked, whatever
/// the reason, must not end an order.
impl From<Error> for chain::Error {
    fn from(error: Error) -> Self {
        Self::Unavailable(words(&error))
    }
}

#[cfg(test)]
mod tests;
