//! What a transaction may use and what it pays for that.

use amm::Pool;

use crate::rpc::{Lamports, MicroLamports};

/// The most compute units of any transaction.
pub const UNITS_MAX: u32 = 1_400_000;
/// What every signature costs.
pub const LAMPORTS_PER_SIGNATURE: u64 = 5_000;

/// Compute units of the instructions around the swaps, and of what the token programs do in them, by executions of
/// the real programs (`vectors/svm`), rounded up.
const BASE_UNITS: u32 = 5_000;
/// Deriving an associated account's address takes more the more often it meets the curve.
const ASSOCIATED_TOKEN_UNITS: u32 = 30_000;
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
    /// What the transaction costs, landed or reverted; it has one signature.
    #[must_use]
    pub fn fee(&self) -> Lamports {
        let priority = self.price.times_rounded_up(self.units).get();
        Lamports::new(priority.saturating_add(LAMPORTS_PER_SIGNATURE))
    }

    /// The same with a price that keeps the fee beyond the signature's under a cap.
    #[must_use]
    pub fn capped(self, cap: Lamports) -> Self {
        let dearest = u128::from(cap.get()) * 1_000_000 / u128::from(self.units.max(1));
        let dearest = MicroLamports::new(u64::try_from(dearest).unwrap_or(u64::MAX));
        Self {
            price: self.price.min(dearest),
            ..self
        }
    }
}

/// What a transaction does, as far as it shows in its compute units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Associated accounts that it makes, or finds made.
    pub associated_accounts: u32,
    /// Whether it wraps or unwraps SOL.
    pub wraps: bool,
}

impl Work {
    /// A limit for a transaction that was not simulated; each leg with the bins that its quote crosses, which only
    /// DLMM has.
    #[must_use]
    pub fn units<'a>(&self, legs: impl IntoIterator<Item = (&'a Pool, u32)>) -> u32 {
        let wrapping = if self.wraps { WRAPPING_UNITS } else { 0 };
        let accounts = self
            .associated_accounts
            .saturating_mul(ASSOCIATED_TOKEN_UNITS);
        let around = BASE_UNITS.saturating_add(wrapping).saturating_add(accounts);
        let swaps = legs.into_iter().map(|(pool, bins)| swap_units(pool, bins));
        swaps.fold(around, u32::saturating_add).min(UNITS_MAX)
    }
}

/// A limit for a transaction that used so many units in a simulation.
#[must_use]
pub fn units_after_simulation(used: u64, has_bins: bool) -> u32 {
    let spare = if has_bins {
        BINS_TO_SPARE * BIN_UNITS
    } else {
        0
    };
    let limit = used
        .saturating_mul(115)
        .div_ceil(100)
        .saturating_add(spare.into());
    u32::try_from(limit).unwrap_or(UNITS_MAX).min(UNITS_MAX)
}

/// Half as much again as the most that `vectors/svm` shows.
fn swap_units(pool: &Pool, bins: u32) -> u32 {
    match pool {
        Pool::Cpmm(_) => 75_000,
        Pool::AmmV4(_) => 45_000,
        Pool::DammV2(_) => 50_000,
        Pool::Dlmm(_) => {
            let bins = bins.saturating_add(BINS_TO_SPARE);
            bins.saturating_mul(BIN_UNITS).saturating_add(70_000)
        }
    }
}

#[cfg(test)]
mod tests;
