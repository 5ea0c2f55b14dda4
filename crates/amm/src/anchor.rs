//! The checks that programs written in Anchor make of their accounts, with Anchor's own errors.

use crate::Address;
use crate::error::{Failure, anchor, require};
use crate::instruction::AccountMeta;
use crate::layout::{Account, Layout};
use crate::snapshot::Snapshot;
use crate::token::{self, Mint, TokenAccount};

/// The account's owner has signed.
pub(crate) fn signer(account: AccountMeta) -> Result<(), Failure> {
    require(account.is_signer, &anchor::ACCOUNT_NOT_SIGNER)
}

/// All of these may be written.
pub(crate) fn writable(accounts: &[AccountMeta]) -> Result<(), Failure> {
    let all = accounts.iter().all(|account| account.is_writable);
    require(all, &anchor::CONSTRAINT_MUT)
}

/// The same in the words of later versions of the framework.
pub(crate) fn mutable(accounts: &[AccountMeta]) -> Result<(), Failure> {
    let all = accounts.iter().all(|account| account.is_writable);
    require(all, &anchor::ACCOUNT_NOT_MUTABLE)
}

/// All of these are token programs.
pub(crate) fn token_programs(accounts: &[AccountMeta]) -> Result<(), Failure> {
    let all = accounts.iter().all(|it| token::is_program(it.address));
    require(all, &anchor::INVALID_PROGRAM_ID)
}

/// An account of one kind, which the program itself owns.
pub(crate) fn own<L: Layout>(
    snapshot: &impl Snapshot,
    address: Address,
    program: Address,
) -> Result<Account<L>, Failure> {
    let found = snapshot.account(&address);
    let found = found.ok_or(&anchor::ACCOUNT_NOT_INITIALIZED)?;
    require(
        found.owner == program,
        &anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM,
    )?;
    Account::decode(found.data).map_err(|_| (&anchor::ACCOUNT_DISCRIMINATOR_MISMATCH).into())
}

/// A token account of either token program.
pub(crate) fn token_account(
    snapshot: &impl Snapshot,
    address: Address,
) -> Result<TokenAccount, Failure> {
    let data = of_token_program(snapshot, address)?;
    TokenAccount::read(data).ok_or(Failure::InvalidAccountData)
}

/// A mint of either token program.
pub(crate) fn mint(snapshot: &impl Snapshot, address: Address) -> Result<Mint, Failure> {
    let data = of_token_program(snapshot, address)?;
    // A token account is as long as a mint and longer.
    let mint = Mint::read(data).filter(|_| data.len() != token::ACCOUNT_LENGTH);
    mint.ok_or(Failure::InvalidAccountData)
}

fn of_token_program(snapshot: &impl Snapshot, address: Address) -> Result<&[u8], Failure> {
    let found = snapshot.account(&address);
    let found = found.ok_or(&anchor::ACCOUNT_NOT_INITIALIZED)?;
    let is_owned = token::is_program(found.owner);
    require(is_owned, &anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM)?;
    Ok(found.data)
}
