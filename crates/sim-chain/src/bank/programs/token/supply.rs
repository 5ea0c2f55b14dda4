//! Tokens come into being and are burned.

use super::error::TokenError;
use super::state::{Mint, TokenAccount};
use super::transfer::take_right;
use super::{Edition, authority};
use crate::bank::address;
use crate::bank::execution::invocation::Invocation;
use crate::bank::programs::ProgramResult;

pub(super) fn mint_to(
    invocation: &mut Invocation<'_, '_>,
    edition: Edition,
    amount: u64,
    decimals: Option<u8>,
) -> ProgramResult {
    let (minted, target, signer) = (0, 1, 2);
    invocation.need_accounts(3)?;
    edition.check_owner(invocation, minted)?;
    edition.check_owner(invocation, target)?;
    let mut account = TokenAccount::read(&invocation.account(target)?.data)?;
    if account.frozen {
        return Err(TokenError::AccountFrozen.into());
    }
    check_kind(&account, invocation, minted)?;
    let mut mint = Mint::read(&invocation.account(minted)?.data)?;
    check_decimals(&mint, decimals)?;
    let owner = mint.authority.ok_or(TokenError::FixedSupply)?;
    authority::check(invocation, &owner, signer)?;
    mint.supply = mint
        .supply
        .checked_add(amount)
        .ok_or(TokenError::Overflow)?;
    account.amount = account
        .amount
        .checked_add(amount)
        .ok_or(TokenError::Overflow)?;
    account.write(invocation.data_mut(target)?, edition);
    mint.write(invocation.data_mut(minted)?, edition);
    Ok(())
}

pub(super) fn burn(
    invocation: &mut Invocation<'_, '_>,
    edition: Edition,
    amount: u64,
    decimals: Option<u8>,
) -> ProgramResult {
    let (source, burned, signer) = (0, 1, 2);
    invocation.need_accounts(3)?;
    edition.check_owner(invocation, source)?;
    edition.check_owner(invocation, burned)?;
    let mut account = TokenAccount::read(&invocation.account(source)?.data)?;
    let mut mint = Mint::read(&invocation.account(burned)?.data)?;
    if account.frozen {
        return Err(TokenError::AccountFrozen.into());
    }
    if account.native.is_some() {
        return Err(TokenError::NativeNotSupported.into());
    }
    if account.amount < amount {
        return Err(TokenError::InsufficientFunds.into());
    }
    check_kind(&account, invocation, burned)?;
    check_decimals(&mint, decimals)?;
    // What belongs to nobody may be burned by anybody.
    if account.owner != address::SYSTEM && account.owner != address::INCINERATOR {
        take_right(invocation, &mut account, signer, amount, false)?;
    }
    account.amount -= amount;
    mint.supply = mint
        .supply
        .checked_sub(amount)
        .ok_or(TokenError::Overflow)?;
    account.write(invocation.data_mut(source)?, edition);
    mint.write(invocation.data_mut(burned)?, edition);
    Ok(())
}

/// The account must be of the named mint, and not of wrapped SOL, which nobody mints or burns.
fn check_kind(
    account: &TokenAccount,
    invocation: &Invocation<'_, '_>,
    mint: usize,
) -> ProgramResult {
    if account.native.is_some() {
        return Err(TokenError::NativeNotSupported.into());
    }
    if invocation.key(mint)? != account.mint {
        return Err(TokenError::MintMismatch.into());
    }
    Ok(())
}

pub(super) fn check_decimals(mint: &Mint, decimals: Option<u8>) -> ProgramResult {
    if decimals.is_some_and(|decimals| decimals != mint.decimals) {
        return Err(TokenError::MintDecimalsMismatch.into());
    }
    Ok(())
}
