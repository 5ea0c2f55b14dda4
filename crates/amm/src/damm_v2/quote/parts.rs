//! Parts of an amount: every fee is a numerator over one denominator, in the circumstances of a swap.

use crate::rounding::{mul_div_ceil, narrow_u64};
use crate::{Direction, Refusal};

/// What every fee numerator is a fraction of.
pub(in crate::damm_v2) const DENOMINATOR: u64 = 1_000_000_000;

/// Basis points in one.
pub(super) const BASIS_POINTS: u64 = 10_000;

/// The circumstances of a swap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    pub(super) direction: Direction,
    pub(super) activation_point: u64,
    pub(super) current_point: u64,
    pub(super) sqrt_price: u128,
    pub(super) initial_sqrt_price: u128,
}

/// The fee inside an amount.
pub(super) fn fee_included(amount: u64, numerator: u64) -> Result<u64, Refusal> {
    mul_div_ceil(amount.into(), numerator.into(), DENOMINATOR.into()).and_then(narrow_u64)
}

/// The smallest amount that leaves `excluded` once the fee is taken off.
pub(super) fn gross_up(excluded: u64, numerator: u64) -> Result<u64, Refusal> {
    let kept = DENOMINATOR
        .checked_sub(numerator)
        .ok_or(Refusal::Overflow)?;
    mul_div_ceil(excluded.into(), DENOMINATOR.into(), kept.into()).and_then(narrow_u64)
}

/// The fee that comes on top of an amount.
pub(super) fn fee_on_top(excluded: u64, numerator: u64) -> Result<u64, Refusal> {
    gross_up(excluded, numerator)?
        .checked_sub(excluded)
        .ok_or(Refusal::Overflow)
}
