//! The heart of the simulated cluster: accounts, and transactions that change them as Solana's own runtime
//! would, by programs that are written here.
//!
//! A [`Bank`] knows one state of the chain. It knows nothing of forks, blocks, commitments or the network:
//! whoever makes blocks gives it blockhashes and the clock, and asks it to process transactions one after
//! the other. Begin with [`Bank::process`]; how one transaction runs is in `execution.rs`, and each program has
//! a file below `programs/`.

mod account;
mod accounts;
pub mod address;
mod balances;
mod budget;
mod checks;
mod execution;
mod genesis;
pub(crate) mod instruction;
mod logs;
mod lookup_table;
mod message;
mod meter;
mod outcome;
mod programs;
mod recent;
mod runtime;
mod sysvars;
mod traces;

pub use account::{Account, Rent};
pub use accounts::{Accounts, View};
pub use budget::{LAMPORTS_PER_SIGNATURE, Limits, fee};
pub use genesis::GENESIS_HASH;
pub use logs::Line;
pub use message::{BYTES_MAX, Malformed, Transaction, Verified};
pub use outcome::{Executed, Outcome};
pub use runtime::{Ran, Runtime};
pub use traces::{InnerInstruction, ReturnData, TokenBalance};

pub(crate) use programs::Reader;
pub(crate) use programs::token::{
    FeeConfig, Mint, TokenAccount, TokenExtension, TransferFee, fresh_account,
    fresh_associated_account, fresh_mint, tag as token_tag, token_extensions,
};
pub(crate) use recent::BLOCKHASH_BLOCKS;

use std::sync::Arc;

use solana_address::Address;
use solana_hash::Hash;
use solana_transaction_error::TransactionError;

use execution::Execution;
use message::Keys;
use recent::Recent;

/// What the Clock sysvar says while a block's transactions run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clock {
    pub slot: u64,
    pub epoch: u64,
    pub unix_timestamp: i64,
}

impl Clock {
    /// The same time as the crate `amm` writes it.
    pub(crate) fn to_amm(self) -> amm::ChainTime {
        amm::ChainTime {
            slot: self.slot,
            epoch: self.epoch,
            unix_time: u64::try_from(self.unix_timestamp).unwrap_or(0),
        }
    }
}

/// What every transaction of a block finds the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct Environment {
    pub clock: Clock,
    pub rent: Rent,
}

/// The accounts of the chain at one moment, and what it needs to judge transactions.
#[derive(Debug, Clone)]
pub struct Bank {
    accounts: Accounts,
    environment: Environment,
    recent: Recent,
    runtime: Option<Arc<dyn Runtime>>,
}

impl Bank {
    /// A chain that has the emulated programs, the sysvars and nothing else.
    #[must_use]
    pub fn new(environment: Environment) -> Self {
        let mut bank = Self {
            accounts: genesis::accounts(environment.clock.slot),
            environment,
            recent: Recent::default(),
            runtime: None,
        };
        bank.set_account(sysvars::RENT, sysvars::rent(&environment));
        bank.set_clock(environment.clock);
        bank
    }

    /// Lets another runtime execute all transactions from now on.
    pub fn set_runtime(&mut self, runtime: Arc<dyn Runtime>) {
        self.runtime = Some(runtime);
    }

    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Lets a block's transactions find another time, and its account tell it.
    pub fn set_clock(&mut self, clock: Clock) {
        self.environment.clock = clock;
        self.set_account(sysvars::CLOCK, sysvars::clock(&self.environment));
    }

    /// Puts an account there without a transaction, as only the genesis of a chain may.
    pub fn set_account(&mut self, key: Address, account: Account) {
        self.accounts.set(key, account, self.environment.clock.slot);
    }

    /// Puts an account there that was written in an earlier life of the chain, or stands there from its beginning: what
    /// was there before is not kept.
    pub(crate) fn load_account(&mut self, key: Address, account: Account, slot: u64) {
        self.accounts.load(key, account, slot);
    }

    /// Remembers that a transaction was processed in an earlier life of the chain.
    pub(crate) fn remember(&mut self, transaction: &Transaction) {
        self.recent.remember(transaction);
    }

