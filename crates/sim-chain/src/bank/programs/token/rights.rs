//! Who may do what with an account or a mint is changed.

use super::error::TokenError;
use super::extension::{self, IMMUTABLE_OWNER};
use super::state::{MINT_BYTES, Mint, TokenAccount};
use super::supply::check_decimals;
use super::{Edition, authority};
use crate::bank::execution::invocation::Invocation;
use crate::bank::programs::{ProgramResult, Reader};

const MINT_TOKENS: u8 = 0;
const FREEZE_ACCOUNT: u8 = 1;
const ACCOUNT_OWNER: u8 = 2;
const CLOSE_ACCOUNT: u8 = 3;

pub(super) fn approve(
    invocation: &mut Invocation<'_, '_>,
    edition: Edition,
    amount: u64,
    decimals: Option<u8>,
) -> ProgramResult {
    let (delegate, signer) = match decimals {
        Some(_) => (2, 3),
        None => (1, 2),
    };
    invocation.need_accounts(signer + 1)?;
    edition.check_owner(invocation, 0)?;
    let mut account = TokenAccount::read(&invocation.account(0)?.data)?;
    if account.frozen {
        return Err(TokenError::AccountFrozen.into());
    }
    if decimals.is_some() {
        edition.check_owner(invocation, 1)?;
        if invocation.key(1)? != account.mint {
            return Err(TokenError::MintMismatch.into());
        }
        check_decimals(&Mint::read(&invocation.account(1)?.data)?, decimals)?;
    }
    authority::check(invocation, &account.owner, signer)?;
    account.delegate = Some(invocation.key(delegate)?);
    account.delegated_amount = amount;
    account.write(invocation.data_mut(0)?, edition);
    Ok(())
}

/// The owner takes the allowance back, or the delegate gives it up.
pub(super) fn revoke(invocation: &mut Invocation<'_, '_>, edition: Edition) -> ProgramResult {
    invocation.need_accounts(2)?;
    edition.check_owner(invocation, 0)?;
    let mut account = TokenAccount::read(&invocation.account(0)?.data)?;
    if account.frozen {
        return Err(TokenError::AccountFrozen.into());
    }
    let signs = invocation.key(1)?;
    let expected = if account.delegate == Some(signs) {
        signs
    } else {
        account.owner
    };
    authority::check(invocation, &expected, 1)?;
    account.delegate = None;
    account.delegated_amount = 0;
    account.write(invocation.data_mut(0)?, edition);
    Ok(())
}

pub(super) fn set_authority(
    invocation: &mut Invocation<'_, '_>,
    edition: Edition,
    data: &mut Reader<'_>,
) -> ProgramResult {
    let kind = data.u8().ok_or_else(|| edition.bad_data())?;
    let new = data.optional_address().ok_or_else(|| edition.bad_data())?;
    invocation.need_accounts(2)?;
    edition.check_owner(invocation, 0)?;
    let current = &invocation.account(0)?.data;
    if let Ok(mut account) = TokenAccount::read(current) {
        let fixed = extension::find(current, IMMUTABLE_OWNER).is_some();
        change_account(invocation, &mut account, kind, new, fixed)?;
        account.write(invocation.data_mut(0)?, edition);
        return Ok(());
    }
    if edition == Edition::Token && current.len() != MINT_BYTES {
        return Err(solana_instruction_error::InstructionError::InvalidArgument);
    }
    let mut mint = Mint::read(current)?;
    let authority = match kind {
        MINT_TOKENS => &mut mint.authority,
        FREEZE_ACCOUNT => &mut mint.freeze_authority,
        _ => return Err(TokenError::AuthorityTypeNotSupported.into()),
    };
    let missing = match kind {
        MINT_TOKENS => TokenError::FixedSupply,
        _ => TokenError::MintCannotFreeze,
    };
    let owner = authority.ok_or(missing)?;
    *authority = new;
    authority::check(invocation, &owner, 1)?;
    mint.write(invocation.data_mut(0)?, edition);
    Ok(())
}

fn change_account(
    invocation: &Invocation<'_, '_>,
    account: &mut TokenAccount,
    kind: u8,
    new: Option<solana_address::Address>,
    owner_is_fixed: bool,
) -> ProgramResult {
    if account.frozen {
        return Err(TokenError::AccountFrozen.into());
    }
    match kind {
        ACCOUNT_OWNER => {
            authority::check(invocation, &account.owner, 1)?;
            if owner_is_fixed {
                return Err(TokenError::ImmutableOwner.into());
            }
            account.owner = new.ok_or(TokenError::InvalidInstruction)?;
            account.delegate = None;
            account.delegated_amount = 0;
            if account.native.is_some() {
                account.close_authority = None;
            }
        }
        CLOSE_ACCOUNT => {
            let owner = account.close_authority.unwrap_or(account.owner);
            authority::check(invocation, &owner, 1)?;
            account.close_authority = new;
        }
        _ => return Err(TokenError::AuthorityTypeNotSupported.into()),
    }
    Ok(())
}
