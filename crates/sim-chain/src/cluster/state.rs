//! The chain up to its newest block.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use domain::Timestamp;
use ports::Random;
use solana_address::Address;
use solana_hash::Hash;
use solana_transaction_error::TransactionError;

use super::history::{History, Landed};
use super::store::{Block, Change, Past, Store};
use super::timeline::Timeline;
use super::{Settings, faucet};
use crate::bank::{
    Account, BLOCKHASH_BLOCKS, Bank, Environment, Outcome, Transaction, Verified, address,
};

/// How many transactions may wait to be written before no more are taken.
const UNWRITTEN_MAX: u64 = 20_000;

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
    /// The chance of each block that it vanishes before it is confirmed.
    pub(super) vanishing: f64,
    /// The chance at each block that confirmed ones before it vanish, as far as they are not final.
    pub(super) forking: f64,
    fate: Random,
    /// Closed blocks that are not known to be on disk, oldest first.
    unwritten: VecDeque<Unwritten>,
    /// How many closed blocks the store was given.
    closed: u64,
    /// The slots whose hashes some commitment may still take, oldest first.
    hashes: VecDeque<Hash>,
    slots: HashMap<Hash, u64>,
}

/// A closed block that the store was given.
#[derive(Debug, Clone, Copy)]
struct Unwritten {
    number: u64,
    slot: u64,
    /// How many transactions had landed before it.
    landed_before: u64,
}

impl State {
    /// The chain before its first open block. What it had before is loaded into it.
    pub(super) fn new(settings: Settings, timeline: &Timeline) -> Self {
        let slot = timeline.root();
        let bank = Bank::new(Environment {
            clock: timeline.clock(slot),
            rent: settings.rent,
        });
        let mut state = Self {
            bank,
            processed: slot,
            confirmed: slot,
            finalized: slot,
            history: History::new(slot),
            finality_blocks: settings.finality_blocks,
            vanishing: 0.0,
            forking: 0.0,
            fate: Random::seeded(timeline.salt()),
            unwritten: VecDeque::new(),
            closed: 0,
            hashes: VecDeque::new(),
            slots: HashMap::new(),
        };
        state.register_hash(timeline, slot);
        state
    }

    /// Puts there what the faucet gives, before the first block.
    pub(super) fn fund_faucet(&mut self) {
        let funds = Account::new(faucet::FUNDS, address::SYSTEM, Vec::new());
        self.bank.set_account(faucet::faucet(), funds);
    }

    /// Goes on where the chain was left.
    pub(super) fn load(&mut self, timeline: &Timeline, past: Past) {
        let root = timeline.root();
        let older = std::iter::successors(Some(timeline.parent(root)), |slot| {
            Some(timeline.parent(*slot))
        });
        let older: Vec<u64> = older.take(self.hashes_kept()).collect();
        for slot in older.into_iter().rev().chain([root]) {
            self.register_hash(timeline, slot);
        }
        for (key, account, slot) in past.accounts {
            self.bank.load_account(key, account, slot);
        }
        let first_slot = past.first_slot.unwrap_or_else(|| timeline.genesis());
        self.history = History::resume(first_slot, past.first_number);
        for landed in past.landed {
            self.bank.remember(&landed.transaction);
            self.history.add(landed);
        }
    }

    /// What is before the first block is all that there is, for every commitment.
    pub(super) fn begin(&mut self) {
        self.bank.forget_before(self.processed);
    }

    /// Opens the first block. What landed before it is written already, and of accounts what a process before this one
    /// left.
    pub(super) fn open_first(&mut self, timeline: &Timeline, store: &Store) {
        let now = store.reach(timeline, timeline.now());
        let changed: Vec<Address> = self.bank.changed_in(self.processed).copied().collect();
        if !changed.is_empty() {
            self.write(timeline, store, changed, Vec::new(), None);
        }
        self.open(timeline, now);
        self.confirm(timeline, store, 0);
    }

    /// Closes the open block and opens the present one, as far as the store lets the chain go. What accounts were is
    /// kept for looks that lag so many slots.
    pub(super) fn advance(&mut self, timeline: &Timeline, store: &Store, lag: u64) {
        let now = store.reach(timeline, timeline.now());
        if now > self.processed {
            if self.fate.chance(self.forking) {
                self.fork(timeline, store);
            } else if self.fate.chance(self.vanishing) {
                self.vanish(self.processed);
            }
            self.close(timeline, store);
            self.open(timeline, now);
        }
        self.confirm(timeline, store, lag);
    }

