//! How many compute units a transaction of ours may use. What is said here of the real programs is measured on them
//! (`vectors/svm` of `amm`, `vectors/units.json` of `sim-chain`) and rounded up.

use amm::Address;

use super::Asset;
use crate::address;

/// The most compute units of any transaction.
pub const UNITS_MAX: u32 = 1_400_000;

/// Of the instructions around the swaps.
const BASE_UNITS: u32 = 5_000;
/// Of making an associated account, but for its address.
const ASSOCIATED_TOKEN_UNITS: u32 = 25_000;
/// Of each bump that is tried on the way to that address, until one is off the curve.
const UNITS_A_BUMP: u32 = 1_500;
const WRAPPING_UNITS: u32 = 15_000;
const BIN_UNITS: u32 = 6_800;
/// Bins that a price may move on before the transaction lands.
const BINS_TO_SPARE: u32 = 10;

/// What a transaction does, as far as it shows in its compute units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Units of the associated accounts that it makes, or finds made.
    pub account_units: u32,
    /// Whether it wraps or unwraps SOL.
    pub wraps: bool,
    /// What its swaps use by their quotes.
    pub swap_units: u32,
}

impl Work {
    /// Of a route of this wallet along this path, whose swaps use so many units.
    pub fn of(wallet: Address, path: &[Asset], swaps: impl IntoIterator<Item = u32>) -> Self {
        let filled = path.iter().skip(1).filter(|it| !it.is_native());
        let accounts = filled.map(|it| associated_token_units(wallet, *it));
        Self {
            account_units: accounts.fold(0, u32::saturating_add),
            wraps: path.iter().any(Asset::is_native),
            swap_units: swaps.into_iter().fold(0, u32::saturating_add),
        }
    }

    /// What it uses at most by experience: in the place of a simulation.
    #[must_use]
    pub fn units(&self) -> u32 {
        let wrapping = if self.wraps { WRAPPING_UNITS } else { 0 };
        [wrapping, self.account_units, self.swap_units]
            .into_iter()
            .fold(BASE_UNITS, u32::saturating_add)
    }
}

/// What making a wallet's usual account of a token takes at most.
#[must_use]
pub(super) fn associated_token_units(wallet: Address, asset: Asset) -> u32 {
    let bump = address::associated_token_bump(wallet, asset.mint, asset.program);
    let tries = u32::from(u8::MAX - bump) + 1;
    ASSOCIATED_TOKEN_UNITS + UNITS_A_BUMP * tries
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
