//! An endpoint that does some things otherwise than the one behind it, as no fault of the cluster makes it do.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use chain_solana::rpc::{
    Account, Address, At, Blockhash, Commitment, Entry, EntryPage, EpochInfo, Error, Filter, Hash,
    History, Lamports, MicroLamports, Outcome, Rpc, Signature, Simulated, SimulationRequest, Slot,
    Status, Transaction, View,
};

/// What it does otherwise: nothing, where nothing else is said.
#[async_trait]
pub(crate) trait Twist: Debug + Send + Sync {
    /// Whether it knows of what landed in this slot.
    fn sees(&self, _slot: Slot) -> bool {
        true
    }

    /// Whether it has the block of this slot.
    fn holds(&self, _slot: Slot) -> bool {
        true
    }

    /// What it tells of transactions that ended so.
    fn tells(&self, outcome: Outcome) -> Outcome {
        outcome
    }

    /// How sure it says that a block is.
    fn vouches(&self, commitment: Commitment) -> Commitment {
        commitment
    }

    /// Which cluster it says to show.
    fn shows(&self, genesis: Hash) -> Hash {
        genesis
    }

    /// Accounts are read.
    fn reads(&self) {}

    async fn simulate(
        &self,
        rpc: &dyn Rpc,
        request: &SimulationRequest<'_>,
    ) -> Result<At<Simulated>, Error> {
        rpc.simulate(request).await
    }
}

#[derive(Debug)]
pub(crate) struct Twisted<T> {
    pub(crate) rpc: Arc<dyn Rpc>,
    pub(crate) twist: Arc<T>,
}

#[async_trait]
impl<T: Twist> Rpc for Twisted<T> {
    async fn signature_statuses(
        &self,
        signatures: &[Signature],
        history: History,
    ) -> Result<At<Vec<Option<Status>>>, Error> {
        let mut answer = self.rpc.signature_statuses(signatures, history).await?;
        for place in &mut answer.value {
            let seen = place.take().filter(|it| self.twist.sees(it.slot));
            *place = seen.map(|it| Status {
                outcome: self.twist.tells(it.outcome),
                commitment: self.twist.vouches(it.commitment),
                ..it
            });
        }
        Ok(answer)
    }

    async fn transaction(
        &self,
        signature: &Signature,
        commitment: Commitment,
    ) -> Result<Option<Transaction>, Error> {
        let found = self.rpc.transaction(signature, commitment).await?;
        let mut found = found.filter(|it| self.twist.sees(it.slot));
        if let Some(found) = &mut found {
            let outcome = std::mem::replace(&mut found.meta.outcome, Ok(()));
            found.meta.outcome = self.twist.tells(outcome);
        }
        Ok(found)
    }

    async fn signatures_for_address(
        &self,
        address: Address,
        page: EntryPage,
        view: View,
    ) -> Result<Vec<Entry>, Error> {
        let mut found = self.rpc.signatures_for_address(address, page, view).await?;
        found.retain(|entry| self.twist.sees(entry.slot));
        Ok(found)
    }

    async fn blocks(
        &self,
        start: Slot,
        limit: u64,
        commitment: Commitment,
    ) -> Result<Vec<Slot>, Error> {
        let mut found = self.rpc.blocks(start, limit, commitment).await?;
        found.retain(|slot| self.twist.holds(*slot));
        Ok(found)
    }

    async fn simulate(&self, request: &SimulationRequest<'_>) -> Result<At<Simulated>, Error> {
        self.twist.simulate(self.rpc.as_ref(), request).await
    }

    async fn epoch_info(&self, view: View) -> Result<EpochInfo, Error> {
        self.rpc.epoch_info(view).await
    }

    async fn latest_blockhash(&self, view: View) -> Result<At<Blockhash>, Error> {
        self.rpc.latest_blockhash(view).await
    }

    async fn accounts(
        &self,
        addresses: &[Address],
        view: View,
    ) -> Result<At<Vec<Option<Account>>>, Error> {
        self.twist.reads();
        self.rpc.accounts(addresses, view).await
    }

    async fn program_accounts(
        &self,
        program: Address,
        filters: &[Filter],
        view: View,
    ) -> Result<At<Vec<(Address, Account)>>, Error> {
        self.rpc.program_accounts(program, filters, view).await
    }

    async fn minimum_balance(&self, bytes: usize) -> Result<Lamports, Error> {
        self.rpc.minimum_balance(bytes).await
    }

    async fn send(&self, transaction: &[u8]) -> Result<Signature, Error> {
        self.rpc.send(transaction).await
    }

    async fn prioritization_fees(
        &self,
        written: &[Address],
    ) -> Result<Vec<(Slot, MicroLamports)>, Error> {
        self.rpc.prioritization_fees(written).await
    }

    async fn genesis_hash(&self) -> Result<Hash, Error> {
        Ok(self.twist.shows(self.rpc.genesis_hash().await?))
    }
}
