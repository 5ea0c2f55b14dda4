//! Prices as exact ratios.

use std::cmp::Ordering;

use ruint::Uint;
use ruint::aliases::U256;

use crate::rounding::wide_mul;

#[cfg(test)]
mod tests;

/// One, in millionths.
const MILLION: u64 = 1_000_000;
/// One, in hundredths of a percent.
const BASIS_POINTS: u64 = 10_000;
/// The lowest price that a pool can have is a one behind 39 zeros, and that many more digits tell it exactly enough.
const PLACES_MAX: u32 = 72;

/// Eighteen digits are less than this.
const DIGITS_END: u64 = 1_000_000_000_000_000_000;

/// Wide enough for any price's terms times an amount, in millionths.
type Wide = Uint<512, 8>;

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

    /// The price of the second token in the first.
    #[must_use]
    pub const fn inverse(&self) -> Self {
        Self {
            numerator: self.denominator,
            denominator: self.numerator,
        }
    }

    /// How much less than at this price came of what was paid in the first token, in millionths rounded down: nothing
    /// of that where more came, and no answer where nothing was due.
    #[must_use]
    pub fn shortfall_ppm(&self, paid: u64, received: u64) -> Option<u32> {
        let product = |a: U256, b: u64| a.widening_mul::<64, 1, 320, 5>(Uint::from(b));
        let due = Wide::from(product(self.numerator, paid));
        let missing = due.saturating_sub(Wide::from(product(self.denominator, received)));
        let ppm = (missing * Wide::from(MILLION)).checked_div(due)?;
        u32::try_from(ppm).ok()
    }

    /// Which of two prices is the higher one.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        let (own, others) = self.over_one(other);
        own.cmp(&others)
    }

    /// How far it is from another price, in hundredths of a percent of that one, rounded up.
    #[must_use]
    pub fn deviation_bps(&self, from: &Self) -> u32 {
        let (own, others) = self.over_one(from);
        let apart = own.abs_diff(others);
        let bps = apart
            .checked_mul(Wide::from(BASIS_POINTS))
            .filter(|_| !others.is_zero())
            .map(|scaled| scaled.div_ceil(others));
        bps.and_then(|bps| u32::try_from(bps).ok())
            .unwrap_or(u32::MAX)
    }

    /// The price less these parts of it, each kept as a fraction, as eighteen significant digits and the power of ten of
    /// the last one: cut and never rounded. Nothing where it is zero, infinite or beyond any use.
    #[must_use]
    pub fn significant(&self, kept: [(u64, u64); 2]) -> Option<(u64, i32)> {
        let mut above = Wide::from(self.numerator);
        let mut below = Wide::from(self.denominator);
        for (numerator, denominator) in kept {
            above = above.checked_mul(Wide::from(numerator))?;
            below = below.checked_mul(Wide::from(denominator))?;
        }
        let (ten, most) = (Wide::from(10), Wide::from(DIGITS_END));
        if above.is_zero() || below.is_zero() {
            return None;
        }
        let mut power = 0;
        while above.checked_div(below)? >= most {
            below = below.checked_mul(ten)?;
            power += 1;
        }
        let mut found = above / below;
        while found * ten < most {
            let Some(longer) = above.checked_mul(ten) else {
                break;
            };
            above = longer;
            found = above / below;
            power -= 1;
        }
        let digits = u64::try_from(found).ok().filter(|digits| *digits > 0)?;
        Some((digits, power))
    }

    /// Two prices over the same denominator.
    fn over_one(&self, other: &Self) -> (Wide, Wide) {
        let product = |a: U256, b: U256| a.widening_mul::<256, 4, 512, 8>(b);
        (
            product(self.numerator, other.denominator),
            product(other.numerator, self.denominator),
        )
    }

    /// The price as a whole number and how many decimal places that has, cut and never rounded, with as many digits
    /// as fit; nothing where it is infinite or beyond any use.
    #[must_use]
    pub fn decimal(&self) -> Option<(u128, u32)> {
        let denominator = Wide::from(self.denominator);
        let mut numerator = Wide::from(self.numerator);
        let mut found = u128::try_from(numerator.checked_div(denominator)?).ok()?;
        let mut places = 0;
        while !numerator.is_zero() && places < PLACES_MAX {
            numerator *= Wide::from(10);
            let Ok(longer) = u128::try_from(numerator / denominator) else {
                break;
            };
            (found, places) = (longer, places + 1);
        }
        Some((found, places))
    }
}

// By value: two ratios may say the same.
impl PartialEq for Price {
    fn eq(&self, other: &Self) -> bool {
        self.compare(other).is_eq()
    }
}

impl Eq for Price {}
