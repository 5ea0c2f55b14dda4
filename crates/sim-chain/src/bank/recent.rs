//! Which blockhashes a transaction may name, and which transactions were processed under them.

use std::collections::{HashMap, HashSet, VecDeque};

use solana_hash::Hash;

use super::message::Transaction;

/// How many blocks after its own a blockhash may still be named.
pub(crate) const BLOCKHASH_BLOCKS: u64 = 150;

#[derive(Debug, Clone, Default)]
pub(super) struct Recent {
    /// Newest last.
    order: VecDeque<Hash>,
    /// The messages processed under each hash. What expired with its hash cannot come again.
    processed: HashMap<Hash, HashSet<[u8; 32]>>,
}

impl Recent {
    pub(super) fn register(&mut self, hash: Hash) {
        self.order.push_back(hash);
        self.processed.entry(hash).or_default();
        while self.order.len() as u64 > BLOCKHASH_BLOCKS + 1 {
            if let Some(old) = self.order.pop_front() {
                self.processed.remove(&old);
            }
        }
    }

    pub(super) fn latest(&self) -> Option<Hash> {
        self.order.back().copied()
    }

    pub(super) fn is_valid(&self, hash: &Hash) -> bool {
        self.processed.contains_key(hash)
    }

    pub(super) fn knows(&self, transaction: &Transaction) -> bool {
        self.processed
            .get(transaction.blockhash())
            .is_some_and(|messages| messages.contains(transaction.message_hash()))
    }

    pub(super) fn forget(&mut self, transaction: &Transaction) {
        if let Some(messages) = self.processed.get_mut(transaction.blockhash()) {
            messages.remove(transaction.message_hash());
        }
    }

    pub(super) fn remember(&mut self, transaction: &Transaction) {
        if let Some(messages) = self.processed.get_mut(transaction.blockhash()) {
            messages.insert(*transaction.message_hash());
        }
    }
}
