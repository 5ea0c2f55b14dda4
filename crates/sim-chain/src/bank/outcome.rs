//! What became of a transaction: all that `getTransaction` and `simulateTransaction` tell.

use solana_address::Address;
use solana_transaction_error::TransactionError;

use super::account::Account;
use super::logs::Line;
use super::message::{Keys, Transaction};
use super::runtime::Ran;
use super::traces::{InnerInstruction, ReturnData, TokenBalance};
use super::{View, balances, checks};

/// A transaction that was executed, and the accounts as it leaves them.
#[derive(Debug, Clone)]
pub struct Executed {
    pub outcome: Outcome,
    /// Every account that is not as it was, gone ones with no lamports.
    pub changes: Vec<(Address, Account)>,
}

/// What became of a transaction that landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// An error means that only the fee was taken.
    pub status: Result<(), TransactionError>,
    pub fee: u64,
    pub compute_units: u64,
    /// The data of all accounts that were loaded, as limits count it.
    pub loaded_bytes: u64,
    pub log: Vec<Line>,
    /// What each instruction called, by the instruction's place; those that called nothing are left out.
    pub inner: Vec<(u8, Vec<InnerInstruction>)>,
    /// All accounts of the message, those of lookup tables last.
    pub keys: Vec<Address>,
    /// How many of `keys` came from lookup tables, to write and to read.
    pub loaded: (usize, usize),
    pub pre_balances: Vec<u64>,
    pub post_balances: Vec<u64>,
    pub pre_token_balances: Vec<TokenBalance>,
    pub post_token_balances: Vec<TokenBalance>,
    pub return_data: Option<ReturnData>,
}

impl Outcome {
    /// The lines of its log, as clients read them.
    #[must_use]
    pub fn logs(&self) -> Vec<String> {
        let key = |program| self.keys.get(usize::from(program)).copied();
        let key = |program| key(program).unwrap_or_default();
        self.log.iter().map(|line| line.text(key)).collect()
    }

    /// The accounts that came from lookup tables, to write and to read.
    pub(crate) fn loaded_keys(&self) -> (&[Address], &[Address]) {
        let (writable, readonly) = self.loaded;
        let stated = self.keys.len() - writable - readonly;
        self.keys[stated..].split_at(writable)
    }
}

/// Sums up what a transaction did.
pub(super) fn conclude(
    accounts: View<'_>,
    transaction: &Transaction,
    keys: &Keys,
    ran: Ran,
) -> Executed {
    let stored = |key: &Address| accounts.get(key).cloned().unwrap_or_else(Account::absent);
    let before: Vec<Account> = keys.all.iter().map(stored).collect();
    let after = ran.after;
    let (writable, readonly) = keys.loaded(transaction);
    let outcome = Outcome {
        status: ran.status,
        fee: ran.fee,
        compute_units: ran.compute_units,
        loaded_bytes: checks::loaded_bytes(before.iter()),
        inner: (0..)
            .zip(ran.inner)
            .filter(|(_, called)| !called.is_empty())
            .collect(),
        keys: keys.all.clone(),
        loaded: (writable.len(), readonly.len()),
        pre_balances: before.iter().map(|account| account.lamports).collect(),
        post_balances: after.iter().map(|account| account.lamports).collect(),
        pre_token_balances: balances::of_tokens(accounts, &keys.all, &before),
        post_token_balances: balances::of_tokens(accounts, &keys.all, &after),
        return_data: ran.return_data.filter(|data| !data.data.is_empty()),
        log: ran.log,
    };
    let changed = keys.all.iter().copied().zip(before.into_iter().zip(after));
    let changes = changed
        .filter(|(_, (before, after))| before != after)
        .map(|(key, (_, after))| (key, after))
        .collect();
    Executed { outcome, changes }
}
