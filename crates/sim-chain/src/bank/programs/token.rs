//! The Token program and Token-2022 with the transfer-fee extension. One text serves both: they differ in
//! layouts with extensions, in what they log, and in a few errors.
//!
//! The Token program is the rewritten one that runs on mainnet since SIMD-0266: cheap, and silent but for
//! errors. Making multisig accounts, batches and amounts as text are not emulated.

mod authority;
mod collect;
mod error;
mod extension;
mod freeze;
mod fresh;
mod lifecycle;
mod rights;
mod shown;
mod state;
mod supply;
mod transfer;
mod transfer_fee;

use solana_instruction_error::InstructionError;

use super::{ProgramResult, Reader};
use crate::bank::execution::invocation::Invocation;

pub(super) use extension::IMMUTABLE_OWNER;
pub(crate) use fresh::{fresh_account, fresh_associated_account, fresh_mint};
pub(crate) use shown::{TokenExtension, token_extensions};
pub(crate) use state::{Mint, TokenAccount};
pub(crate) use transfer_fee::{FeeConfig, TransferFee};

use error::TokenError;
use transfer::Terms;

/// Which of the two programs runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bank) enum Edition {
    Token,
    Token2022,
}

/// The first byte of an instruction.
pub(crate) mod tag {
    pub(crate) const INITIALIZE_MINT: u8 = 0;
    pub(crate) const INITIALIZE_ACCOUNT: u8 = 1;
    pub(crate) const TRANSFER: u8 = 3;
    pub(crate) const APPROVE: u8 = 4;
    pub(crate) const REVOKE: u8 = 5;
    pub(crate) const SET_AUTHORITY: u8 = 6;
    pub(crate) const MINT_TO: u8 = 7;
    pub(crate) const BURN: u8 = 8;
    pub(crate) const CLOSE_ACCOUNT: u8 = 9;
    pub(crate) const FREEZE_ACCOUNT: u8 = 10;
    pub(crate) const THAW_ACCOUNT: u8 = 11;
    pub(crate) const TRANSFER_CHECKED: u8 = 12;
    pub(crate) const APPROVE_CHECKED: u8 = 13;
    pub(crate) const MINT_TO_CHECKED: u8 = 14;
    pub(crate) const BURN_CHECKED: u8 = 15;
    pub(crate) const INITIALIZE_ACCOUNT_2: u8 = 16;
    pub(crate) const SYNC_NATIVE: u8 = 17;
    pub(crate) const INITIALIZE_ACCOUNT_3: u8 = 18;
    pub(crate) const INITIALIZE_MINT_2: u8 = 20;
    pub(crate) const GET_ACCOUNT_DATA_SIZE: u8 = 21;
    pub(crate) const INITIALIZE_IMMUTABLE_OWNER: u8 = 22;
    pub(crate) const TRANSFER_FEE: u8 = 26;

    // After `TRANSFER_FEE`:
    pub(crate) const INITIALIZE_TRANSFER_FEE: u8 = 0;
    pub(crate) const TRANSFER_CHECKED_WITH_FEE: u8 = 1;
    pub(crate) const WITHDRAW_FROM_MINT: u8 = 2;
    pub(crate) const WITHDRAW_FROM_ACCOUNTS: u8 = 3;
    pub(crate) const HARVEST: u8 = 4;
    pub(crate) const SET_TRANSFER_FEE: u8 = 5;
}

