//! The instructions around the swaps, as the chain's own programs read them.

use amm::Address;
use amm::instruction::{AccountMeta, Instruction};

use super::Asset;
use crate::address::{
    ASSOCIATED_TOKEN_PROGRAM, COMPUTE_BUDGET_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM,
};
use crate::rpc::{Lamports, MicroLamports};

pub(super) const SET_COMPUTE_UNIT_LIMIT: u8 = 2;
pub(super) const SET_COMPUTE_UNIT_PRICE: u8 = 3;
const TRANSFER: u32 = 2;
const CREATE_ACCOUNT_WITH_SEED: u32 = 3;
const CREATE_IDEMPOTENT: u8 = 1;
const CLOSE_ACCOUNT: u8 = 9;
const INITIALIZE_ACCOUNT_3: u8 = 18;

const fn signing_writer(address: Address) -> AccountMeta {
    AccountMeta {
        address,
        is_signer: true,
        is_writable: true,
    }
}

pub(crate) fn compute_unit_limit(units: u32) -> Instruction {
    Instruction {
        program: COMPUTE_BUDGET_PROGRAM,
        accounts: Vec::new(),
        data: [&[SET_COMPUTE_UNIT_LIMIT][..], &units.to_le_bytes()].concat(),
    }
}

pub(crate) fn compute_unit_price(price: MicroLamports) -> Instruction {
    Instruction {
        program: COMPUTE_BUDGET_PROGRAM,
        accounts: Vec::new(),
        data: [&[SET_COMPUTE_UNIT_PRICE][..], &price.get().to_le_bytes()].concat(),
    }
}

/// A transfer of nothing from the wallet to itself that names one more address, which nobody looks at.
pub(crate) fn transfer_of_nothing(wallet: Address, named: Address) -> Instruction {
    Instruction {
        program: SYSTEM_PROGRAM,
        accounts: vec![
            signing_writer(wallet),
            AccountMeta::write(wallet),
            AccountMeta::read(named),
        ],
        data: [&TRANSFER.to_le_bytes()[..], &0_u64.to_le_bytes()].concat(),
    }
}

/// The wallet's usual account of an asset, made where it is not there yet.
pub(crate) fn create_associated_token(
    wallet: Address,
    account: Address,
    asset: Asset,
) -> Instruction {
    Instruction {
        program: ASSOCIATED_TOKEN_PROGRAM,
        accounts: vec![
            signing_writer(wallet),
            AccountMeta::write(account),
            AccountMeta::read(wallet),
            AccountMeta::read(asset.mint),
            AccountMeta::read(SYSTEM_PROGRAM),
            AccountMeta::read(asset.program),
        ],
        data: vec![CREATE_IDEMPOTENT],
    }
}

/// A token account at a seed's address, holding its rent and what is to be wrapped.
pub(crate) fn create_with_seed(
    wallet: Address,
    account: Address,
    seed: &str,
    lamports: Lamports,
    bytes: usize,
    token_program: Address,
) -> Instruction {
    let data = [
        &CREATE_ACCOUNT_WITH_SEED.to_le_bytes()[..],
        &wallet.0,
        &(seed.len() as u64).to_le_bytes(),
        seed.as_bytes(),
        &lamports.get().to_le_bytes(),
        &(bytes as u64).to_le_bytes(),
        &token_program.0,
    ];
    Instruction {
        program: SYSTEM_PROGRAM,
        accounts: vec![signing_writer(wallet), AccountMeta::write(account)],
        data: data.concat(),
    }
}

/// Makes it an account of an asset; of native SOL, what it holds beyond its rent is wrapped by that.
pub(crate) fn initialize_account(wallet: Address, account: Address, asset: Asset) -> Instruction {
    Instruction {
        program: asset.program,
        accounts: vec![AccountMeta::write(account), AccountMeta::read(asset.mint)],
        data: [&[INITIALIZE_ACCOUNT_3][..], &wallet.0].concat(),
    }
}

/// Ends the temporary account: all that it holds goes to the wallet, unwrapped.
pub(crate) fn close(wallet: Address, account: Address) -> Instruction {
    Instruction {
        program: TOKEN_PROGRAM,
        accounts: vec![
            AccountMeta::write(account),
            AccountMeta::write(wallet),
            AccountMeta::sign(wallet),
        ],
        data: vec![CLOSE_ACCOUNT],
    }
}
