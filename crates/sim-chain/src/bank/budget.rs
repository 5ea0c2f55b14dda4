//! What a transaction may use and what it pays for that: the instructions of the Compute Budget program, read
//! before anything runs.

use solana_instruction_error::InstructionError;
use solana_transaction_error::TransactionError;

use super::address;
use super::message::{Transaction, position};

pub const LAMPORTS_PER_SIGNATURE: u64 = 5_000;

/// No transaction may use more, whatever it asks for.
const UNITS_MAX: u32 = 1_400_000;
/// What an instruction may use where the transaction does not say.
const UNITS_PER_INSTRUCTION: u32 = 200_000;
/// The same for a program that is part of the runtime.
const UNITS_PER_BUILTIN: u32 = 3_000;
const DATA_BYTES_MAX: u32 = 64 * 1024 * 1024;
const HEAP_BYTES: std::ops::RangeInclusive<u32> = 32 * 1024..=256 * 1024;
const HEAP_STEP: u32 = 1024;
const MICRO_LAMPORTS: u128 = 1_000_000;

/// What one transaction may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub units: u32,
    /// In millionths of a lamport for each unit of the limit, used or not.
    pub unit_price: u64,
    /// The data of all accounts that the transaction names.
    pub data_bytes: u32,
}

#[derive(Debug, Default)]
struct Asked {
    heap_bytes: Option<u32>,
    units: Option<u32>,
    unit_price: Option<u64>,
    data_bytes: Option<u32>,
}

impl Limits {
    /// What the transaction asks for, or the defaults.
    pub fn of(transaction: &Transaction) -> Result<Self, TransactionError> {
        let mut asked = Asked::default();
        let mut default_units: u32 = 0;
        for (index, instruction) in transaction.instructions().iter().enumerate() {
            let program = transaction.program(instruction);
            if *program == address::COMPUTE_BUDGET {
                asked.read(position(index), &instruction.data)?;
            }
            default_units = default_units.saturating_add(if address::is_builtin(program) {
                UNITS_PER_BUILTIN
            } else {
                UNITS_PER_INSTRUCTION
            });
        }
        if asked.data_bytes == Some(0) {
            return Err(TransactionError::InvalidLoadedAccountsDataSizeLimit);
        }
        Ok(Self {
            units: asked.units.unwrap_or(default_units).min(UNITS_MAX),
            unit_price: asked.unit_price.unwrap_or(0),
            data_bytes: asked
                .data_bytes
                .unwrap_or(DATA_BYTES_MAX)
                .min(DATA_BYTES_MAX),
        })
    }
}

impl Asked {
    fn read(&mut self, position: u8, data: &[u8]) -> Result<(), TransactionError> {
        let invalid =
            TransactionError::InstructionError(position, InstructionError::InvalidInstructionData);
        let (tag, rest) = data.split_first().ok_or(invalid.clone())?;
        let small = rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        let large = rest.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        let twice = match (*tag, small, large) {
            (1, Some(bytes), _) => {
                if !HEAP_BYTES.contains(&bytes) || !bytes.is_multiple_of(HEAP_STEP) {
                    return Err(invalid);
                }
                self.heap_bytes.replace(bytes).is_some()
            }
            (2, Some(units), _) => self.units.replace(units).is_some(),
            (3, _, Some(price)) => self.unit_price.replace(price).is_some(),
            (4, Some(bytes), _) => self.data_bytes.replace(bytes).is_some(),
            _ => return Err(invalid),
        };
        if twice {
            return Err(TransactionError::DuplicateInstruction(position));
        }
        Ok(())
    }
}

/// What a transaction pays for being in a block, in lamports.
#[must_use]
pub fn fee(signatures: usize, limits: &Limits) -> u64 {
    let micro = u128::from(limits.unit_price) * u128::from(limits.units);
    let priority = u64::try_from(micro.div_ceil(MICRO_LAMPORTS)).unwrap_or(u64::MAX);
    LAMPORTS_PER_SIGNATURE
        .saturating_mul(signatures as u64)
        .saturating_add(priority)
}

#[cfg(test)]
mod tests;
