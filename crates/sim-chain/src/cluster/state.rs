//! The chain up to its newest block.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use solana_hash::Hash;
use solana_transaction_error::TransactionError;

use super::history::{History, Landed};
use super::timeline::Timeline;
use super::{Genesis, Settings, faucet};
use crate::bank::{Account, BLOCKHASH_BLOCKS, Bank, Environment, Verified, address};

/// How far a look at the chain may be behind it.
pub(super) const LAG_SLOTS_MAX: u64 = 64;

/// The accounts, the newest slots, and what has happened.
#[derive(Debug)]
pub(super) struct State {
    pub(super) bank: Bank,
    /// The slot of the open block.
    pub(super) processed: u64,
    pub(super) confirmed: u64,
    pub(super) finalized: u64,
    pub(super) history: History,
    finality_blocks: u64,
    /// The slots whose hashes some commitment may still take, oldest first.
    hashes: VecDeque<Hash>,
    slots: HashMap<Hash, u64>,
}

impl State {
    pub(super) fn new(settings: Settings, genesis: Genesis, timeline: &Timeline) -> Self {
        let slot = timeline.first_slot;
        let mut bank = Bank::new(Environment {
            clock: timeline.clock(slot),
            rent: settings.rent,
        });
        let funds = Account::new(faucet::FUNDS, address::SYSTEM, Vec::new());
        bank.set_account(faucet::faucet(), funds);
        for (key, account) in genesis.accounts {
            bank.set_account(key, account);
        }
        bank.forget_before(slot);
        let mut state = Self {
            bank,
            processed: slot,
            confirmed: slot,
            finalized: slot,
            history: History::new(slot),
            finality_blocks: settings.finality_blocks,
            hashes: VecDeque::new(),
            slots: HashMap::new(),
        };
        state.register_hash(timeline, timeline.parent(slot));
        state
    }

    /// Closes the open block and opens the present one. What accounts were is kept for looks that lag so many slots.
    pub(super) fn advance(&mut self, timeline: &Timeline, lag: u64) {
        let now = timeline.now();
        if now <= self.processed {
            return;
        }
        // Of blocks that nobody saw only those matter that something can still refer to.
        let kept = self.hashes_kept();
        let mut opened = Vec::new();
        let mut slot = now;
        while slot > self.processed && opened.len() < kept {
            opened.push(slot);
            slot = timeline.parent(slot);
        }
        for slot in opened.into_iter().rev() {
            self.register_hash(timeline, timeline.parent(slot));
            self.bank.set_clock(timeline.clock(slot));
        }
        self.processed = now;
        self.confirmed = timeline.parent(now).max(timeline.first_slot);
        let mut finalized = self.confirmed;
        for _ in 0..self.finality_blocks {
            finalized = timeline.parent(finalized);
        }
        self.finalized = finalized.max(timeline.first_slot);
        self.bank.forget_before(self.finalized.saturating_sub(lag));
    }

    fn hashes_kept(&self) -> usize {
        usize::try_from(BLOCKHASH_BLOCKS + self.finality_blocks)
            .unwrap_or(usize::MAX)
            .saturating_add(4)
    }

    fn register_hash(&mut self, timeline: &Timeline, slot: u64) {
        let hash = timeline.blockhash(slot);
        self.bank.register_blockhash(hash);
        self.hashes.push_back(hash);
        self.slots.insert(hash, slot);
        while self.hashes.len() > self.hashes_kept() {
            if let Some(old) = self.hashes.pop_front() {
                self.slots.remove(&old);
            }
        }
    }

    /// The slot of a block by its hash, where the hash is a recent one.
    pub(super) fn slot_of(&self, hash: &Hash) -> Option<u64> {
        self.slots.get(hash).copied()
    }

    pub(super) fn execute(
        &mut self,
        transaction: &Verified,
    ) -> Result<Arc<Landed>, TransactionError> {
        let outcome = self.bank.process(transaction)?;
        let clock = self.bank.environment().clock;
        Ok(self.history.add(clock, transaction.get().clone(), outcome))
    }
}
