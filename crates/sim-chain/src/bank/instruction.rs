//! Instructions of the runtime's own programs, for transactions that are put together here.

use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use super::address;

/// Lets a transaction use this many compute units.
pub(crate) fn units_limit(units: u32) -> Instruction {
    Instruction {
        program_id: address::COMPUTE_BUDGET,
        accounts: Vec::new(),
        data: [&[2][..], &units.to_le_bytes()].concat(),
    }
}

/// Moves lamports; `from` signs.
pub(crate) fn transfer(from: Address, to: Address, lamports: u64) -> Instruction {
    Instruction {
        program_id: address::SYSTEM,
        accounts: vec![AccountMeta::new(from, true), AccountMeta::new(to, false)],
        data: [&2_u32.to_le_bytes()[..], &lamports.to_le_bytes()].concat(),
    }
}