    /// Hands the open block over to be written. One in which nothing has changed leaves nothing to write.
    pub(super) fn close(&mut self, timeline: &Timeline, store: &Store) {
        let slot = self.processed;
        let changed: Vec<Address> = self.bank.changed_in(slot).copied().collect();
        let landed: Vec<Arc<Landed>> = self.history.in_block(slot).cloned().collect();
        if changed.is_empty() && landed.is_empty() {
            return;
        }
        self.write(timeline, store, changed, landed, None);
    }

    /// Hands over to be written what the open block leaves of accounts, and what landed in it.
    fn write(
        &mut self,
        timeline: &Timeline,
        store: &Store,
        changed: impl IntoIterator<Item = Address>,
        landed: Vec<Arc<Landed>>,
        vanished_from: Option<u64>,
    ) {
        let slot = self.processed;
        let changes = changed.into_iter().map(|key| Change {
            account: self.bank.accounts().get(&key).cloned(),
            key,
        });
        self.closed += 1;
        self.unwritten.push_back(Unwritten {
            number: self.closed,
            slot,
            landed_before: self.history.landed() - landed.len() as u64,
        });
        store.write(Block {
            number: self.closed,
            slot,
            height: timeline.height(slot),
            // Its transactions have landed once it is closed.
            landed_at: Timestamp::from_millis(timeline.unix_ms(slot + 1)),
            changes: changes.collect(),
            landed,
            vanished_from,
        });
    }

    /// Nothing of the newest block, which must be that of this slot, has happened.
    fn vanish(&mut self, slot: u64) {
        let vanished = self.history.vanish(slot);
        let transactions = vanished.iter().map(|landed| &landed.transaction);
        self.bank.take_back(slot, transactions);
    }

    /// Another fork has won: nothing of the open block has happened, nor of some confirmed ones before it. Their slots
    /// have empty blocks now.
    fn fork(&mut self, timeline: &Timeline, store: &Store) {
        let mut first = self.confirmed;
        for _ in 0..self.fate.below(self.finality_blocks.max(1)) {
            first = timeline.parent(first);
        }
        let first = first.max(self.finalized + 1);
        let mut changed = HashSet::new();
        let mut slot = self.processed;
        while slot >= first {
            changed.extend(self.bank.changed_in(slot).copied());
            self.vanish(slot);
            slot = timeline.parent(slot);
        }
        // What was written of them is put back.
        self.write(timeline, store, changed, Vec::new(), Some(first));
    }

    fn open(&mut self, timeline: &Timeline, now: u64) {
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
    }

    /// A block is confirmed once it is closed and on disk, with all blocks before it: nothing that was told as
    /// confirmed goes with the process.
    fn confirm(&mut self, timeline: &Timeline, store: &Store, lag: u64) {
        let written = store.written();
        while let Some(first) = self.unwritten.front() {
            if first.number > written {
                break;
            }
            self.unwritten.pop_front();
        }
        let next = self.unwritten.front().map_or(self.processed, |it| it.slot);
        let confirmed = timeline.parent(next);
        if confirmed <= self.confirmed {
            return;
        }
        self.confirmed = confirmed;
        let mut finalized = confirmed;
        for _ in 0..self.finality_blocks {
            finalized = timeline.parent(finalized);
        }
        self.finalized = finalized.max(self.finalized);
        self.bank.forget_before(self.finalized.saturating_sub(lag));
    }

    /// How many blocks must be written for all that is closed to be confirmed.
    pub(super) const fn closed(&self) -> u64 {
        self.closed
    }

    fn hashes_kept(&self) -> usize {
        usize::try_from(BLOCKHASH_BLOCKS + self.finality_blocks)
            .unwrap_or(usize::MAX)
            .saturating_add(4)
    }

    fn register_hash(&mut self, timeline: &Timeline, slot: u64) {
        let hash = timeline.blockhash(slot);
        if self.slots.contains_key(&hash) {
            return;
        }
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
        let oldest = self.unwritten.front();
        let unwritten = oldest.map_or(0, |it| self.history.landed() - it.landed_before);
        if unwritten >= UNWRITTEN_MAX {
            return Err(TransactionError::ClusterMaintenance);
        }
        let outcome = self.bank.process(transaction)?;
        Ok(self.add(transaction.get().clone(), outcome))
    }

    /// Writes a transaction into the open block that was executed already.
    pub(super) fn add(&mut self, transaction: Transaction, outcome: Outcome) -> Arc<Landed> {
        let clock = self.bank.environment().clock;
        self.history.add(Landed {
            number: self.history.landed(),
            slot: clock.slot,
            unix_timestamp: clock.unix_timestamp,
            transaction,
            outcome,
        })
    }
}
