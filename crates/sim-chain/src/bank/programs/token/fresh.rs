//! Mints and token accounts as the programs' own instructions leave them, for those that stand on a chain without any
//! instruction.

use solana_address::Address;
use solana_instruction_error::InstructionError;

use super::Edition;
use super::extension::{self, IMMUTABLE_OWNER, TRANSFER_FEE_CONFIG};
use super::state::{MINT_BYTES, Mint, TokenAccount};
use super::transfer_fee::{CONFIG_BYTES, FeeConfig};
use crate::bank::address;

/// A mint's data. Only Token-2022 has transfer fees.
pub(crate) fn fresh_mint(
    program: &Address,
    mint: &Mint,
    fees: Option<FeeConfig>,
) -> Result<Vec<u8>, InstructionError> {
    let edition = edition(program)?;
    let mut data = vec![0; MINT_BYTES];
    if let Some(fees) = fees {
        if edition == Edition::Token {
            return Err(InstructionError::InvalidAccountData);
        }
        data.resize(extension::mint_bytes_with(CONFIG_BYTES), 0);
        extension::append(&mut data, TRANSFER_FEE_CONFIG, CONFIG_BYTES)?;
        fees.write(&mut data)?;
    }
    mint.write(&mut data, edition);
    Ok(data)
}

/// The data of a token account of a mint whose data is given.
pub(crate) fn fresh_account(
    program: &Address,
    mint: &[u8],
    account: &TokenAccount,
) -> Result<Vec<u8>, InstructionError> {
    let data = vec![0; extension::account_bytes_for(mint, &[])?];
    initialized(program, data, mint, account)
}

/// The same at a wallet's associated address, whose owner never changes.
pub(crate) fn fresh_associated_account(
    program: &Address,
    mint: &[u8],
    account: &TokenAccount,
) -> Result<Vec<u8>, InstructionError> {
    if edition(program)? == Edition::Token {
        return fresh_account(program, mint, account);
    }
    let mut data = vec![0; extension::account_bytes_for(mint, &[IMMUTABLE_OWNER])?];
    extension::initialize_immutable_owner(&mut data)?;
    initialized(program, data, mint, account)
}

fn initialized(
    program: &Address,
    mut data: Vec<u8>,
    mint: &[u8],
    account: &TokenAccount,
) -> Result<Vec<u8>, InstructionError> {
    extension::initialize_required(&mut data, mint)?;
    account.write(&mut data, edition(program)?);
    Ok(data)
}

fn edition(program: &Address) -> Result<Edition, InstructionError> {
    match *program {
        address::TOKEN => Ok(Edition::Token),
        address::TOKEN_2022 => Ok(Edition::Token2022),
        _ => Err(InstructionError::IncorrectProgramId),
    }
}
