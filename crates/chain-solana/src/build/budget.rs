//! What a transaction may use and what it pays for that.

use super::instructions::{SET_COMPUTE_UNIT_LIMIT, SET_COMPUTE_UNIT_PRICE};
use crate::address::COMPUTE_BUDGET_PROGRAM;
use crate::message::Decoded;
use crate::rpc::{Lamports, MicroLamports};

/// The most compute units of any transaction.
pub const UNITS_MAX: u32 = 1_400_000;
/// What every signature costs.
pub const LAMPORTS_PER_SIGNATURE: u64 = 5_000;

/// Compute units of the instructions around the swaps, by executions of the real programs (`vectors/svm`), rounded up.
const BASE_UNITS: u32 = 5_000;
/// Deriving an associated account's address takes more the more often it meets the curve.
pub(super) const ASSOCIATED_TOKEN_UNITS: u32 = 30_000;
const WRAPPING_UNITS: u32 = 15_000;
const BIN_UNITS: u32 = 6_000;
/// Bins that a price may move on before the transaction lands.
const BINS_TO_SPARE: u32 = 10;

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

/// What a transaction does, as far as it shows in its compute units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Associated accounts that it makes, or finds made.
    pub associated_accounts: u32,
    /// Whether it wraps or unwraps SOL.
    pub wraps: bool,
    /// What its swaps use by their quotes.
    pub swap_units: u32,
}

impl Work {
    /// What it uses at most by experience: in the place of a simulation.
    #[must_use]
    pub fn units(&self) -> u32 {
        let wrapping = if self.wraps { WRAPPING_UNITS } else { 0 };
        let accounts = self
            .associated_accounts
            .saturating_mul(ASSOCIATED_TOKEN_UNITS);
        [wrapping, accounts, self.swap_units]
            .into_iter()
            .fold(BASE_UNITS, u32::saturating_add)
    }
}

/// A limit for a transaction that used so many units in a simulation, or uses so many by experience. Where it has
/// bins (DLMM) the price may move on by some before it lands.
#[must_use]
pub fn units_limit(used: u32, has_bins: bool) -> u32 {
    let spare = if has_bins {
        BINS_TO_SPARE * BIN_UNITS
    } else {
        0
    };
    let limit = (u64::from(used) * 115).div_ceil(100) + u64::from(spare);
    u32::try_from(limit).unwrap_or(UNITS_MAX).min(UNITS_MAX)
}

#[cfg(test)]
mod tests;
