//! The volatility fee of a DAMM v2 pool: it rises with recent price moves and decays with time.
//!
//! A swap pays by the volatility stored before it; what the swap itself adds is paid by the next.

use super::parts::BASIS_POINTS;
use crate::rounding::{mul_div_floor, narrow_u128, wide_mul};
use crate::{Refusal, q64};

/// Scale between the squared volatility and a fee numerator.
const VARIABLE_FEE_SCALE: u128 = 100_000_000_000;

/// Parameters and state of the volatility fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volatility {
    /// The accumulator never exceeds this.
    pub max_accumulator: u32,
    /// Weight of the volatility in the fee.
    pub variable_fee_control: u32,
    /// Price step, in basis points, that counts as one bin.
    pub bin_step: u16,
    /// Seconds within which swaps count as one burst.
    pub filter_period: u16,
    /// Seconds after which past volatility is forgotten.
    pub decay_period: u16,
    /// Basis points of past volatility that survive a pause shorter than the decay period.
    pub reduction_factor: u16,
    /// Unix time of the last swap that moved the price by a bin or more.
    pub last_update: u64,
    /// The price step in Q64.64.
    pub bin_step_q64: u128,
    /// The price from which the present burst is measured.
    pub sqrt_price_reference: u128,
    /// Present volatility.
    pub accumulator: u128,
    /// Volatility carried over from before the present burst.
    pub reference: u128,
}

impl Volatility {
    /// The fee numerator that the stored volatility asks for.
    pub(super) fn fee_numerator(&self) -> Result<u128, Refusal> {
        let scaled = self
            .accumulator
            .checked_mul(self.bin_step.into())
            .ok_or(Refusal::Overflow)?;
        let squared = narrow_u128(wide_mul(scaled, scaled))?;
        let weighted = squared
            .checked_mul(self.variable_fee_control.into())
            .ok_or(Refusal::Overflow)?;
        Ok(weighted.div_ceil(VARIABLE_FEE_SCALE))
    }

    /// The state after a swap that moved the price from `old` to `new`.
    pub(super) fn after(&self, old: u128, new: u128, unix_time: u64) -> Result<Self, Refusal> {
        let mut after = *self;
        // A clock behind the last update means a stale reading, not a pause.
        let elapsed = unix_time.saturating_sub(self.last_update);
        if elapsed >= u64::from(self.filter_period) {
            after.sqrt_price_reference = old;
            after.reference = if elapsed < u64::from(self.decay_period) {
                mul_div_floor(
                    self.accumulator,
                    self.reduction_factor.into(),
                    BASIS_POINTS.into(),
                )?
            } else {
                0
            };
        }

        let moved = self.bins_between(new, after.sqrt_price_reference)?;
        let added = moved
            .checked_mul(BASIS_POINTS.into())
            .ok_or(Refusal::Overflow)?;
        after.accumulator = after
            .reference
            .checked_add(added)
            .ok_or(Refusal::Overflow)?
            .min(self.max_accumulator.into());
        if self.bins_between(old, new)? > 0 {
            after.last_update = unix_time;
        }
        Ok(after)
    }

    fn bins_between(&self, a: u128, b: u128) -> Result<u128, Refusal> {
        let ratio = mul_div_floor(a.max(b), q64::ONE, a.min(b))?;
        let rise = ratio.checked_sub(q64::ONE).ok_or(Refusal::Overflow)?;
        let steps = rise
            .checked_div(self.bin_step_q64)
            .ok_or(Refusal::Overflow)?;
        // The ratio is one of square roots: a step of the price is half a step here.
        steps.checked_mul(2).ok_or(Refusal::Overflow)
    }
}