/// What Token-2022 calls its instructions in the log, and the units that each program takes for them as
/// measured on the real ones: Token, Token-2022.
const INSTRUCTIONS: [(u8, &str, u64, u64); 22] = [
    (tag::INITIALIZE_MINT, "InitializeMint", 90, 1_400),
    (tag::INITIALIZE_ACCOUNT, "InitializeAccount", 150, 1_900),
    (tag::TRANSFER, "Transfer", 80, 1_460),
    (tag::APPROVE, "Approve", 126, 1_130),
    (tag::REVOKE, "Revoke", 110, 870),
    (tag::SET_AUTHORITY, "SetAuthority", 140, 1_030),
    (tag::MINT_TO, "MintTo", 120, 1_530),
    (tag::BURN, "Burn", 125, 1_740),
    (tag::CLOSE_ACCOUNT, "CloseAccount", 118, 1_600),
    (tag::FREEZE_ACCOUNT, "FreezeAccount", 145, 1_160),
    (tag::THAW_ACCOUNT, "ThawAccount", 141, 1_160),
    (tag::TRANSFER_CHECKED, "TransferChecked", 105, 2_850),
    (tag::APPROVE_CHECKED, "ApproveChecked", 163, 1_410),
    (tag::MINT_TO_CHECKED, "MintToChecked", 161, 1_540),
    (tag::BURN_CHECKED, "BurnChecked", 165, 1_740),
    (tag::INITIALIZE_ACCOUNT_2, "InitializeAccount2", 168, 1_700),
    (tag::SYNC_NATIVE, "SyncNative", 201, 1_200),
    (tag::INITIALIZE_ACCOUNT_3, "InitializeAccount3", 235, 2_420),
    (tag::INITIALIZE_MINT_2, "InitializeMint2", 215, 1_770),
    (tag::GET_ACCOUNT_DATA_SIZE, "GetAccountDataSize", 183, 1_420),
    (
        tag::INITIALIZE_IMMUTABLE_OWNER,
        "InitializeImmutableOwner",
        38,
        740,
    ),
    (tag::TRANSFER_FEE, "", 0, 0),
];
/// What an instruction that is not known takes.
const UNITS_UNKNOWN: u64 = 200;

impl Edition {
    /// Instruction data that ends too early.
    pub(super) fn bad_data(self) -> InstructionError {
        match self {
            Self::Token => TokenError::InvalidInstruction.into(),
            Self::Token2022 => InstructionError::InvalidInstructionData,
        }
    }

    /// Only Token-2022 has data longer than a mint's or an account's own.
    pub(super) fn check_length(self, data: &[u8], base: usize) -> ProgramResult {
        if self == Self::Token && data.len() != base {
            return Err(InstructionError::InvalidAccountData);
        }
        Ok(())
    }

    /// Token-2022 looks at who owns an account before it reads it; the rewritten Token program leaves that to
    /// the runtime, which lets nobody change what is not its own.
    pub(super) fn check_owner(self, invocation: &Invocation<'_, '_>, at: usize) -> ProgramResult {
        match self {
            Self::Token => Ok(()),
            Self::Token2022 => check_owned(invocation, at),
        }
    }
}

/// Refuses an account of another program than the one that runs.
fn check_owned(invocation: &Invocation<'_, '_>, at: usize) -> ProgramResult {
    if invocation.account(at)?.owner == invocation.program() {
        return Ok(());
    }
    Err(InstructionError::IncorrectProgramId)
}

pub(super) fn run(invocation: &mut Invocation<'_, '_>, edition: Edition) -> ProgramResult {
    if edition == Edition::Token && invocation.data().is_empty() {
        // The one error that the program does not log.
        return Err(TokenError::InvalidInstruction.into());
    }
    let result = execute(invocation, edition);
    if let Err(error) = &result
        && let Some(line) = error::line(error)
    {
        invocation.log(&line);
    }
    result
}

fn execute(invocation: &mut Invocation<'_, '_>, edition: Edition) -> ProgramResult {
    let mut data = Reader::new(invocation.data());
    let tag = data.u8();
    let known = INSTRUCTIONS.iter().find(|(known, ..)| Some(*known) == tag);
    let (name, units) = match (known, edition) {
        (None, _) => ("", UNITS_UNKNOWN),
        (Some((_, _, units, _)), Edition::Token) => ("", *units),
        (Some((_, name, _, units)), Edition::Token2022) => (*name, *units),
    };
    if !name.is_empty() {
        invocation.log(&format!("Instruction: {name}"));
    }
    invocation.charge(units)?;
    let tag = tag.ok_or(TokenError::InvalidInstruction)?;
    dispatch(invocation, edition, tag, &mut data)
}

