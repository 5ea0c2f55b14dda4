//! The chain as one commitment sees it.

use std::sync::Arc;

use solana_address::Address;
use solana_hash::Hash;
use solana_signature::Signature;
use solana_transaction_error::TransactionError;

use super::Commitment;
use super::history::{History, Landed};
use super::state::State;
use super::timeline::Timeline;
use crate::bank::{BLOCKHASH_BLOCKS, Clock, Executed, Mint, Rent, Transaction, View};

/// What can be asked of the chain at the end of a slot, or in the middle of the open one.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    state: &'a State,
    timeline: &'a Timeline,
    slot: u64,
    /// How many slots a node that lags is behind.
    lag: u64,
}

impl<'a> Snapshot<'a> {
    pub(super) fn new(
        state: &'a State,
        timeline: &'a Timeline,
        commitment: Commitment,
        lag: u64,
    ) -> Self {
        let slot = match commitment {
            Commitment::Processed => state.processed,
            Commitment::Confirmed => state.confirmed,
            Commitment::Finalized => state.finalized,
        };
        let mut snapshot = Self {
            state,
            timeline,
            slot,
            lag,
        };
        snapshot.slot = snapshot.behind(slot);
        snapshot
    }

    /// The slot that a node takes for this one.
    fn behind(self, slot: u64) -> u64 {
        if self.lag == 0 {
            return slot;
        }
        let next = slot.saturating_sub(self.lag).saturating_add(1);
        self.timeline
            .parent(next)
            .max(self.timeline.first_slot)
            .min(slot)
    }

    /// The same chain at another commitment.
    #[must_use]
    pub fn at(self, commitment: Commitment) -> Self {
        Self::new(self.state, self.timeline, commitment, self.lag)
    }

    #[must_use]
    pub const fn slot(self) -> u64 {
        self.slot
    }

    #[must_use]
    pub fn height(self) -> u64 {
        self.timeline.height(self.slot)
    }

    #[must_use]
    pub fn clock(self) -> Clock {
        self.timeline.clock(self.slot)
    }

    #[must_use]
    pub fn accounts(self) -> View<'a> {
        self.state.bank.accounts().at(self.slot)
    }

    #[must_use]
    pub fn rent(self) -> Rent {
        self.state.bank.environment().rent
    }

    #[must_use]
    pub fn history(self) -> &'a History {
        &self.state.history
    }

    /// The transaction of a signature, if it has landed up to here.
    #[must_use]
    pub fn landed(self, signature: &Signature) -> Option<&'a Arc<Landed>> {
        let landed = self.history().by_signature(signature)?;
        (landed.slot <= self.slot).then_some(landed)
    }

    /// How many transactions have landed up to here.
    #[must_use]
    pub fn transactions(self) -> u64 {
        self.history().landed_up_to(self.slot)
    }

    /// How many slots pass in a time.
    #[must_use]
    pub fn slots_in(self, seconds: u64) -> u64 {
        let nanos = u128::from(seconds) * 1_000_000_000 / self.timeline.slot_time.as_nanos();
        u64::try_from(nanos).unwrap_or(u64::MAX).max(1)
    }

    /// How sure a slot is that some commitment sees.
    #[must_use]
    pub fn commitment_of(self, slot: u64) -> Commitment {
        if slot <= self.behind(self.state.finalized) {
            Commitment::Finalized
        } else if slot <= self.behind(self.state.confirmed) {
            Commitment::Confirmed
        } else {
            Commitment::Processed
        }
    }

    /// The newest blockhash, and the last height at which a transaction may name it. The open block has no hash
    /// yet.
    #[must_use]
    pub fn latest_blockhash(self) -> (Hash, u64) {
        let slot = if self.slot == self.state.processed {
            self.timeline.parent(self.slot)
        } else {
            self.slot
        };
        let hash = self.timeline.blockhash(slot);
        (hash, self.timeline.height(slot) + BLOCKHASH_BLOCKS)
    }

    #[must_use]
    pub fn is_blockhash_valid(self, hash: &Hash) -> bool {
        if self.slot == self.state.processed {
            return self.state.bank.is_blockhash_valid(hash);
        }
        self.state.slot_of(hash).is_some_and(|slot| {
            slot <= self.slot && self.height() - self.timeline.height(slot) <= BLOCKHASH_BLOCKS
        })
    }

    /// The last height at which a transaction may name a hash, where the hash is a recent one.
    #[must_use]
    pub(crate) fn last_valid_height(self, hash: &Hash) -> Option<u64> {
        let slot = self.state.slot_of(hash)?;
        Some(self.timeline.height(slot) + BLOCKHASH_BLOCKS)
    }

    /// How long ago a slot was.
    #[must_use]
    pub(crate) fn age_ms(self, slot: u64) -> u64 {
        let slots = u32::try_from(self.slot.saturating_sub(slot)).unwrap_or(u32::MAX);
        let age = self.timeline.slot_time.saturating_mul(slots);
        u64::try_from(age.as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether a transaction could be processed here for all that its blockhash and its past say.
    pub fn admits(self, transaction: &Transaction) -> Result<(), TransactionError> {
        if !self.is_blockhash_valid(transaction.blockhash()) {
            return Err(TransactionError::BlockhashNotFound);
        }
        if self.landed(transaction.signature()).is_some() {
            return Err(TransactionError::AlreadyProcessed);
        }
        Ok(())
    }

    /// What a transaction would do here, whoever signed it and whatever blockhash it names.
    pub fn execute(self, transaction: &Transaction) -> Result<Executed, TransactionError> {
        self.state.bank.execute_at(self.clock(), transaction)
    }

    /// The decimals of a mint.
    pub(crate) fn decimals(self, mint: &Address) -> Option<u8> {
        let account = self.accounts().get(mint)?;
        Mint::read(&account.data).ok().map(|mint| mint.decimals)
    }

    /// The first slot that is known of.
    #[must_use]
    pub fn first_slot(self) -> u64 {
        self.history().first_slot()
    }

    /// Whether a slot up to this one has a block.
    #[must_use]
    pub fn has_block(self, slot: u64) -> bool {
        slot <= self.slot && slot >= self.first_slot() && self.timeline.has_block(slot)
    }

    /// The block of a slot, without its transactions.
    #[must_use]
    pub fn header(self, slot: u64) -> Header {
        let parent_slot = self.timeline.parent(slot);
        Header {
            parent_slot,
            height: self.timeline.height(slot),
            blockhash: self.timeline.blockhash(slot),
            previous_blockhash: self.timeline.blockhash(parent_slot),
            unix_timestamp: self.timeline.unix_timestamp(slot),
        }
    }
}

/// What a block says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub parent_slot: u64,
    pub height: u64,
    pub blockhash: Hash,
    pub previous_blockhash: Hash,
    pub unix_timestamp: i64,
}
