//! A mint's freeze authority stops an account, and lets it go on.

use super::error::TokenError;
use super::state::{Mint, TokenAccount};
use super::{Edition, authority};
use crate::bank::execution::invocation::Invocation;
use crate::bank::programs::ProgramResult;

pub(super) fn freeze(invocation: &mut Invocation<'_, '_>, edition: Edition) -> ProgramResult {
    let mut account = account_to_change(invocation, edition, false)?;
    account.frozen = true;
    account.write(invocation.data_mut(0)?, edition);
    Ok(())
}

pub(super) fn thaw(invocation: &mut Invocation<'_, '_>, edition: Edition) -> ProgramResult {
    let mut account = account_to_change(invocation, edition, true)?;
    account.frozen = false;
    account.write(invocation.data_mut(0)?, edition);
    Ok(())
}

fn account_to_change(
    invocation: &Invocation<'_, '_>,
    edition: Edition,
    frozen: bool,
) -> Result<TokenAccount, solana_instruction_error::InstructionError> {
    invocation.need_accounts(3)?;
    edition.check_owner(invocation, 0)?;
    edition.check_owner(invocation, 1)?;
    let account = TokenAccount::read(&invocation.account(0)?.data)?;
    if account.frozen != frozen {
        return Err(TokenError::InvalidState.into());
    }
    if account.native.is_some() {
        return Err(TokenError::NativeNotSupported.into());
    }
    if invocation.key(1)? != account.mint {
        return Err(TokenError::MintMismatch.into());
    }
    let mint = Mint::read(&invocation.account(1)?.data)?;
    let owner = mint.freeze_authority.ok_or(TokenError::MintCannotFreeze)?;
    authority::check(invocation, &owner, 2)?;
    Ok(account)
}
