//! Token accounts and mints of the two token programs, as far as a swap looks at them.

mod account_length;
mod extensions;
mod transfer_fee;

#[cfg(test)]
mod tests;

use extensions::Extensions;

pub use extensions::Obstacle;
pub use transfer_fee::{TransferFee, TransferFees};

use crate::Address;

/// The token program.
pub const TOKEN_PROGRAM: Address = Address::literal("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");

/// The token program with extensions.
pub const TOKEN_2022_PROGRAM: Address =
    Address::literal("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

/// The mint of SOL wrapped as a token.
pub const WRAPPED_SOL: Address = Address::literal("So11111111111111111111111111111111111111112");

/// Whether this is one of the two token programs.
#[must_use]
pub fn is_program(address: Address) -> bool {
    address == TOKEN_PROGRAM || address == TOKEN_2022_PROGRAM
}

/// The token program that the flags of Meteora's two programs stand for.
pub(crate) const fn program_of_flag(flag: u8) -> Address {
    match flag {
        0 => TOKEN_PROGRAM,
        _ => TOKEN_2022_PROGRAM,
    }
}

/// Bytes of a token account before any extension; extensions of mints begin behind as many.
pub const ACCOUNT_LENGTH: usize = 165;
/// Bytes of a mint before any extension.
pub const MINT_LENGTH: usize = 82;

/// A token account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenAccount {
    /// What it holds.
    pub mint: Address,
    /// Whose it is.
    pub owner: Address,
    /// How much it holds.
    pub amount: u64,
}

/// A mint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mint {
    /// Its decimals.
    pub decimals: u8,
    /// Who may make more of it.
    pub mint_authority: Option<Address>,
    /// Who may freeze the accounts of those who hold it.
    pub freeze_authority: Option<Address>,
    extensions: Extensions,
}

impl TokenAccount {
    /// Reads an account that one of the token programs owns, where it was initialized.
    #[must_use]
    pub fn read(data: &[u8]) -> Option<Self> {
        let is_initialized = *data.get(108)? != 0;
        if data.len() < ACCOUNT_LENGTH || !is_initialized {
            return None;
        }
        Some(Self {
            mint: Address(bytes(data, 0)?),
            owner: Address(bytes(data, 32)?),
            amount: u64::from_le_bytes(bytes(data, 64)?),
        })
    }
}

impl Mint {
    /// Reads an account that one of the token programs owns, where it is an initialized mint.
    #[must_use]
    pub fn read(data: &[u8]) -> Option<Self> {
        let is_initialized = *data.get(45)? != 0;
        if data.len() < MINT_LENGTH || !is_initialized {
            return None;
        }
        Some(Self {
            decimals: *data.get(44)?,
            mint_authority: authority(data, 0)?,
            freeze_authority: authority(data, 46)?,
            extensions: Extensions::of_mint(data),
        })
    }

    /// What a transfer costs in this epoch.
    #[must_use]
    pub fn transfer_fee(&self, epoch: u64) -> TransferFee {
        match self.extensions.transfer_fees {
            None => TransferFee::NONE,
            Some([_, (since, newer)]) if epoch >= since => newer,
            Some([(_, older), _]) => older,
        }
    }

    /// The extension that keeps it from being traded, where it has one.
    #[must_use]
    pub const fn obstacle(&self) -> Option<Obstacle> {
        self.extensions.obstacle
    }
}

/// None where the bytes say neither that there is one nor that there is none.
fn authority(data: &[u8], offset: usize) -> Option<Option<Address>> {
    match u32::from_le_bytes(bytes(data, offset)?) {
        0 => Some(None),
        1 => Some(Some(Address(bytes(data, offset + 4)?))),
        _ => None,
    }
}

/// Bytes of the account that holds a wallet's tokens of a mint by convention, from the mint's account and the program
/// that owns it.
#[must_use]
pub fn associated_length(program: Address, mint: &[u8]) -> usize {
    account_length::of_associated(program, mint)
}

fn bytes<const N: usize>(data: &[u8], offset: usize) -> Option<[u8; N]> {
    data.get(offset..)?.first_chunk().copied()
}
