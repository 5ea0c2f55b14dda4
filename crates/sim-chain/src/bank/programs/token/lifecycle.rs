//! Mints and token accounts begin and end.

use solana_address::Address;
use solana_instruction_error::InstructionError;

use super::error::TokenError;
use super::state::{Mint, TokenAccount};
use super::{Edition, authority, check_owned, extension, transfer_fee};
use crate::bank::address;
use crate::bank::execution::invocation::Invocation;
use crate::bank::programs::{ProgramResult, Reader};

/// `rent_named` where the instruction names the Rent sysvar as its second account.
pub(super) fn initialize_mint(
    invocation: &mut Invocation<'_, '_>,
    edition: Edition,
    data: &mut Reader<'_>,
    rent_named: bool,
) -> ProgramResult {
    let bad = || edition.bad_data();
    let mint = Mint {
        decimals: data.u8().ok_or_else(bad)?,
        authority: Some(data.address().ok_or_else(bad)?),
        supply: 0,
        freeze_authority: data.optional_address().ok_or_else(bad)?,
    };
    invocation.need_accounts(if rent_named { 2 } else { 1 })?;
    edition.check_owner(invocation, 0)?;
    let account = invocation.account(0)?;
    let exempt = is_rent_exempt(invocation, 0)?;
    // Token-2022 asks for the rent first, the Token program whether something is there.
    if edition == Edition::Token2022 && !exempt {
        return Err(TokenError::NotRentExempt.into());
    }
    if !Mint::is_free(&account.data, edition)? {
        return Err(TokenError::AlreadyInUse.into());
    }
    if !exempt {
        return Err(TokenError::NotRentExempt.into());
    }
    if extension::mint_bytes(&account.data) != account.data.len() {
        return Err(InstructionError::InvalidAccountData);
    }
    mint.write(invocation.data_mut(0)?, edition);
    Ok(())
}

/// The oldest form names the owner as an account, and the Rent sysvar after it.
pub(super) fn initialize_account_of_named(
    invocation: &mut Invocation<'_, '_>,
    edition: Edition,
) -> ProgramResult {
    invocation.need_accounts(4)?;
    let owner = invocation.key(2)?;
    initialize_account(invocation, edition, owner)
}

pub(super) fn initialize_account(
    invocation: &mut Invocation<'_, '_>,
    edition: Edition,
    owner: Address,
) -> ProgramResult {
    let (new, minted) = (0, 1);
    invocation.need_accounts(2)?;
    edition.check_owner(invocation, new)?;
    edition.check_owner(invocation, minted)?;
    let account = invocation.account(new)?;
    if !TokenAccount::is_free(&account.data, edition)? {
        return Err(TokenError::AlreadyInUse.into());
    }
    if !is_rent_exempt(invocation, new)? {
        return Err(TokenError::NotRentExempt.into());
    }
    let mint = invocation.key(minted)?;
    let mint_data = invocation.account(minted)?.data.clone();
    if mint != address::WRAPPED_SOL {
        check_owned(invocation, minted)?;
        Mint::read(&mint_data).map_err(|_| TokenError::InvalidMint)?;
    }
    if extension::account_bytes_for(&mint_data, &[])? > account.data.len() {
        return Err(InstructionError::InvalidAccountData);
    }
    let native = native_reserve(invocation, edition, new, &mint)?;
    let token = TokenAccount {
        mint,
        owner,
        amount: native.map_or(0, |reserve| account.lamports - reserve),
        delegate: None,
        frozen: false,
        native,
        delegated_amount: 0,
        close_authority: None,
    };
    let data = invocation.data_mut(new)?;
    token.write(data, edition);
    extension::initialize_required(data, &mint_data)
}

/// The lamports of an account that are no tokens, where the mint is wrapped SOL.
fn native_reserve(
    invocation: &Invocation<'_, '_>,
    edition: Edition,
    at: usize,
    mint: &Address,
) -> Result<Option<u64>, InstructionError> {
    let wrapped = match edition {
        Edition::Token => address::WRAPPED_SOL,
        Edition::Token2022 => address::WRAPPED_SOL_2022,
    };
    let bytes = invocation.account(at)?.data.len();
    Ok((*mint == wrapped).then(|| invocation.rent().minimum_balance(bytes)))
}

