//! Mints and token accounts as bytes. Fields that do not change are never rewritten: a cleared option of the
//! Token program keeps the bytes behind its tag, as on the real chain.

use solana_address::Address;
use solana_instruction_error::InstructionError;

use super::Edition;

pub(super) const MINT_BYTES: usize = 82;
pub(super) const ACCOUNT_BYTES: usize = 165;
pub(super) const MULTISIG_BYTES: usize = 355;

/// What stands behind the base of an account with extensions, and says which kind it is.
pub(super) const KIND_AT: usize = ACCOUNT_BYTES;
pub(super) const KIND_MINT: u8 = 1;
pub(super) const KIND_ACCOUNT: u8 = 2;

const SUPPLY_AT: usize = 36;
const DECIMALS_AT: usize = 44;
const INITIALIZED_AT: usize = 45;
const FREEZE_AUTHORITY_AT: usize = 46;

const OWNER_AT: usize = 32;
const AMOUNT_AT: usize = 64;
const DELEGATE_AT: usize = 72;
const STATE_AT: usize = 108;
const NATIVE_AT: usize = 109;
const DELEGATED_AMOUNT_AT: usize = 121;
const CLOSE_AUTHORITY_AT: usize = 129;

/// A mint that was initialised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mint {
    pub(crate) authority: Option<Address>,
    pub(crate) supply: u64,
    pub(crate) decimals: u8,
    pub(crate) freeze_authority: Option<Address>,
}

/// An account that was initialised to hold tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenAccount {
    pub(crate) mint: Address,
    pub(crate) owner: Address,
    pub(crate) amount: u64,
    pub(crate) delegate: Option<Address>,
    pub(crate) frozen: bool,
    /// The lamports that are no tokens, where the tokens are wrapped SOL.
    pub(crate) native: Option<u64>,
    pub(crate) delegated_amount: u64,
    pub(crate) close_authority: Option<Address>,
}

impl Mint {
    /// Writes the supply into a mint that stands there.
    pub(crate) fn write_supply(&self, data: &mut [u8]) {
        set_number(data, SUPPLY_AT, self.supply);
    }

    /// Reads a mint of either program.
    pub(crate) fn read(data: &[u8]) -> Result<Self, InstructionError> {
        check_layout(data, MINT_BYTES, Some(KIND_MINT))?;
        if data[INITIALIZED_AT] != 1 {
            return Err(InstructionError::UninitializedAccount);
        }
        Ok(Self {
            authority: option(data, 0),
            supply: number(data, SUPPLY_AT),
            decimals: data[DECIMALS_AT],
            freeze_authority: option(data, FREEZE_AUTHORITY_AT),
        })
    }

    /// Whether nothing stands there yet; an error where no mint could.
    pub(super) fn is_free(data: &[u8], edition: Edition) -> Result<bool, InstructionError> {
        edition.check_length(data, MINT_BYTES)?;
        check_layout(data, MINT_BYTES, None)?;
        Ok(data[INITIALIZED_AT] == 0)
    }

    pub(super) fn write(&self, data: &mut [u8], edition: Edition) {
        set_option(data, 0, self.authority, edition);
        set_number(data, SUPPLY_AT, self.supply);
        data[DECIMALS_AT] = self.decimals;
        data[INITIALIZED_AT] = 1;
        set_option(data, FREEZE_AUTHORITY_AT, self.freeze_authority, edition);
        if data.len() > ACCOUNT_BYTES {
            data[KIND_AT] = KIND_MINT;
        }
    }
}

impl TokenAccount {
    /// Bytes of one that has no extensions.
    pub(crate) const BYTES: usize = ACCOUNT_BYTES;

    /// Reads a token account of either program.
    pub(crate) fn read(data: &[u8]) -> Result<Self, InstructionError> {
        check_layout(data, ACCOUNT_BYTES, Some(KIND_ACCOUNT))?;
        let frozen = match data[STATE_AT] {
            0 => return Err(InstructionError::UninitializedAccount),
            1 => false,
            2 => true,
            _ => return Err(InstructionError::InvalidAccountData),
        };
        Ok(Self {
            mint: key(data, 0),
            owner: key(data, OWNER_AT),
            amount: number(data, AMOUNT_AT),
            delegate: option(data, DELEGATE_AT),
            frozen,
            native: (data[NATIVE_AT] == 1).then(|| number(data, NATIVE_AT + 4)),
            delegated_amount: number(data, DELEGATED_AMOUNT_AT),
            close_authority: option(data, CLOSE_AUTHORITY_AT),
        })
    }

    /// Whether nothing stands there yet; an error where no token account could.
    pub(super) fn is_free(data: &[u8], edition: Edition) -> Result<bool, InstructionError> {
        edition.check_length(data, ACCOUNT_BYTES)?;
        check_layout(data, ACCOUNT_BYTES, None)?;
        Ok(data[STATE_AT] == 0)
    }

    pub(super) fn write(&self, data: &mut [u8], edition: Edition) {
        data[..32].copy_from_slice(self.mint.as_ref());
        data[OWNER_AT..OWNER_AT + 32].copy_from_slice(self.owner.as_ref());
        set_number(data, AMOUNT_AT, self.amount);
        set_option(data, DELEGATE_AT, self.delegate, edition);
        data[STATE_AT] = if self.frozen { 2 } else { 1 };
        data[NATIVE_AT] = u8::from(self.native.is_some());
        set_number(data, NATIVE_AT + 4, self.native.unwrap_or(0));
        set_number(data, DELEGATED_AMOUNT_AT, self.delegated_amount);
        set_option(data, CLOSE_AUTHORITY_AT, self.close_authority, edition);
        if data.len() > ACCOUNT_BYTES {
            data[KIND_AT] = KIND_ACCOUNT;
        }
    }
}

/// Data is as long as its base, or has extensions and a byte that says what it is. Data as long as a multisig
/// account is never anything else. `kind` is missing where nothing was written yet.
fn check_layout(data: &[u8], base: usize, kind: Option<u8>) -> Result<(), InstructionError> {
    let extended = data.len() > ACCOUNT_BYTES
        && data.len() != MULTISIG_BYTES
        && data[base..ACCOUNT_BYTES].iter().all(|byte| *byte == 0)
        && (kind.is_none() || kind == Some(data[KIND_AT]));
    if data.len() == base || extended {
        return Ok(());
    }
    Err(InstructionError::InvalidAccountData)
}

fn key(data: &[u8], at: usize) -> Address {
    Address::from(*chunk::<32>(data, at))
}

fn number(data: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(*chunk(data, at))
}

fn option(data: &[u8], at: usize) -> Option<Address> {
    (data[at] == 1).then(|| key(data, at + 4))
}

fn chunk<const N: usize>(data: &[u8], at: usize) -> &[u8; N] {
    data[at..]
        .first_chunk()
        .expect("invariant: the layout was checked")
}

fn set_number(data: &mut [u8], at: usize, value: u64) {
    data[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

fn set_option(data: &mut [u8], at: usize, value: Option<Address>, edition: Edition) {
    data[at] = u8::from(value.is_some());
    match value {
        Some(key) => data[at + 4..at + 36].copy_from_slice(key.as_ref()),
        None if edition == Edition::Token2022 => data[at + 4..at + 36].fill(0),
        None => {}
    }
}
