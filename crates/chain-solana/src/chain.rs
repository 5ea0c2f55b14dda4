//! The engine's ports over a cluster: builds and signs, sends, and tells what became of it.
//!
//! Pools are [`PoolReader`]'s, which has no key. Nothing here reads them for an order that was quoted in this process a
//! moment ago: an order costs a send, its share of a blockhash and of the looks for statuses, and one look into the
//! ledger.

mod blockhashes;
mod building;
pub(crate) mod fate;
mod funds;
mod jury;
mod rehearsing;
mod reporting;
mod route;
mod statuses;

use std::sync::Arc;
use std::time::Duration;

use amm::Program;
use async_trait::async_trait;
use domain::OrderId;
use domain::transaction::SignedTransaction;
use ports::chain;
use ports::landing::{Fate, Landing, Standing, Weight};
use ports::{Clock, Valve, WalletUses};

use crate::build::rent::Rents;
use crate::death::Subject;
use crate::endpoints::{Endpoints, Member};
use crate::fees::Fees;
use crate::keys::Signer;
use crate::keys::ring::KeyRing;
use crate::landing_list::{Heard, LandingList};
use crate::notes::Notes;
use crate::pools::PoolReader;
use crate::rpc::notices::Notices;
use crate::rpc::{Commitment, Error, Rpc, Signature, words};
use crate::settings::{Settings, Simulating};
use blockhashes::Blockhashes;
use funds::Funds;
use jury::Jury;
use statuses::Statuses;

/// A cluster, and the wallets on it whose keys are here.
#[derive(Debug)]
pub struct SolanaChain {
    rpc: Arc<dyn Rpc>,
    keys: KeyRing,
    clock: Arc<dyn Clock>,
    pools: Arc<PoolReader>,
    programs: Vec<Program>,
    commitment: Commitment,
    simulating: Simulating,
    checks_funds: bool,
    signing_limit: Duration,
    rents: Rents,
    fees: Fees,
    funds: Funds,
    notes: Arc<Notes>,
    statuses: Statuses,
    blockhashes: Blockhashes,
    list: LandingList,
    jury: Jury,
}

impl SolanaChain {
    /// Nothing is asked yet. Whatever stands behind `rpc` is the one witness of a transaction's death.
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
        let (list_rpc, list_clock) = of();
        let (hash_rpc, hash_clock) = of();
        let (fee_rpc, fee_clock) = of();
        let (fund_rpc, fund_clock) = of();
        let notes = Arc::new(Notes::default());
        let only = Member::only(Arc::clone(&rpc), Arc::clone(&clock));
        Self {
            jury: Jury::new(
                [Arc::new(only)],
                None,
                Arc::clone(&clock),
                bank_for(settings.pace.look_every()),
            ),
            rents: Rents::new(Arc::clone(&rpc)),
            fees: Fees::new(fee_rpc, fee_clock, settings.fees),
            funds: Funds::new(fund_rpc, fund_clock),
            notes: Arc::clone(&notes),
            statuses: Statuses::new(Arc::clone(&rpc)),
            blockhashes: Blockhashes::new(hash_rpc, hash_clock, settings.blockhash_for),
            list: LandingList::new(list_rpc, list_clock, settings.pace, commitment, notes),
            rpc,
            keys: KeyRing::of(signer),
            clock,
            pools,
            programs: settings.programs,
            commitment,
            simulating: settings.simulating,
            checks_funds: settings.checks_funds,
            signing_limit: settings.signing_limit,
        }
    }

    /// The same chain, which signs for these wallets too.
    #[must_use]
    pub fn also_signing(mut self, signers: Vec<Arc<dyn Signer>>) -> Self {
        self.keys.add(signers);
        self
    }

    /// The same chain, told by these when it is worth to look for a transaction.
    #[must_use]
    pub fn hearing_from(mut self, notices: Arc<dyn Notices>) -> Self {
        self.list.hear_from(notices);
        self
    }

    /// The same chain, which signs and sends nothing while this is shut.
    #[must_use]
    pub fn behind(mut self, valve: Arc<Valve>) -> Self {
        self.list.go_through(valve);
        self
    }

    /// The same chain, which says what its transactions may spend, for this store to count.
    #[must_use]
    pub fn counting_in(mut self, uses: Arc<dyn WalletUses>) -> Self {
        self.funds.count_in(uses);
        self
    }

    /// Each of these endpoints is a witness of its own.
    #[must_use]
    pub fn with_witnesses(mut self, endpoints: &Endpoints) -> Self {
        let members = endpoints.members().iter().cloned();
        let clock = Arc::clone(&self.clock);
        let bank_for = bank_for(self.list.time().look_every());
        self.jury = Jury::new(members, Some(endpoints.genesis()), clock, bank_for);
        self
    }

    /// Waits for a transaction's status, and for the ledger to tell what it did. An answer that is none yet is kept
    /// in `known`, for whoever waits no longer. Nothing where the transaction is not on the list.
    async fn watch(
        &self,
        signature: &Signature,
        known: &mut Option<Result<Fate, chain::Error>>,
    ) -> Option<Fate> {
        let status = self.list.settled(signature).await?;
        loop {
            match self.judge(signature, &status).await {
                Ok(fate) if fate != Fate::Underway => return Some(fate),
                // The status is known before the ledger tells of it.
                unsure => *known = Some(unsure),
            }
            self.clock.sleep(self.list.time().look_every()).await;
        }
    }
}

