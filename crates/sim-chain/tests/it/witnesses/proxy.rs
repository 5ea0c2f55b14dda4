//! An endpoint with a trait that no fault of the cluster gives it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use chain_solana::Rpc;
use chain_solana::rpc::{
    Account, Address, At, Blockhash, Commitment, Entry, EpochInfo, Error, Filter, Hash, History,
    Lamports, MicroLamports, Signature, Simulated, SimulationRequest, Slot, Status, Transaction,
    View,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trait {
    Honest,
    /// For a while it knows of no transaction.
    Blind,
    /// It may have lost the older part of its history, and says nothing of that.
    Purged,
}

#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) rpc: Arc<dyn Rpc>,
    pub(super) of: Trait,
    pub(super) is_blind: Arc<AtomicBool>,
    pub(super) held_from: Arc<AtomicU64>,
}

impl Proxy {
    fn sees(&self, slot: Slot) -> bool {
        match self.of {
            Trait::Honest => true,
            Trait::Blind => !self.is_blind.load(Ordering::Relaxed),
            Trait::Purged => self.holds(slot),
        }
    }

    fn holds(&self, slot: Slot) -> bool {
        self.of != Trait::Purged || slot.get() >= self.held_from.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Rpc for Proxy {
    async fn signature_statuses(
        &self,
        signatures: &[Signature],
        history: History,
    ) -> Result<At<Vec<Option<Status>>>, Error> {
        let mut answer = self.rpc.signature_statuses(signatures, history).await?;
        for status in &mut answer.value {
            *status = status.take().filter(|it| self.sees(it.slot));
        }
        Ok(answer)
    }

    async fn transaction(
        &self,
        signature: &Signature,
        commitment: Commitment,
    ) -> Result<Option<Transaction>, Error> {
        let found = self.rpc.transaction(signature, commitment).await?;
        Ok(found.filter(|it| self.sees(it.slot)))
    }

    async fn signatures_for_address(
        &self,
        address: Address,
        limit: usize,
        view: View,
    ) -> Result<Vec<Entry>, Error> {
        let mut found = self
            .rpc
            .signatures_for_address(address, limit, view)
            .await?;
        found.retain(|entry| self.sees(entry.slot));
        Ok(found)
    }

    async fn blocks(
        &self,
        start: Slot,
        limit: u64,
        commitment: Commitment,
    ) -> Result<Vec<Slot>, Error> {
        let mut found = self.rpc.blocks(start, limit, commitment).await?;
        found.retain(|slot| self.holds(*slot));
        Ok(found)
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

    async fn simulate(&self, request: &SimulationRequest<'_>) -> Result<At<Simulated>, Error> {
        self.rpc.simulate(request).await
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
        self.rpc.genesis_hash().await
    }
}
