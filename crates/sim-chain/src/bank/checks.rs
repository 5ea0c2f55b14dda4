//! What is checked of a transaction around its execution.

use std::collections::HashSet;

use solana_transaction_error::TransactionError;

use super::account::{Account, Rent};
use super::address;
use super::budget::Limits;
use super::message::{Keys, Transaction};

/// How many accounts one transaction may lock.
const LOCKS_MAX: usize = 64;
/// What each account counts for beside its data.
const ACCOUNT_OVERHEAD_BYTES: u64 = 64;
/// A system account with data of this length may be a nonce account, which may pay fees.
const NONCE_BYTES: usize = 80;

/// Every account is locked once, and there are not too many of them.
pub(super) fn locks(keys: &Keys) -> Result<(), TransactionError> {
    if keys.all.len() > LOCKS_MAX {
        return Err(TransactionError::TooManyAccountLocks);
    }
    let mut seen = HashSet::with_capacity(keys.all.len());
    if keys.all.iter().all(|key| seen.insert(key)) {
        Ok(())
    } else {
        Err(TransactionError::AccountLoadedTwice)
    }
}

/// Whether an account can pay a fee and may be left as poor as that makes it.
pub(super) fn fee_payer(payer: &Account, fee: u64, rent: Rent) -> Result<(), TransactionError> {
    if payer.lamports == 0 {
        return Err(TransactionError::AccountNotFound);
    }
    let kept = match payer.data.len() {
        _ if payer.owner != address::SYSTEM => return Err(TransactionError::InvalidAccountForFee),
        0 => 0,
        NONCE_BYTES => rent.minimum_balance(NONCE_BYTES),
        _ => return Err(TransactionError::InvalidAccountForFee),
    };
    if payer.lamports < fee.saturating_add(kept) {
        return Err(TransactionError::InsufficientFundsForFee);
    }
    let after = Account {
        lamports: payer.lamports - fee,
        ..payer.clone()
    };
    if rent.allows(payer, &after) {
        Ok(())
    } else {
        Err(TransactionError::InsufficientFundsForRent { account_index: 0 })
    }
}

/// What can be wrong with the accounts of a transaction that pays its fee all the same.
pub(super) fn loaded(
    transaction: &Transaction,
    accounts: &[&Account],
    limits: &Limits,
) -> Result<(), TransactionError> {
    if loaded_bytes(accounts.iter().copied()) > u64::from(limits.data_bytes) {
        return Err(TransactionError::MaxLoadedAccountsDataSizeExceeded);
    }
    for instruction in transaction.instructions() {
        let program = accounts[usize::from(instruction.program_id_index)];
        if program.lamports == 0 {
            return Err(TransactionError::ProgramAccountNotFound);
        }
        if !program.executable {
            return Err(TransactionError::InvalidProgramForExecution);
        }
    }
    Ok(())
}

/// The data of accounts that exist, with what each counts for beside it.
pub(super) fn loaded_bytes<'a>(accounts: impl Iterator<Item = &'a Account>) -> u64 {
    accounts
        .filter(|account| account.lamports > 0)
        .map(|account| account.data.len() as u64 + ACCOUNT_OVERHEAD_BYTES)
        .sum()
}