#[async_trait]
impl Landing for SolanaChain {
    async fn keep(
        &self,
        order: OrderId,
        transaction: &SignedTransaction,
    ) -> Result<(), chain::Error> {
        let signature = fate::parse(&transaction.signature)?;
        match self.list.keep(order, signature, transaction).await {
            Ok(()) => Ok(()),
            Err(error @ Error::Refused(_)) => Err(chain::Error::Refused(words(&error))),
            Err(error) => Err(error.into()),
        }
    }

    fn standing(&self, transaction: &SignedTransaction) -> Standing {
        match fate::parse(&transaction.signature) {
            Ok(signature) => self.list.standing(&signature),
            Err(_) => Standing::Unlisted,
        }
    }

    fn looked_in_vain(&self, transaction: &SignedTransaction) -> u32 {
        let signature = fate::parse(&transaction.signature);
        signature.map_or(0, |signature| self.list.looked_in_vain(&signature))
    }

    fn forget(&self, transaction: &SignedTransaction) {
        if let Ok(signature) = fate::parse(&transaction.signature) {
            self.list.forget(&signature);
        }
    }

    async fn fate(&self, transaction: &SignedTransaction) -> Result<Fate, chain::Error> {
        let signature = fate::parse(&transaction.signature)?;
        let looked = self.look(&signature).await;
        if matches!(&looked, Ok(known) if *known != Fate::Absent) {
            return looked;
        }
        // A look that failed keeps nobody from voting, and is no word that the transaction is absent.
        match self.deny(transaction, signature).await {
            Ok(Fate::Absent) => looked,
            told => told,
        }
    }

    async fn weigh(&self, transaction: &SignedTransaction) -> Result<Weight, chain::Error> {
        let subject = Subject {
            signature: fate::parse(&transaction.signature)?,
            last_valid: transaction.last_valid_height,
        };
        Ok(self.jury.weigh(subject).await?)
    }

    async fn await_fate(
        &self,
        transaction: &SignedTransaction,
        limit: Duration,
    ) -> Result<Fate, chain::Error> {
        let signature = fate::parse(&transaction.signature)?;
        let mut known = None;
        tokio::select! {
            biased;
            fate = self.watch(&signature, &mut known) => if let Some(fate) = fate {
                return Ok(fate);
            },
            () = self.clock.sleep(limit) => {}
        }
        let unheard = |why: &str| Err(chain::Error::Unavailable(why.to_owned()));
        known.unwrap_or_else(|| match self.list.heard(&signature) {
            None => unheard("the transaction is not on the landing list"),
            Some(Heard::Unasked) => unheard("no answer in time"),
            Some(Heard::Nothing) => Ok(Fate::Absent),
            Some(Heard::Seen | Heard::Settled(_)) => Ok(Fate::Underway),
            Some(Heard::Failed(error)) => Err(error.into()),
        })
    }

    async fn attend(&self) {
        self.list.attend().await;
    }

    async fn news(&self) -> Vec<OrderId> {
        self.list.news().await
    }

    fn usual_time(&self) -> Duration {
        self.list.time().usual()
    }
}

/// About a slot: what is final does not change sooner.
const fn bank_for(look_every: Duration) -> Duration {
    look_every.saturating_mul(2)
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
