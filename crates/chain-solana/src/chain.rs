//! The engine's ports over a cluster: builds and signs, sends, and tells what became of it.
//!
//! [`ports::TransactionBuilder`] and [`Landing`] are the ports that fit Solana. Today's [`Chain`] is answered through
//! them as far as its types allow: it names a pool by its kind, so the best pool of that kind is taken here, and it
//! has no word for a transaction that was seen and is not sure yet, so that is an error: with no usable answer, callers
//! ask again.

mod building;
mod fate;
mod pairs;
mod route;
mod statuses;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use amm::Program;
use async_trait::async_trait;
use domain::transaction::{Height, Signature, SignedTransaction};
use ports::Clock;
use ports::chain::{self, Chain, Swap};
use ports::landing::{self, Finalized, Landing};

use crate::build::rent::Rents;
use crate::in_flight::InFlight;
use crate::keys::Signer;
use crate::pools::Snapshots;
use crate::rpc::{At, Blockhash, Commitment, Error, History, MicroLamports, Rpc, View};
use pairs::Pairs;
use statuses::Statuses;

/// What differs from cluster to cluster and from operator to operator.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The venues' programs.
    pub programs: Vec<Program>,
    /// From when on a transaction counts as landed.
    pub commitment: Landed,
    /// What is offered for each compute unit.
    pub price: MicroLamports,
    /// How long a transaction usually takes until its fate is known.
    pub usual_time: Duration,
    /// How often a fate is looked for while one waits for it.
    pub look_every: Duration,
    /// How long a signer has for one signature.
    pub signing_limit: Duration,
}

/// From when on a transaction counts as landed. A processed block may vanish any moment, so it is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landed {
    /// Two thirds of the stake voted for its block.
    Confirmed,
    /// Its block can no longer be undone.
    Finalized,
}

impl Landed {
    const fn commitment(self) -> Commitment {
        match self {
            Self::Confirmed => Commitment::Confirmed,
            Self::Finalized => Commitment::Finalized,
        }
    }
}

/// A cluster, one wallet on it, and the pools that were found.
#[derive(Debug)]
pub struct SolanaChain {
    rpc: Arc<dyn Rpc>,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    snapshots: Snapshots,
    rents: Rents,
    pairs: Pairs,
    statuses: Statuses,
    /// Who builds at one moment builds on one blockhash.
    blockhashes: InFlight<(), Result<At<Blockhash>, Error>>,
    /// The highest slot that was seen final. What knows less than that can deny nothing.
    final_slot: AtomicU64,
}

impl SolanaChain {
    /// Nothing is asked yet.
    #[must_use]
    pub fn new(
        rpc: Arc<dyn Rpc>,
        signer: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Self {
        Self {
            snapshots: Snapshots::new(Arc::clone(&rpc), Arc::clone(&clock)),
            rents: Rents::new(Arc::clone(&rpc)),
            pairs: Pairs::default(),
            statuses: Statuses::new(Arc::clone(&rpc)),
            blockhashes: InFlight::default(),
            final_slot: AtomicU64::new(0),
            rpc,
            signer,
            clock,
            settings,
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

    async fn finalized(&self) -> Result<Finalized, chain::Error> {
        let info = self.rpc.epoch_info(View::FINALIZED).await?;
        self.final_slot
            .fetch_max(info.slot.get(), Ordering::Relaxed);
        Ok(Finalized {
            slot: info.slot.get(),
            height: info.height,
        })
    }

    async fn fate(
        &self,
        transaction: &SignedTransaction,
        view: Finalized,
    ) -> Result<landing::Fate, chain::Error> {
        let signature = fate::parse(&transaction.signature)?;
        match self.look(&signature, History::Whole, view.slot).await? {
            landing::Fate::Absent => self.deny(transaction, view).await,
            known => Ok(known),
        }
    }
}

#[async_trait]
impl Chain for SolanaChain {
    async fn build(&self, swap: &Swap) -> Result<SignedTransaction, chain::Error> {
        self.build_swap(swap).await
    }

    async fn send(&self, transaction: &SignedTransaction) -> Result<(), chain::Error> {
        Landing::send(self, transaction).await
    }

    async fn finalized_height(&self) -> Result<Height, chain::Error> {
        Ok(self.finalized().await?.height)
    }

    async fn fate(&self, signature: &Signature) -> Result<chain::Fate, chain::Error> {
        let signature = fate::parse(signature)?;
        let seen = self.final_slot.load(Ordering::Relaxed);
        fate::to_port(self.look(&signature, History::Whole, seen).await?)
    }

    async fn await_fate(
        &self,
        signature: &Signature,
        limit: Duration,
    ) -> Result<chain::Fate, chain::Error> {
        let signature = fate::parse(signature)?;
        let mut known = Err(chain::Error::Unavailable("no answer in time".to_owned()));
        let watching = async {
            loop {
                // Nothing is denied by what is said here, so the recent past is enough.
                let look = self.look(&signature, History::Recent, 0).await;
                known = look.and_then(fate::to_port);
                if matches!(&known, Ok(fate) if *fate != chain::Fate::Unknown) {
                    break;
                }
                self.clock.sleep(self.settings.look_every).await;
            }
        };
        tokio::select! {
            biased;
            () = watching => {}
            () = self.clock.sleep(limit) => {}
        }
        known
    }

    fn usual_time(&self) -> Duration {
        self.settings.usual_time
    }
}

/// What a failed question means to the engine: that it may be asked again. An endpoint that cannot be asked, whatever
/// the reason, must not end an order.
impl From<Error> for chain::Error {
    fn from(error: Error) -> Self {
        Self::Unavailable(words(&error))
    }
}

/// An error with its causes, which alone say what went wrong with a connection.
fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(&format!(": {error}"));
        cause = error.source();
    }
    words
}

#[cfg(test)]
mod tests;