fn is_rent_exempt(invocation: &Invocation<'_, '_>, at: usize) -> Result<bool, InstructionError> {
    let account = invocation.account(at)?;
    Ok(account.lamports >= invocation.rent().minimum_balance(account.data.len()))
}

/// Gives an account's lamports to another and its data up.
pub(super) fn close_account(
    invocation: &mut Invocation<'_, '_>,
    edition: Edition,
) -> ProgramResult {
    let (closed, target, signer) = (0, 1, 2);
    invocation.need_accounts(3)?;
    edition.check_owner(invocation, closed)?;
    if invocation.is_same(closed, target)? {
        return Err(InstructionError::InvalidAccountData);
    }
    let account = invocation.account(closed)?;
    let token = TokenAccount::read(&account.data)?;
    if token.native.is_none() && token.amount != 0 {
        return Err(TokenError::NonNativeHasBalance.into());
    }
    if token.owner != address::SYSTEM && token.owner != address::INCINERATOR {
        let owner = token.close_authority.unwrap_or(token.owner);
        authority::check(invocation, &owner, signer)?;
    } else if invocation.key(target)? != address::INCINERATOR {
        return Err(InstructionError::InvalidAccountData);
    }
    if transfer_fee::withheld(&account.data).is_some_and(|withheld| withheld > 0) {
        return Err(TokenError::AccountHasWithheldTransferFees.into());
    }
    let lamports = account.lamports;
    invocation.move_lamports(closed, target, lamports)?;
    invocation.resize(closed, 0)?;
    invocation.assign(closed, address::SYSTEM)
}

/// Counts lamports that were paid to a wrapped-SOL account as tokens.
pub(super) fn sync_native(invocation: &mut Invocation<'_, '_>, edition: Edition) -> ProgramResult {
    invocation.need_accounts(1)?;
    check_owned(invocation, 0)?;
    let account = invocation.account(0)?;
    let mut token = TokenAccount::read(&account.data)?;
    let reserve = invocation.rent().minimum_balance(account.data.len());
    if token.native.is_none() {
        return Err(TokenError::NonNativeNotSupported.into());
    }
    token.amount = account
        .lamports
        .checked_sub(reserve)
        .ok_or(TokenError::Overflow)?;
    token.native = Some(reserve);
    token.write(invocation.data_mut(0)?, edition);
    Ok(())
}

/// Tells how long the data of an account of a mint must be.
pub(super) fn account_data_size(
    invocation: &mut Invocation<'_, '_>,
    edition: Edition,
    data: &mut Reader<'_>,
) -> ProgramResult {
    invocation.need_accounts(1)?;
    check_owned(invocation, 0)?;
    let mut more = Vec::new();
    if edition == Edition::Token2022 {
        let (kinds, rest) = data.rest().as_chunks::<2>();
        if !rest.is_empty() {
            return Err(edition.bad_data());
        }
        more.extend(kinds.iter().map(|kind| u16::from_le_bytes(*kind)));
    }
    let mint = &invocation.account(0)?.data;
    Mint::read(mint).map_err(|_| TokenError::InvalidMint)?;
    let bytes = extension::account_bytes_for(mint, &more)? as u64;
    invocation.set_return_data(bytes.to_le_bytes().to_vec());
    Ok(())
}

/// The Token program's accounts can be given to others whatever this says; it only checks that the account is
/// new.
pub(super) fn immutable_owner(
    invocation: &mut Invocation<'_, '_>,
    edition: Edition,
) -> ProgramResult {
    invocation.need_accounts(1)?;
    edition.check_owner(invocation, 0)?;
    if !TokenAccount::is_free(&invocation.account(0)?.data, edition)? {
        return Err(TokenError::AlreadyInUse.into());
    }
    if edition == Edition::Token {
        return Ok(());
    }
    extension::initialize_immutable_owner(invocation.data_mut(0)?)
}
