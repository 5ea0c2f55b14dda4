//! Prices as exact ratios.

use ruint::aliases::U256;

use crate::rounding::wide_mul;

#[cfg(test)]
mod tests;

/// One, in millionths.
const MILLION: u64 = 1_000_000;

/// A price of a pool's first token in base units of the second.
#[derive(Debug, Clone, Copy)]
pub struct Price {
    numerator: U256,
    denominator: U256,
}

impl Price {
    /// The price at which two reserves are worth the same.
    #[must_use]
    pub(crate) fn of_reserves((first, second): (u128, u128)) -> Self {
        Self {
            numerator: U256::from(second),
            denominator: U256::from(first),
        }
    }

    /// A price in Q64.64.
    #[must_use]
    pub(crate) fn of_q64(price: u128) -> Self {
        Self {
            numerator: U256::from(price),
            denominator: U256::ONE.wrapping_shl(64),
        }
    }

    /// A price by its root in Q64.64.
    #[must_use]
    pub(crate) fn of_sqrt_q64(root: u128) -> Self {
        Self {
            numerator: wide_mul(root, root),
            denominator: U256::ONE.wrapping_shl(128),
        }
    }

    /// The price as numerator and denominator.
    #[must_use]
    pub const fn ratio(&self) -> (U256, U256) {
        (self.numerator, self.denominator)
    }

    /// How far a later price is from this one, in millionths of this one, rounded down; nothing where either is zero
    /// or infinite.
    #[must_use]
    pub fn moved_ppm(&self, later: &Self) -> Option<u64> {
        let (before, after) = if self.denominator == later.denominator {
            (self.numerator, later.numerator)
        } else {
            (
                self.numerator.checked_mul(later.denominator)?,
                later.numerator.checked_mul(self.denominator)?,
            )
        };
        let moved = before.abs_diff(after).checked_mul(U256::from(MILLION));
        let ppm = match moved {
            Some(moved) => moved.checked_div(before)?,
            // Too wide to multiply; then the divisor is wide enough to be divided.
            None => before
                .abs_diff(after)
                .checked_div(before.checked_div(U256::from(MILLION))?)?,
        };
        u64::try_from(ppm).ok()
    }
}

// By value: two ratios may say the same.
impl PartialEq for Price {
    fn eq(&self, other: &Self) -> bool {
        let product = |a: U256, b: U256| a.widening_mul::<256, 4, 512, 8>(b);
        product(self.numerator, other.denominator) == product(other.numerator, self.denominator)
    }
}

impl Eq for Price {}