    /// Takes back the newest block: what it changed, and that these transactions of it were processed.
    pub(crate) fn take_back<'a>(
        &mut self,
        slot: u64,
        transactions: impl Iterator<Item = &'a Transaction>,
    ) {
        self.accounts.take_back(slot);
        for transaction in transactions {
            self.recent.forget(transaction);
        }
    }

    /// The accounts that a block has changed, while it is the newest one. The runtime's own are not among them: they
    /// follow from the block.
    pub(crate) fn changed_in(&self, slot: u64) -> impl Iterator<Item = &Address> {
        let written = self.accounts.written_in(slot);
        written.filter(|key| !sysvars::is_one(key))
    }

    /// Makes a block's hash known: transactions may name it from now on, for 150 further blocks.
    pub fn register_blockhash(&mut self, hash: Hash) {
        self.recent.register(hash);
    }

    /// The newest hash that a transaction may name.
    #[must_use]
    pub fn latest_blockhash(&self) -> Option<Hash> {
        self.recent.latest()
    }

    #[must_use]
    pub fn is_blockhash_valid(&self, hash: &Hash) -> bool {
        self.recent.is_valid(hash)
    }

    /// Executes a transaction and keeps what it did. An error means that it can be in no block: nothing
    /// changed, not even by a fee. Whether a transaction that landed did what it should says
    /// [`Outcome::status`].
    pub fn process(&mut self, transaction: &Verified) -> Result<Outcome, TransactionError> {
        let transaction = transaction.get();
        self.admits(transaction)?;
        let executed = self.execute(transaction)?;
        self.recent.remember(transaction);
        for (key, account) in executed.changes {
            self.accounts.set(key, account, self.environment.clock.slot);
        }
        Ok(executed.outcome)
    }

    /// Whether a transaction names a recent blockhash and was not processed before.
    pub fn admits(&self, transaction: &Transaction) -> Result<(), TransactionError> {
        if !self.recent.is_valid(transaction.blockhash()) {
            return Err(TransactionError::BlockhashNotFound);
        }
        if self.recent.knows(transaction) {
            return Err(TransactionError::AlreadyProcessed);
        }
        Ok(())
    }

    /// Executes a transaction on what stands now and changes nothing: the whole of a simulation, and the first
    /// half of [`Bank::process`]. It checks neither signatures nor the blockhash.
    pub fn execute(&self, transaction: &Transaction) -> Result<Executed, TransactionError> {
        self.execute_on(self.accounts.latest(), &self.environment, transaction)
    }

    /// The same on what stood at the end of an earlier slot.
    pub fn execute_at(
        &self,
        clock: Clock,
        transaction: &Transaction,
    ) -> Result<Executed, TransactionError> {
        let environment = Environment {
            clock,
            ..self.environment
        };
        self.execute_on(self.accounts.at(clock.slot), &environment, transaction)
    }

    fn execute_on(
        &self,
        accounts: View<'_>,
        environment: &Environment,
        transaction: &Transaction,
    ) -> Result<Executed, TransactionError> {
        let keys = transaction.resolve(accounts, environment.clock.slot)?;
        checks::locks(&keys)?;
        let ran = match &self.runtime {
            None => run(accounts, environment, transaction, &keys)?,
            Some(runtime) => runtime.run(accounts, environment, transaction, &keys.all)?,
        };
        Ok(outcome::conclude(accounts, transaction, &keys, ran))
    }

    /// Forgets what accounts were before a slot.
    pub fn forget_before(&mut self, slot: u64) {
        self.accounts.forget_before(slot);
    }
}

fn run(
    accounts: View<'_>,
    environment: &Environment,
    transaction: &Transaction,
    keys: &Keys,
) -> Result<Ran, TransactionError> {
    let limits = Limits::of(transaction)?;
    let fee = budget::fee(transaction.signatures().len(), &limits);
    let units = limits.units;
    let mut execution = Execution::load(accounts, environment, keys, units, programs::find);
    execution.take_fee(fee)?;
    let loaded: Vec<&Account> = execution.accounts().collect();
    let status = checks::loaded(transaction, &loaded, &limits)
        .and_then(|()| execution.run(transaction))
        .and_then(|()| execution.check_rent());
    Ok(execution.end(status, fee))
}
