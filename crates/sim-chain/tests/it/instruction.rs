//! Instructions as clients put them together.

use sim_chain::bank::address;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

/// Moves lamports; `from` signs.
pub(crate) fn transfer(from: Address, to: Address, lamports: u64) -> Instruction {
    Instruction {
        program_id: address::SYSTEM,
        accounts: vec![AccountMeta::new(from, true), AccountMeta::new(to, false)],
        data: [&2_u32.to_le_bytes()[..], &lamports.to_le_bytes()].concat(),
    }
}

/// Puts SOL into the wallet's account for wrapped SOL, which is made where it is not there.
pub(crate) fn wrap(wallet: Address, lamports: u64) -> [Instruction; 3] {
    let account = address::associated_token(&wallet, &address::WRAPPED_SOL, &address::TOKEN);
    let create = Instruction {
        program_id: address::ASSOCIATED_TOKEN,
        accounts: vec![
            AccountMeta::new(wallet, true),
            AccountMeta::new(account, false),
            AccountMeta::new_readonly(wallet, false),
            AccountMeta::new_readonly(address::WRAPPED_SOL, false),
            AccountMeta::new_readonly(address::SYSTEM, false),
            AccountMeta::new_readonly(address::TOKEN, false),
        ],
        data: vec![1],
    };
    let sync = Instruction {
        program_id: address::TOKEN,
        accounts: vec![AccountMeta::new(account, false)],
        data: vec![17],
    };
    [create, transfer(wallet, account, lamports), sync]
}

/// An instruction of the crate `amm`.
pub(crate) fn to_solana(instruction: amm::instruction::Instruction) -> Instruction {
    let accounts = instruction.accounts.into_iter();
    Instruction {
        program_id: instruction.program.0.into(),
        accounts: accounts
            .map(|meta| AccountMeta {
                pubkey: meta.address.0.into(),
                is_signer: meta.is_signer,
                is_writable: meta.is_writable,
            })
            .collect(),
        data: instruction.data,
    }
}
