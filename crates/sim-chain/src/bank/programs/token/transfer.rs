//! Tokens go from one account to another.

use solana_instruction_error::InstructionError;

use super::error::TokenError;
use super::extension::{self, TRANSFER_FEE_AMOUNT};
use super::state::{Mint, TokenAccount};
use super::{Edition, authority, check_owned, transfer_fee};
use crate::bank::execution::invocation::Invocation;
use crate::bank::programs::ProgramResult;

/// What is asked for. Where the decimals are stated, the mint is named too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) amount: u64,
    pub(super) decimals: Option<u8>,
    /// What the sender expects the mint to keep.
    pub(super) fee: Option<u64>,
}

const SOURCE: usize = 0;
const MINT: usize = 1;

pub(super) fn transfer(
    invocation: &mut Invocation<'_, '_>,
    edition: Edition,
    terms: &Terms,
) -> ProgramResult {
    let (target, signer) = match terms.decimals {
        Some(_) => (2, 3),
        None => (1, 2),
    };
    invocation.need_accounts(signer + 1)?;
    edition.check_owner(invocation, SOURCE)?;
    edition.check_owner(invocation, target)?;
    let amount = terms.amount;
    let mut source = TokenAccount::read(&invocation.account(SOURCE)?.data)?;
    let to_itself = invocation.is_same(SOURCE, target)?;
    check_accounts(invocation, edition, &source, terms, target)?;
    let fee = match terms.decimals {
        Some(decimals) => check_mint(invocation, edition, &source, amount, decimals)?,
        None => check_no_mint_needed(invocation)?,
    };
    if terms.fee.is_some_and(|expected| expected != fee) {
        // The real program forgot to put the numbers in.
        invocation.log("Calculated fee {calculated_fee}, received {fee}");
        return Err(TokenError::FeeMismatch.into());
    }
    take_right(invocation, &mut source, signer, amount, to_itself)?;
    if to_itself || (amount == 0 && edition == Edition::Token) {
        check_owned(invocation, SOURCE)?;
        return check_owned(invocation, target);
    }
    let mut received = TokenAccount::read(&invocation.account(target)?.data)?;
    if edition == Edition::Token2022 {
        check_target(&source, &received)?;
    }
    source.amount -= amount;
    let arriving = amount.checked_sub(fee).ok_or(TokenError::Overflow)?;
    received.amount = received
        .amount
        .checked_add(arriving)
        .ok_or(TokenError::Overflow)?;
    source.write(invocation.data_mut(SOURCE)?, edition);
    let data = invocation.data_mut(target)?;
    received.write(data, edition);
    if fee > 0 {
        transfer_fee::withhold(data, fee)?;
    }
    if source.native.is_some() {
        invocation.move_lamports(SOURCE, target, amount)?;
    }
    Ok(())
}

/// The rewritten Token program looks at both accounts at once, Token-2022 at the receiving one last.
fn check_accounts(
    invocation: &Invocation<'_, '_>,
    edition: Edition,
    source: &TokenAccount,
    terms: &Terms,
    target: usize,
) -> ProgramResult {
    if source.frozen {
        return Err(TokenError::AccountFrozen.into());
    }
    if edition == Edition::Token {
        let received = TokenAccount::read(&invocation.account(target)?.data)?;
        if received.frozen {
            return Err(TokenError::AccountFrozen.into());
        }
        if source.amount >= terms.amount {
            check_target(source, &received)?;
        }
    }
    if source.amount < terms.amount {
        return Err(TokenError::InsufficientFunds.into());
    }
    if extension::find(
        &invocation.account(SOURCE)?.data,
        extension::NON_TRANSFERABLE_ACCOUNT,
    )
    .is_some()
    {
        return Err(TokenError::NonTransferable.into());
    }
    Ok(())
}

fn check_target(source: &TokenAccount, target: &TokenAccount) -> ProgramResult {
    if target.frozen {
        return Err(TokenError::AccountFrozen.into());
    }
    if source.mint != target.mint {
        return Err(TokenError::MintMismatch.into());
    }
    Ok(())
}

/// Checks the named mint, and says what it keeps.
fn check_mint(
    invocation: &Invocation<'_, '_>,
    edition: Edition,
    source: &TokenAccount,
    amount: u64,
    decimals: u8,
) -> Result<u64, InstructionError> {
    edition.check_owner(invocation, MINT)?;
    if invocation.key(MINT)? != source.mint {
        return Err(TokenError::MintMismatch.into());
    }
    let data = &invocation.account(MINT)?.data;
    if Mint::read(data)?.decimals != decimals {
        return Err(TokenError::MintDecimalsMismatch.into());
    }
    Ok(transfer_fee::fee(data, invocation.clock().epoch, amount))
}

/// Without the mint nobody knows the fee, so accounts of a mint with a fee refuse.
fn check_no_mint_needed(invocation: &Invocation<'_, '_>) -> Result<u64, InstructionError> {
    let data = &invocation.account(SOURCE)?.data;
    if extension::find(data, TRANSFER_FEE_AMOUNT).is_some() {
        return Err(TokenError::MintRequiredForTransfer.into());
    }
    Ok(0)
}

/// Checks that the account's owner signed, or its delegate, whose allowance is used up by that.
pub(super) fn take_right(
    invocation: &Invocation<'_, '_>,
    account: &mut TokenAccount,
    signer: usize,
    amount: u64,
    to_itself: bool,
) -> ProgramResult {
    let signs = invocation.key(signer)?;
    if account.delegate != Some(signs) {
        return authority::check(invocation, &account.owner, signer);
    }
    authority::check(invocation, &signs, signer)?;
    let left = account
        .delegated_amount
        .checked_sub(amount)
        .ok_or(TokenError::InsufficientFunds)?;
    if !to_itself {
        account.delegated_amount = left;
        if left == 0 {
            account.delegate = None;
        }
    }
    Ok(())
}
