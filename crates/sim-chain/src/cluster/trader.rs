//! Who trades inside a block without having been sent for.

use std::fmt::Debug;
use std::sync::Arc;

use solana_address::Address;
use solana_hash::Hash;
use solana_transaction_error::TransactionError;

use super::history::Landed;
use super::state::State;
use super::timeline::Timeline;
use crate::bank::{Bank, Transaction, Verified};
use crate::market;

/// The market: it moves pools by transactions of its own when somebody looks at them.
pub trait Trader: Send + Sync + Debug {
    /// Somebody is about to read these accounts or to change them. It is called often: what was done in a block
    /// already need not be done again. It must not call the cluster, which is locked. The answer is the height from
    /// which on what they show is a price.
    fn touch(&self, block: &mut OpenBlock<'_>, keys: &[Address]) -> u64;
}

/// The block that is open.
#[derive(Debug)]
pub struct OpenBlock<'a> {
    state: &'a mut State,
    timeline: &'a Timeline,
}

impl<'a> OpenBlock<'a> {
    pub(super) fn new(state: &'a mut State, timeline: &'a Timeline) -> Self {
        Self { state, timeline }
    }

    /// The accounts as they are now, and the block's clock.
    #[must_use]
    pub fn bank(&self) -> &Bank {
        &self.state.bank
    }

    /// The same, to be changed by whoever makes blocks.
    pub(crate) const fn bank_mut(&mut self) -> &mut Bank {
        &mut self.state.bank
    }

    /// How many blocks there are below this one.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.timeline.height(self.state.processed)
    }

    /// Writes a transaction into the block that was executed already.
    pub(crate) fn add(&mut self, processed: market::Processed) -> Arc<Landed> {
        let transaction = processed.transaction.get().clone();
        self.state.add(transaction, processed.outcome)
    }

    #[must_use]
    pub fn slot(&self) -> u64 {
        self.state.processed
    }

    /// The newest blockhash that a transaction can name.
    #[must_use]
    pub fn blockhash(&self) -> Hash {
        let parent = self.timeline.parent(self.state.processed);
        self.timeline.blockhash(parent)
    }

    /// How many transactions have landed on the chain.
    #[must_use]
    pub fn landed(&self) -> u64 {
        self.state.history.landed()
    }

    /// All accounts that a transaction names.
    pub fn keys(&self, transaction: &Transaction) -> Result<Vec<Address>, TransactionError> {
        let accounts = self.state.bank.accounts().latest();
        let keys = transaction.resolve(accounts, self.slot())?;
        Ok(keys.all)
    }

    /// Executes a transaction and writes it into the block.
    pub fn execute(&mut self, transaction: &Verified) -> Result<Arc<Landed>, TransactionError> {
        self.state.execute(transaction)
    }
}
