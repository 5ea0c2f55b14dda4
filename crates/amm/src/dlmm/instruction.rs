//! DLMM's swap instructions.

use super::Deployment;
use crate::Address;
use crate::error::{Failure, anchor};
use crate::instruction::{AccountMeta, Amounts, Data, Instruction, Trader, accounts};

const SWAP2: [u8; 8] = [65, 75, 63, 76, 235, 91, 91, 136];
const SWAP_EXACT_OUT2: [u8; 8] = [43, 215, 247, 132, 137, 60, 243, 81];

/// The memo program, which transfers to accounts that demand a memo need.
pub const MEMO_PROGRAM: Address = Address::literal("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

/// No accounts for the transfer hook of the first and of the second token.
const NO_HOOKS: [[u8; 2]; 2] = [[0, 0], [1, 0]];

/// Accounts before the bin arrays.
const FIXED_ACCOUNTS: usize = 16;

/// A swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapInstruction {
    /// Who swaps, from and to which accounts.
    pub trader: Trader,
    /// The pair.
    pub pair: Address,
    /// The bitmap of bin arrays beyond the pair's own, where there is one.
    pub bitmap_extension: Option<Address>,
    /// Vaults of the first and the second token, whichever way the swap goes.
    pub vaults: (Address, Address),
    /// Mints of the first and the second token.
    pub mints: (Address, Address),
    /// The account of price observations.
    pub oracle: Address,
    /// Who shares in the protocol's fee, where there is somebody.
    pub host: Option<Address>,
    /// Token programs of the first and the second token.
    pub token_programs: (Address, Address),
    /// The memo program.
    pub memo_program: Address,
    /// Who signs the calls that carry events.
    pub event_authority: Address,
    /// Bin arrays in the order in which the price travels, beginning with the active one.
    pub bin_arrays: Vec<Address>,
    /// How much.
    pub amounts: Amounts,
}

impl SwapInstruction {
    /// The instruction as it stands in a transaction.
    #[must_use]
    pub fn encode(&self, deployment: &Deployment) -> Instruction {
        let mut data = self.amounts.data(&SWAP2, &SWAP_EXACT_OUT2);
        // No accounts of transfer hooks.
        data.extend([0; 4]);
        // The program's own address says that there is none.
        let optional = |account: Option<Address>| {
            account.map_or(AccountMeta::read(deployment.id), AccountMeta::write)
        };
        let mut accounts = vec![
            AccountMeta::write(self.pair),
            optional(self.bitmap_extension),
            AccountMeta::write(self.vaults.0),
            AccountMeta::write(self.vaults.1),
            AccountMeta::write(self.trader.input),
            AccountMeta::write(self.trader.output),
            AccountMeta::read(self.mints.0),
            AccountMeta::read(self.mints.1),
            AccountMeta::write(self.oracle),
            optional(self.host),
            AccountMeta::sign(self.trader.wallet),
            AccountMeta::read(self.token_programs.0),
            AccountMeta::read(self.token_programs.1),
            AccountMeta::read(self.memo_program),
            AccountMeta::read(self.event_authority),
            AccountMeta::read(deployment.id),
        ];
        accounts.extend(self.bin_arrays.iter().copied().map(AccountMeta::write));
        Instruction {
            program: deployment.id,
            accounts,
            data,
        }
    }

    /// Reads a swap; other instructions of the program are unknown here, and accounts of transfer hooks are refused.
    pub fn decode(instruction: &Instruction) -> Result<Self, Failure> {
        let amounts = amounts(&instruction.data)?;
        let [
            pair,
            bitmap_extension,
            vault_first,
            vault_second,
            input,
            output,
            mint_first,
            mint_second,
            oracle,
            host,
            wallet,
            token_program_first,
            token_program_second,
            memo_program,
            event_authority,
            _program,
        ] = accounts::<FIXED_ACCOUNTS>(&instruction.accounts)?.map(|account| account.address);
        let optional = |address| (address != instruction.program).then_some(address);
        let rest = instruction.accounts.iter().skip(FIXED_ACCOUNTS);
        Ok(Self {
            trader: Trader {
                wallet,
                input,
                output,
            },
            pair,
            bitmap_extension: optional(bitmap_extension),
            vaults: (vault_first, vault_second),
            mints: (mint_first, mint_second),
            oracle,
            host: optional(host),
            token_programs: (token_program_first, token_program_second),
            memo_program,
            event_authority,
            bin_arrays: rest.map(|account| account.address).collect(),
            amounts,
        })
    }
}

/// The name that the program logs, where it knows the instruction.
pub(super) fn name(data: &[u8]) -> Option<&'static str> {
    match *data.first_chunk()? {
        SWAP2 => Some("Swap2"),
        SWAP_EXACT_OUT2 => Some("SwapExactOut2"),
        _ => None,
    }
}

/// Whether the rest of an instruction says that no accounts of transfer hooks come before the bin arrays: a list of
/// whose hook it is with how many accounts it has. The venue's own SDK names both tokens with none.
fn names_no_hooks(rest: &[u8]) -> bool {
    let Some((length, rest)) = rest.split_first_chunk() else {
        return false;
    };
    let length = usize::try_from(u32::from_le_bytes(*length));
    let (slices, _) = rest.as_chunks::<2>();
    let slices = length.ok().and_then(|length| slices.get(..length));
    slices.is_some_and(|slices| slices.iter().all(|slice| NO_HOOKS.contains(slice)))
}

fn amounts(bytes: &[u8]) -> Result<Amounts, Failure> {
    let (name, rest) = bytes
        .split_first_chunk()
        .ok_or(&anchor::INSTRUCTION_FALLBACK_NOT_FOUND)?;
    let mut rest = Data(rest);
    let integers = rest.two_u64().filter(|_| names_no_hooks(rest.0));
    let integers = integers.ok_or(&anchor::INSTRUCTION_DID_NOT_DESERIALIZE);
    match *name {
        SWAP2 => integers.map(Amounts::sale),
        SWAP_EXACT_OUT2 => integers.map(Amounts::purchase),
        _ => Err(&anchor::INSTRUCTION_FALLBACK_NOT_FOUND),
    }
    .map_err(Failure::Custom)
}
