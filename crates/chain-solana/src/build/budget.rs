//! What a transaction may use and what it pays for that.

use super::instructions::{SET_COMPUTE_UNIT_LIMIT, SET_COMPUTE_UNIT_PRICE};
use crate::address::COMPUTE_BUDGET_PROGRAM;
use crate::message::Decoded;
use crate::rpc::{Lamports, MicroLamports};

/// What every signature costs.
pub const LAMPORTS_PER_SIGNATURE: u64 = 5_000;

/// What a transaction may use, and the price it offers for each unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Compute units.
    pub units: u32,
    /// For each of them.
    pub price: MicroLamports,
}

impl Budget {
    /// What a transaction of ours says of itself, in its first two instructions.
    #[must_use]
    pub fn of(transaction: &Decoded) -> Option<Self> {
        let mut said = transaction.instructions.iter();
        let mut next = |tag| {
            let instruction = said.next()?;
            let is_budget = instruction.program == COMPUTE_BUDGET_PROGRAM;
            instruction.data.strip_prefix(&[tag]).filter(|_| is_budget)
        };
        let units = next(SET_COMPUTE_UNIT_LIMIT)?.first_chunk()?;
        let price = next(SET_COMPUTE_UNIT_PRICE)?.first_chunk()?;
        Some(Self {
            units: u32::from_le_bytes(*units),
            price: MicroLamports::new(u64::from_le_bytes(*price)),
        })
    }

    /// What the transaction costs, landed or reverted; it has one signature.
    #[must_use]
    pub fn fee(&self) -> Lamports {
        let priority = self.price.times_rounded_up(self.units).get();
        Lamports::new(priority.saturating_add(LAMPORTS_PER_SIGNATURE))
    }
}

#[cfg(test)]
mod tests;
