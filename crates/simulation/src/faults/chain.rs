//! The cluster as a process reaches it, below everything that speaks Solana. Questions and answers get lost; sent bytes
//! may be forgotten, land late, or land in the very last blocks that take them; the witness sees everything that is
//! signed and sent.

use std::sync::Arc;

use async_trait::async_trait;
use chain_solana::death::BLOCKS_TO_SPARE;
use chain_solana::rpc::{
    Account, Address, At, Blockhash, Commitment, Entry, EntryPage, EpochInfo, Error, Filter, Hash,
    History, Lamports, MicroLamports, Rpc, Signature, Simulated, SimulationRequest, Slot, Status,
    Transaction, View,
};
use domain::transaction::{Height, Signature as Stored, SignedTransaction};
use ports::TransactionBuilder;
use ports::transaction_builder::{self, Execution};
use sim_chain::World as Cluster;

use super::lies::Lie;
use super::{Fate, Line};
use crate::witness::Witness;

/// What a node may say of its own accord, none of which may matter.
const LOST: &str = "the answer was lost";

#[derive(Debug)]
pub(crate) struct FaultyRpc {
    pub(crate) rpc: Arc<dyn Rpc>,
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) line: Line,
    /// What it says that is not so.
    pub(crate) lie: Option<Lie>,
}

impl FaultyRpc {
    /// Its lie, while faults last.
    fn lie(&self) -> Option<Lie> {
        self.lie.filter(|_| self.line.lies())
    }

    async fn ask<T>(
        &self,
        call: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Error> {
        match self.line.leave().await {
            Fate::Answered => {
                let answer = call.await;
                self.line.come_back().await;
                answer
            }
            Fate::RequestLost | Fate::AnswerLost | Fate::Late(_) => {
                self.line.come_back().await;
                Err(Error::unavailable(LOST))
            }
        }
    }

    /// Decides what the cluster will do with the bytes that it gets next.
    fn plan(&self, signature: &Stored) {
        let faults = self.cluster.service().planned();
        if self.line.happens(|climate| climate.doubled) {
            faults.drop_next(1);
        } else if self.line.happens(|climate| climate.doubled)
            && let Some(last) = self.witness.last_valid(signature)
        {
            // The engine waits some blocks longer than the cluster takes it.
            let back = BLOCKS_TO_SPARE + self.line.process.fortune.below(3);
            let at = last.get().saturating_sub(back);
            faults.hold_next_until(1, Height::new(at));
        }
    }
}

#[async_trait]
impl Rpc for FaultyRpc {
    async fn epoch_info(&self, view: View) -> Result<EpochInfo, Error> {
        let told = self.ask(self.rpc.epoch_info(view)).await?;
        Ok(self.lie().map_or(told, |lie| lie.of_epoch(told)))
    }

    async fn latest_blockhash(&self, view: View) -> Result<At<Blockhash>, Error> {
        self.ask(self.rpc.latest_blockhash(view)).await
    }

    async fn accounts(
        &self,
        addresses: &[Address],
        view: View,
    ) -> Result<At<Vec<Option<Account>>>, Error> {
        self.ask(self.rpc.accounts(addresses, view)).await
    }

    async fn program_accounts(
        &self,
        program: Address,
        filters: &[Filter],
        view: View,
    ) -> Result<At<Vec<(Address, Account)>>, Error> {
        self.ask(self.rpc.program_accounts(program, filters, view))
            .await
    }

    async fn minimum_balance(&self, bytes: usize) -> Result<Lamports, Error> {
        self.ask(self.rpc.minimum_balance(bytes)).await
    }

    async fn simulate(&self, request: &SimulationRequest<'_>) -> Result<At<Simulated>, Error> {
        self.ask(self.rpc.simulate(request)).await
    }

    async fn send(&self, transaction: &[u8]) -> Result<Signature, Error> {
        let lost = || Err(Error::unavailable("no reply came"));
        let Some(signature) = signature_of(transaction) else {
            return Err(Error::Refused("bytes without a signature".to_owned()));
        };
        self.witness.sent(&signature);
        let fate = self.line.leave().await;
        if fate == Fate::RequestLost {
            return lost();
        }
        if let Fate::Late(delay) = fate {
            let (rpc, transaction) = (Arc::clone(&self.rpc), transaction.to_vec());
            self.line.deliver_late(delay, async move {
                let _ = rpc.send(&transaction).await;
            });
            self.line.come_back().await;
            return lost();
        }
        self.plan(&signature);
        let answer = self.rpc.send(transaction).await;
        self.line.come_back().await;
        match fate {
            Fate::AnswerLost => lost(),
            _ => answer,
        }
    }

    async fn signature_statuses(
        &self,
        signatures: &[Signature],
        history: History,
    ) -> Result<At<Vec<Option<Status>>>, Error> {
        let asking = self.ask(self.rpc.signature_statuses(signatures, history));
        let told = asking.await?;
        Ok(match self.lie() {
            Some(lie) => lie.of_statuses(told),
            None => told,
        })
    }

    async fn transaction(
        &self,
        signature: &Signature,
        commitment: Commitment,
    ) -> Result<Option<Transaction>, Error> {
        let told = self
            .ask(self.rpc.transaction(signature, commitment))
            .await?;
        Ok(match self.lie() {
            Some(lie) if !lie.shows_transactions() => None,
            _ => told,
        })
    }

    async fn signatures_for_address(
        &self,
        address: Address,
        page: EntryPage,
        view: View,
    ) -> Result<Vec<Entry>, Error> {
        let asking = self.ask(self.rpc.signatures_for_address(address, page, view));
        let told = asking.await?;
        Ok(match self.lie() {
            Some(lie) => lie.of_history(told),
            None => told,
        })
    }

    async fn prioritization_fees(
        &self,
        written: &[Address],
    ) -> Result<Vec<(Slot, MicroLamports)>, Error> {
        self.ask(self.rpc.prioritization_fees(written)).await
    }

    async fn genesis_hash(&self) -> Result<Hash, Error> {
        self.ask(self.rpc.genesis_hash()).await
    }

    async fn blocks(
        &self,
        start: Slot,
        limit: u64,
        commitment: Commitment,
    ) -> Result<Vec<Slot>, Error> {
        self.ask(self.rpc.blocks(start, limit, commitment)).await
    }
}

/// The first signature of a transaction's bytes.
fn signature_of(transaction: &[u8]) -> Option<Stored> {
    let bytes = transaction.get(1..65)?.try_into().ok()?;
    Some(Stored::from_bytes(bytes))
}

/// Shows the witness what is signed.
#[derive(Debug)]
pub(crate) struct WitnessedBuilder {
    pub(crate) builder: Arc<dyn TransactionBuilder>,
    pub(crate) witness: Arc<Witness>,
}

#[async_trait]
impl TransactionBuilder for WitnessedBuilder {
    async fn build(
        &self,
        execution: &Execution,
    ) -> Result<SignedTransaction, transaction_builder::Error> {
        let transaction = self.builder.build(execution).await?;
        self.witness.signed(execution, &transaction).await;
        Ok(transaction)
    }
}
