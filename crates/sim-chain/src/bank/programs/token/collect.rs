//! What a mint kept of transfers is collected, and what it keeps is changed.

use solana_address::Address;
use solana_instruction_error::InstructionError;

use super::error::TokenError;
use super::extension::{self, TRANSFER_FEE_CONFIG};
use super::state::{Mint, TokenAccount};
use super::transfer_fee::{self, FeeConfig, TransferFee};
use super::{Edition, authority, check_owned};
use crate::bank::execution::invocation::Invocation;
use crate::bank::programs::ProgramResult;

const MINT: usize = 0;
const TARGET: usize = 1;
const SIGNER: usize = 2;
/// How many epochs after it was set a fee holds.
const NOTICE_EPOCHS: u64 = 2;

/// Moves what accounts withhold to the mint. Anybody may do so, since it only makes accounts closable.
pub(super) fn harvest(invocation: &mut Invocation<'_, '_>) -> ProgramResult {
    let mut config = config(invocation)?;
    for at in TARGET..invocation.account_count() {
        config.withheld = add(config.withheld, take_withheld(invocation, at)?)?;
    }
    write_config(invocation, config)
}

/// Pays out what was moved to the mint.
pub(super) fn withdraw_from_mint(invocation: &mut Invocation<'_, '_>) -> ProgramResult {
    let mut config = config(invocation)?;
    let mut target = target(invocation, &config)?;
    target.amount = add(target.amount, config.withheld)?;
    config.withheld = 0;
    write_config(invocation, config)?;
    target.write(invocation.data_mut(TARGET)?, Edition::Token2022);
    Ok(())
}

/// Pays out what the last `sources` accounts withhold.
pub(super) fn withdraw_from_accounts(
    invocation: &mut Invocation<'_, '_>,
    sources: u8,
) -> ProgramResult {
    let config = config(invocation)?;
    let mut target = target(invocation, &config)?;
    let count = invocation.account_count();
    let first = count.saturating_sub(usize::from(sources)).max(SIGNER + 1);
    for at in first..count {
        target.amount = add(target.amount, take_withheld(invocation, at)?)?;
    }
    target.write(invocation.data_mut(TARGET)?, Edition::Token2022);
    Ok(())
}

/// Lets another fee hold after the notice.
pub(super) fn set_fee(
    invocation: &mut Invocation<'_, '_>,
    bps: u16,
    maximum: u64,
) -> ProgramResult {
    invocation.need_accounts(2)?;
    let mut config = config(invocation)?;
    let owner = config.authority.ok_or(TokenError::NoAuthorityExists)?;
    authority::check(invocation, &owner, 1)?;
    let epoch = invocation.clock().epoch;
    if config.newer.epoch <= epoch {
        config.older = config.newer;
    }
    config.newer = TransferFee {
        epoch: epoch.saturating_add(NOTICE_EPOCHS),
        maximum,
        bps,
    };
    config.newer.check()?;
    write_config(invocation, config)
}

fn config(invocation: &Invocation<'_, '_>) -> Result<FeeConfig, InstructionError> {
    check_owned(invocation, MINT)?;
    let mint = &invocation.account(MINT)?.data;
    Mint::read(mint)?;
    let range = extension::find(mint, TRANSFER_FEE_CONFIG);
    range
        .and_then(|range| FeeConfig::read(&mint[range]))
        .ok_or(InstructionError::InvalidAccountData)
}

fn write_config(invocation: &mut Invocation<'_, '_>, config: FeeConfig) -> ProgramResult {
    config.write(invocation.data_mut(MINT)?)
}

/// The account that is paid, once it is known that the one who may collect signed.
fn target(
    invocation: &Invocation<'_, '_>,
    config: &FeeConfig,
) -> Result<TokenAccount, InstructionError> {
    invocation.need_accounts(3)?;
    check_owned(invocation, TARGET)?;
    let owner = config.withdrawer.ok_or(TokenError::NoAuthorityExists)?;
    authority::check(invocation, &owner, SIGNER)?;
    let target = TokenAccount::read(&invocation.account(TARGET)?.data)?;
    if target.mint != invocation.key(MINT)? {
        return Err(TokenError::MintMismatch.into());
    }
    if target.frozen {
        return Err(TokenError::AccountFrozen.into());
    }
    Ok(target)
}

/// What an account withheld, which it does no longer. One that cannot be collected from is passed over, and said so.
fn take_withheld(invocation: &mut Invocation<'_, '_>, at: usize) -> Result<u64, InstructionError> {
    let mint = invocation.key(MINT)?;
    match withheld(invocation, at, &mint)? {
        Ok(amount) => {
            transfer_fee::clear_withheld(invocation.data_mut(at)?);
            Ok(amount)
        }
        Err(reason) => {
            let key = invocation.key(at)?;
            invocation.log(&format!("Error harvesting from {key}: {reason}"));
            Ok(0)
        }
    }
}

fn withheld(
    invocation: &Invocation<'_, '_>,
    at: usize,
    mint: &Address,
) -> Result<Result<u64, &'static str>, InstructionError> {
    let invalid = Err("State is invalid for requested operation");
    let Ok(token) = TokenAccount::read(&invocation.account(at)?.data) else {
        return Ok(invalid);
    };
    if token.mint != *mint {
        return Ok(Err("Account not associated with this Mint"));
    }
    if check_owned(invocation, at).is_err() {
        return Ok(invalid);
    }
    let withheld = transfer_fee::withheld(&invocation.account(at)?.data);
    Ok(withheld.map_or(invalid, Ok))
}

fn add(one: u64, other: u64) -> Result<u64, TokenError> {
    one.checked_add(other).ok_or(TokenError::Overflow)
}
