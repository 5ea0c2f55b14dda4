//! The transactions that landed, by signature, by address and by block, the newest ones only.
//!
//! They are in memory. What a restart needs of them is on disk too, see `store.rs`.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use solana_address::Address;
use solana_signature::Signature;

use crate::bank::{Outcome, Transaction};

/// How many transactions are kept. An older block is no longer available, as on a node that purges its ledger.
pub const HISTORY_MAX: usize = 50_000;

/// A transaction in its block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// Counts all transactions of the chain from 0, those of vanished blocks too.
    pub number: u64,
    pub slot: u64,
    pub unix_timestamp: i64,
    pub transaction: Transaction,
    pub outcome: Outcome,
}

impl Landed {
    /// Which of the accounts in its outcome it might write.
    pub(crate) fn writable(&self) -> Vec<bool> {
        let stated = self.transaction.message().static_account_keys().len();
        let (loaded_to_write, _) = self.outcome.loaded;
        self.transaction
            .writable(&self.outcome.keys, stated + loaded_to_write)
    }
}

#[derive(Debug)]
pub struct History {
    first_slot: u64,
    /// Oldest first.
    log: VecDeque<Arc<Landed>>,
    landed: u64,
    by_signature: HashMap<Signature, u64>,
    by_address: HashMap<Address, VecDeque<u64>>,
}

impl History {
    pub(super) fn new(first_slot: u64) -> Self {
        Self::resume(first_slot, 0)
    }

    /// A history that begins with the transaction of a number.
    pub(super) fn resume(first_slot: u64, first_number: u64) -> Self {
        Self {
            first_slot,
            log: VecDeque::new(),
            landed: first_number,
            by_signature: HashMap::new(),
            by_address: HashMap::new(),
        }
    }

    /// Adds the next transaction.
    pub(super) fn add(&mut self, landed: Landed) -> Arc<Landed> {
        let number = landed.number;
        let landed = Arc::new(landed);
        self.by_signature
            .insert(*landed.transaction.signature(), number);
        for key in &landed.outcome.keys {
            self.by_address.entry(*key).or_default().push_back(number);
        }
        self.log.push_back(landed.clone());
        self.landed = number + 1;
        if self.log.len() > HISTORY_MAX {
            self.forget_oldest();
        }
        landed
    }

    /// How many transactions have landed, forgotten and vanished ones too.
    #[must_use]
    pub const fn landed(&self) -> u64 {
        self.landed
    }

    /// The same up to the end of a slot.
    #[must_use]
    pub fn landed_up_to(&self, slot: u64) -> u64 {
        let known = self.known_up_to(slot);
        match known.checked_sub(1).and_then(|last| self.log.get(last)) {
            Some(last) => last.number + 1,
            None => self.log.front().map_or(self.landed, |first| first.number),
        }
    }

    /// How many transactions are known of the slots after `start` up to `end`.
    #[must_use]
    pub fn between(&self, start: u64, end: u64) -> u64 {
        (self.known_up_to(end) - self.known_up_to(start)) as u64
    }

    fn known_up_to(&self, slot: u64) -> usize {
        self.log.partition_point(|landed| landed.slot <= slot)
    }

    /// The first slot of which all transactions are known.
    #[must_use]
    pub const fn first_slot(&self) -> u64 {
        self.first_slot
    }

    #[must_use]
    pub fn by_signature(&self, signature: &Signature) -> Option<&Arc<Landed>> {
        self.get(*self.by_signature.get(signature)?)
    }

    /// The number below which a page of older transactions begins: before one that is not known there is nothing.
    pub fn end_of_page(&self, before: Option<&Signature>) -> u64 {
        let number = |before| self.by_signature(before).map_or(0, |landed| landed.number);
        before.map_or(u64::MAX, number)
    }

    /// The transactions that name an address, newest first.
    pub fn by_address(&self, address: &Address) -> impl Iterator<Item = &Arc<Landed>> {
        let numbers = self.by_address.get(address).into_iter().flatten().rev();
        numbers.filter_map(|number| self.get(*number))
    }

    /// The transactions of a block, in its order.
    pub fn in_block(&self, slot: u64) -> impl Iterator<Item = &Arc<Landed>> {
        let start = self.log.partition_point(|landed| landed.slot < slot);
        self.log
            .range(start..)
            .take_while(move |landed| landed.slot == slot)
    }

    /// The transactions from a number on.
    pub fn since(&self, number: u64) -> impl Iterator<Item = &Arc<Landed>> {
        let start = self.log.partition_point(|landed| landed.number < number);
        self.log.range(start..)
    }

    /// Forgets the transactions of the newest block, newest first: it has vanished. Their numbers are not used again.
    pub(super) fn vanish(&mut self, slot: u64) -> Vec<Arc<Landed>> {
        let mut vanished = Vec::new();
        while let Some(newest) = self.log.pop_back_if(|landed| landed.slot == slot) {
            self.by_signature.remove(newest.transaction.signature());
            for key in &newest.outcome.keys {
                if let Some(numbers) = self.by_address.get_mut(key) {
                    numbers.pop_back();
                    if numbers.is_empty() {
                        self.by_address.remove(key);
                    }
                }
            }
            vanished.push(newest);
        }
        vanished
    }

    fn get(&self, number: u64) -> Option<&Arc<Landed>> {
        let place = self
            .log
            .binary_search_by_key(&number, |landed| landed.number);
        self.log.get(place.ok()?)
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.log.pop_front() else {
            return;
        };
        self.first_slot = oldest.slot + 1;
        self.by_signature.remove(oldest.transaction.signature());
        for key in &oldest.outcome.keys {
            if let Some(numbers) = self.by_address.get_mut(key) {
                numbers.pop_front();
                if numbers.is_empty() {
                    self.by_address.remove(key);
                }
            }
        }
    }
}