#[rustfmt::skip]
fn dispatch(
    invocation: &mut Invocation<'_, '_>,
    edition: Edition,
    tag: u8,
    data: &mut Reader<'_>,
) -> ProgramResult {
    let bad = || edition.bad_data();
    let checked = |data: &mut Reader<'_>| Some((data.u64()?, Some(data.u8()?)));
    match tag {
        tag::INITIALIZE_MINT | tag::INITIALIZE_MINT_2 => {
            lifecycle::initialize_mint(invocation, edition, data, tag == tag::INITIALIZE_MINT)
        }
        tag::INITIALIZE_ACCOUNT => lifecycle::initialize_account_of_named(invocation, edition),
        tag::INITIALIZE_ACCOUNT_2 | tag::INITIALIZE_ACCOUNT_3 => {
            let owner = data.address().ok_or_else(bad)?;
            lifecycle::initialize_account(invocation, edition, owner)
        }
        tag::TRANSFER => {
            let amount = data.u64().ok_or_else(bad)?;
            transfer::transfer(invocation, edition, &Terms { amount, decimals: None, fee: None })
        }
        tag::TRANSFER_CHECKED => {
            let (amount, decimals) = checked(data).ok_or_else(bad)?;
            transfer::transfer(invocation, edition, &Terms { amount, decimals, fee: None })
        }
        tag::APPROVE => rights::approve(invocation, edition, data.u64().ok_or_else(bad)?, None),
        tag::APPROVE_CHECKED => {
            let (amount, decimals) = checked(data).ok_or_else(bad)?;
            rights::approve(invocation, edition, amount, decimals)
        }
        tag::REVOKE => rights::revoke(invocation, edition),
        tag::SET_AUTHORITY => rights::set_authority(invocation, edition, data),
        tag::MINT_TO => supply::mint_to(invocation, edition, data.u64().ok_or_else(bad)?, None),
        tag::MINT_TO_CHECKED => {
            let (amount, decimals) = checked(data).ok_or_else(bad)?;
            supply::mint_to(invocation, edition, amount, decimals)
        }
        tag::BURN => supply::burn(invocation, edition, data.u64().ok_or_else(bad)?, None),
        tag::BURN_CHECKED => {
            let (amount, decimals) = checked(data).ok_or_else(bad)?;
            supply::burn(invocation, edition, amount, decimals)
        }
        tag::CLOSE_ACCOUNT => lifecycle::close_account(invocation, edition),
        tag::FREEZE_ACCOUNT => freeze::freeze(invocation, edition),
        tag::THAW_ACCOUNT => freeze::thaw(invocation, edition),
        tag::SYNC_NATIVE => lifecycle::sync_native(invocation, edition),
        tag::GET_ACCOUNT_DATA_SIZE => lifecycle::account_data_size(invocation, edition, data),
        tag::INITIALIZE_IMMUTABLE_OWNER => lifecycle::immutable_owner(invocation, edition),
        tag::TRANSFER_FEE if edition == Edition::Token2022 => of_transfer_fee(invocation, data),
        _ => Err(TokenError::InvalidInstruction.into()),
    }
}

/// The instructions of the transfer-fee extension.
fn of_transfer_fee(invocation: &mut Invocation<'_, '_>, data: &mut Reader<'_>) -> ProgramResult {
    let bad = || Edition::Token2022.bad_data();
    let tag = data.u8().ok_or_else(bad)?;
    let (name, units) = match tag {
        tag::INITIALIZE_TRANSFER_FEE => ("", 1_200),
        tag::TRANSFER_CHECKED_WITH_FEE => ("TransferCheckedWithFee", 2_980),
        tag::WITHDRAW_FROM_MINT => ("WithdrawWithheldTokensFromMint", 1_420),
        tag::WITHDRAW_FROM_ACCOUNTS => ("WithdrawWithheldTokensFromAccounts", 2_100),
        tag::HARVEST => ("HarvestWithheldTokensToMint", 1_640),
        tag::SET_TRANSFER_FEE => ("SetTransferFee", 1_350),
        _ => return Err(TokenError::InvalidInstruction.into()),
    };
    if !name.is_empty() {
        invocation.log(&format!("TransferFeeInstruction: {name}"));
    }
    invocation.charge(units)?;
    match tag {
        tag::INITIALIZE_TRANSFER_FEE => transfer_fee::initialize(invocation, data),
        tag::TRANSFER_CHECKED_WITH_FEE => {
            let terms = Terms {
                amount: data.u64().ok_or_else(bad)?,
                decimals: Some(data.u8().ok_or_else(bad)?),
                fee: Some(data.u64().ok_or_else(bad)?),
            };
            transfer::transfer(invocation, Edition::Token2022, &terms)
        }
        tag::WITHDRAW_FROM_MINT => collect::withdraw_from_mint(invocation),
        tag::WITHDRAW_FROM_ACCOUNTS => {
            let sources = data.u8().ok_or_else(bad)?;
            collect::withdraw_from_accounts(invocation, sources)
        }
        tag::HARVEST => collect::harvest(invocation),
        _ => {
            let bps = data.u16().ok_or_else(bad)?;
            collect::set_fee(invocation, bps, data.u64().ok_or_else(bad)?)
        }
    }
}
