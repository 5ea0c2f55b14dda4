//! Extensions of Token-2022: a list of (kind, length, value) behind the base. Only the transfer fee does
//! something here; of the others is known what a token account must have for them.

use solana_instruction_error::InstructionError;

use super::error::TokenError;
use super::state::{ACCOUNT_BYTES, MULTISIG_BYTES};
use crate::bank::programs::{ProgramResult, Reader};

/// Where the list begins: behind the byte that says what the account is.
const LIST_AT: usize = ACCOUNT_BYTES + 1;
const HEADER_BYTES: usize = 4;

pub(super) const TRANSFER_FEE_CONFIG: u16 = 1;
pub(super) const TRANSFER_FEE_AMOUNT: u16 = 2;
pub(in crate::bank::programs) const IMMUTABLE_OWNER: u16 = 7;
const NON_TRANSFERABLE: u16 = 9;
pub(super) const NON_TRANSFERABLE_ACCOUNT: u16 = 13;
const TRANSFER_HOOK: u16 = 14;
const TRANSFER_HOOK_ACCOUNT: u16 = 15;
const PAUSABLE: u16 = 26;
const PAUSABLE_ACCOUNT: u16 = 27;

/// What a mint's extension makes its accounts have.
const REQUIRED: [(u16, u16); 5] = [
    (TRANSFER_FEE_CONFIG, TRANSFER_FEE_AMOUNT),
    (NON_TRANSFERABLE, NON_TRANSFERABLE_ACCOUNT),
    (NON_TRANSFERABLE, IMMUTABLE_OWNER),
    (TRANSFER_HOOK, TRANSFER_HOOK_ACCOUNT),
    (PAUSABLE, PAUSABLE_ACCOUNT),
];
/// The lengths of the extensions that token accounts can have here.
const ACCOUNT_EXTENSIONS: [(u16, usize); 5] = [
    (TRANSFER_FEE_AMOUNT, 8),
    (IMMUTABLE_OWNER, 0),
    (NON_TRANSFERABLE_ACCOUNT, 0),
    (TRANSFER_HOOK_ACCOUNT, 1),
    (PAUSABLE_ACCOUNT, 0),
];

/// Where an extension's value stands.
pub(super) fn find(data: &[u8], kind: u16) -> Option<std::ops::Range<usize>> {
    list(data)
        .find(|(found, _)| *found == kind)
        .map(|(_, range)| range)
}

/// The kinds of all extensions and where their values stand, up to the end or the first free place.
pub(super) fn list(data: &[u8]) -> impl Iterator<Item = (u16, std::ops::Range<usize>)> {
    let mut at = LIST_AT;
    std::iter::from_fn(move || {
        let mut header = Reader::new(data.get(at..)?);
        let (kind, length) = (header.u16()?, usize::from(header.u16()?));
        let start = at + HEADER_BYTES;
        at = start + length;
        (kind != 0 && at <= data.len()).then_some((kind, start..at))
    })
}

/// Adds an extension whose value is zeros, or leaves the one that is there.
pub(super) fn append(data: &mut [u8], kind: u16, bytes: usize) -> ProgramResult {
    if find(data, kind).is_some() {
        return Ok(());
    }
    let end = list(data).last().map_or(LIST_AT, |(_, range)| range.end);
    if data.len() < end + HEADER_BYTES + bytes {
        return Err(InstructionError::InvalidAccountData);
    }
    let length = u16::try_from(bytes).map_err(|_| InstructionError::InvalidAccountData)?;
    data[end..end + 2].copy_from_slice(&kind.to_le_bytes());
    data[end + 2..end + HEADER_BYTES].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// How long the value of a token account's extension is.
fn value_bytes(kind: u16) -> Result<usize, TokenError> {
    let mut known = ACCOUNT_EXTENSIONS.iter();
    let found = known.find(|(known, _)| *known == kind);
    found
        .map(|(_, bytes)| *bytes)
        .ok_or(TokenError::ExtensionTypeMismatch)
}

/// How long the data of an account with these extensions is.
fn account_bytes(kinds: &[u16]) -> Result<usize, TokenError> {
    if kinds.is_empty() {
        return Ok(ACCOUNT_BYTES);
    }
    let mut bytes = LIST_AT;
    for kind in kinds {
        bytes += HEADER_BYTES + value_bytes(*kind)?;
    }
    Ok(if bytes == MULTISIG_BYTES {
        bytes + 2
    } else {
        bytes
    })
}

/// What the mint makes its accounts have, in the order in which it is written.
fn required(mint: &[u8]) -> Vec<u16> {
    let mut kinds = Vec::new();
    for (kind, _) in list(mint) {
        let needed = REQUIRED.iter().filter(|(of_mint, _)| *of_mint == kind);
        kinds.extend(needed.map(|(_, of_account)| *of_account));
    }
    kinds
}

/// How long the data of an account of a mint is, with `more` extensions than the mint asks for.
pub(super) fn account_bytes_for(mint: &[u8], more: &[u16]) -> Result<usize, TokenError> {
    let mut kinds = required(mint);
    let new = more.iter().filter(|kind| !kinds.contains(kind)).copied();
    let new: Vec<u16> = new.collect();
    kinds.extend(new);
    account_bytes(&kinds)
}

/// Gives a new account the extensions that its mint asks for.
pub(super) fn initialize_required(data: &mut [u8], mint: &[u8]) -> ProgramResult {
    for kind in required(mint) {
        append(data, kind, value_bytes(kind)?)?;
    }
    Ok(())
}

/// Says that a new account's owner never changes.
pub(super) fn initialize_immutable_owner(data: &mut [u8]) -> ProgramResult {
    append(data, IMMUTABLE_OWNER, 0)
}

/// How long a mint with one extension of this length is.
pub(super) const fn mint_bytes_with(extension_bytes: usize) -> usize {
    LIST_AT + HEADER_BYTES + extension_bytes
}

/// How long a mint with the extensions that it has must be.
pub(super) fn mint_bytes(data: &[u8]) -> usize {
    let end = list(data).last().map(|(_, range)| range.end);
    match end {
        None => super::state::MINT_BYTES,
        Some(MULTISIG_BYTES) => MULTISIG_BYTES + 2,
        Some(end) => end,
    }
}
