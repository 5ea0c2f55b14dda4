//! CPMM's swap instructions.

use super::Deployment;
use crate::Address;
use crate::error::{Failure, anchor};
use crate::instruction::{AccountMeta, Amounts, Data, Instruction, Trader, accounts};

const SWAP_BASE_INPUT: [u8; 8] = [143, 190, 90, 218, 196, 30, 51, 222];
const SWAP_BASE_OUTPUT: [u8; 8] = [55, 217, 98, 86, 163, 74, 180, 173];

/// A swap, with the pool's accounts as input and output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapInstruction {
    /// Who swaps, from and to which accounts.
    pub trader: Trader,
    /// Who owns the vaults.
    pub authority: Address,
    /// The configuration account.
    pub config: Address,
    /// The pool.
    pub pool: Address,
    /// Vaults of the input and the output.
    pub vaults: (Address, Address),
    /// Token programs of the input and the output.
    pub token_programs: (Address, Address),
    /// Mints of the input and the output.
    pub mints: (Address, Address),
    /// The account of price observations.
    pub observation: Address,
    /// How much.
    pub amounts: Amounts,
}

impl SwapInstruction {
    /// The instruction as it stands in a transaction.
    #[must_use]
    pub fn encode(&self, deployment: &Deployment) -> Instruction {
        Instruction {
            program: deployment.id,
            accounts: vec![
                AccountMeta::sign(self.trader.wallet),
                AccountMeta::read(self.authority),
                AccountMeta::read(self.config),
                AccountMeta::write(self.pool),
                AccountMeta::write(self.trader.input),
                AccountMeta::write(self.trader.output),
                AccountMeta::write(self.vaults.0),
                AccountMeta::write(self.vaults.1),
                AccountMeta::read(self.token_programs.0),
                AccountMeta::read(self.token_programs.1),
                AccountMeta::read(self.mints.0),
                AccountMeta::read(self.mints.1),
                AccountMeta::write(self.observation),
            ],
            data: self.amounts.data(&SWAP_BASE_INPUT, &SWAP_BASE_OUTPUT),
        }
    }

    /// Reads a swap; other instructions of the program are unknown here.
    pub fn decode(instruction: &Instruction) -> Result<Self, Failure> {
        let amounts = amounts(&instruction.data)?;
        let [
            payer,
            authority,
            config,
            pool,
            input,
            output,
            vault_in,
            vault_out,
            token_program_in,
            token_program_out,
            mint_in,
            mint_out,
            observation,
        ] = accounts(&instruction.accounts)?.map(|account| account.address);
        Ok(Self {
            trader: Trader {
                wallet: payer,
                input,
                output,
            },
            authority,
            config,
            pool,
            vaults: (vault_in, vault_out),
            token_programs: (token_program_in, token_program_out),
            mints: (mint_in, mint_out),
            observation,
            amounts,
        })
    }
}

/// The name that the program logs, where it knows the instruction.
pub(super) fn name(data: &[u8]) -> Option<&'static str> {
    match *data.first_chunk()? {
        SWAP_BASE_INPUT => Some("SwapBaseInput"),
        SWAP_BASE_OUTPUT => Some("SwapBaseOutput"),
        _ => None,
    }
}

fn amounts(bytes: &[u8]) -> Result<Amounts, Failure> {
    let (name, rest) = bytes
        .split_first_chunk()
        .ok_or(&anchor::INSTRUCTION_FALLBACK_NOT_FOUND)?;
    let integers = Data(rest).two_u64();
    let integers = integers.ok_or(&anchor::INSTRUCTION_DID_NOT_DESERIALIZE);
    match *name {
        SWAP_BASE_INPUT => integers.map(Amounts::sale),
        SWAP_BASE_OUTPUT => integers.map(Amounts::purchase),
        _ => Err(&anchor::INSTRUCTION_FALLBACK_NOT_FOUND),
    }
    .map_err(Failure::Custom)
}
