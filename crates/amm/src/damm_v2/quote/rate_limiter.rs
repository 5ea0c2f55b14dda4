//! The rate limiter of a DAMM v2 pool: the larger a purchase, the higher the fee.
//!
//! The input is cut into slices of a reference amount; the first pays the cliff fee, each further
//! one an increment more, up to a maximum. Exact-out swaps need the inverse of that staircase. The
//! program finds it by solving the quadratic for the whole slices and pricing the remainder at the
//! next slice's fee; the steps are followed one by one here, because each of them rounds.

use ruint::aliases::U256;

use super::parts::{BASIS_POINTS, Circumstances, DENOMINATOR, fee_included, gross_up};
use crate::rounding::{
    checked_add, checked_mul, checked_sub, div_ceil, div_floor, mul_div_ceil, narrow_u64,
    narrow_u128, sqrt_floor,
};
use crate::{Direction, Refusal};

/// Parameters of the limiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimiter {
    /// What each further slice adds to the fee.
    pub increment_bps: u16,
    /// Time after activation at which the limiter ends, in the pool's activation unit.
    pub duration: u32,
    /// The fee no slice exceeds.
    pub max_fee_bps: u32,
    /// The size of a slice.
    pub reference_amount: u64,
}

impl RateLimiter {
    /// Whether the limiter bears on a swap: purchases of the first token while it lasts.
    pub(super) fn applies(&self, at: &Circumstances) -> bool {
        let elapsed = at.current_point.checked_sub(at.activation_point);
        at.direction == Direction::SecondToFirst
            && *self
                != Self {
                    increment_bps: 0,
                    duration: 0,
                    max_fee_bps: 0,
                    reference_amount: 0,
                }
            && elapsed.is_some_and(|elapsed| elapsed <= u64::from(self.duration))
    }

    /// The fee numerator of an input with the fee still inside.
    pub(super) fn numerator(&self, cliff: u64, included: u64) -> Result<u64, Refusal> {
        let Some(beyond) = included
            .checked_sub(self.reference_amount)
            .filter(|over| *over > 0)
        else {
            return Ok(cliff);
        };
        let whole = beyond
            .checked_div(self.reference_amount)
            .ok_or(Refusal::Overflow)?;
        let rest = beyond
            .checked_rem(self.reference_amount)
            .ok_or(Refusal::Overflow)?;
        let increment = self.increment_numerator();
        let steps = self.steps_to_max(cliff)?;

        let climbed = whole.min(steps);
        let slices = checked_mul(
            U256::from(self.reference_amount),
            staircase(cliff, increment, climbed)?,
        )?;
        let remainder = if whole < steps {
            let next = checked_add(
                U256::from(cliff),
                checked_mul(U256::from(increment), U256::from(u128::from(whole) + 1))?,
            )?;
            checked_mul(U256::from(rest), next)?
        } else {
            let at_max = checked_add(
                checked_mul(U256::from(whole - steps), U256::from(self.reference_amount))?,
                U256::from(rest),
            )?;
            checked_mul(at_max, U256::from(self.max_numerator()))?
        };
        let fee = div_ceil(checked_add(slices, remainder)?, U256::from(DENOMINATOR))?;
        let fee = narrow_u64(narrow_u128(fee)?)?;
        mul_div_ceil(fee.into(), DENOMINATOR.into(), included.into()).and_then(narrow_u64)
    }

    /// The fee numerator of an input which the fee comes on top of.
    pub(super) fn numerator_from_excluded(
        &self,
        cliff: u64,
        excluded: u64,
    ) -> Result<u64, Refusal> {
        if excluded <= self.excluded(cliff, self.reference_amount)? {
            return Ok(cliff);
        }
        let steps = self.steps_to_max(cliff)?;
        let stairs_end = (u128::from(steps) + 1)
            .checked_mul(self.reference_amount.into())
            .ok_or(Refusal::Overflow)?;
        let known_included = u64::try_from(stairs_end).unwrap_or(u64::MAX);
        let known_excluded = self.excluded(cliff, known_included)?;

        let included = if excluded == known_excluded {
            return self.numerator(cliff, known_included);
        } else if excluded < known_excluded {
            self.included_on_stairs(cliff, excluded)?
        } else if u128::from(known_included) < stairs_end {
            return Err(Refusal::Overflow);
        } else {
            let beyond = gross_up(excluded - known_excluded, self.max_numerator())?;
            beyond
                .checked_add(known_included)
                .ok_or(Refusal::Overflow)?
        };

        let fee = included.checked_sub(excluded).ok_or(Refusal::Overflow)?;
        let numerator = mul_div_ceil(fee.into(), DENOMINATOR.into(), included.into())?;
        // The program refuses a result below the cliff rather than undercharge.
        narrow_u64(numerator).and_then(|it| {
            if it < cliff {
                Err(Refusal::Overflow)
            } else {
                Ok(it)
            }
        })
    }

    /// Solves `i·v² − (2·d·r + i·r − 2·c·r)·v + 2·e·d·r = 0` for the input `v` whose whole slices
    /// leave the excluded amount `e`, and adds what the rest needs at the next slice's fee.
    fn included_on_stairs(&self, cliff: u64, excluded: u64) -> Result<u64, Refusal> {
        let two = U256::from(2);
        let increment = U256::from(self.increment_numerator());
        let reference = U256::from(self.reference_amount);
        let whole = checked_mul(two, U256::from(DENOMINATOR))?;
        let per_unit = checked_sub(
            checked_add(whole, increment)?,
            checked_mul(two, U256::from(cliff))?,
        )?;
        let linear = checked_mul(per_unit, reference)?;
        let constant = checked_mul(checked_mul(whole, U256::from(excluded))?, reference)?;

        let discriminant = checked_sub(
            checked_mul(linear, linear)?,
            checked_mul(checked_mul(U256::from(4), increment)?, constant)?,
        )?;
        let root = checked_sub(linear, sqrt_floor(discriminant))?;
        let solved = div_floor(root, checked_mul(two, increment)?)?;
        let slices = div_floor(solved, reference)?;
        let solved = narrow_u64(narrow_u128(solved)?)?;

        let missing = excluded
            .checked_sub(self.excluded(cliff, solved)?)
            .ok_or(Refusal::Overflow)?;
        let next = checked_add(U256::from(cliff), checked_mul(increment, slices)?)?;
        let rest = gross_up(missing, narrow_u64(narrow_u128(next)?)?)?;
        solved.checked_add(rest).ok_or(Refusal::Overflow)
    }

    fn excluded(&self, cliff: u64, included: u64) -> Result<u64, Refusal> {
        let fee = fee_included(included, self.numerator(cliff, included)?)?;
        included.checked_sub(fee).ok_or(Refusal::Overflow)
    }

    fn steps_to_max(&self, cliff: u64) -> Result<u64, Refusal> {
        self.max_numerator()
            .checked_sub(cliff)
            .and_then(|climb| climb.checked_div(self.increment_numerator()))
            .ok_or(Refusal::Overflow)
    }

    /// Basis points are whole parts of the denominator, so nothing is lost.
    fn increment_numerator(&self) -> u64 {
        u64::from(self.increment_bps) * (DENOMINATOR / BASIS_POINTS)
    }

    fn max_numerator(&self) -> u64 {
        u64::from(self.max_fee_bps) * (DENOMINATOR / BASIS_POINTS)
    }
}

/// The sum of the fees of the first slice and of `climbed` further ones.
fn staircase(cliff: u64, increment: u64, climbed: u64) -> Result<U256, Refusal> {
    let cliff = U256::from(cliff);
    let climbed = U256::from(climbed);
    let level = checked_add(cliff, checked_mul(cliff, climbed)?)?;
    let next = checked_add(climbed, U256::ONE)?;
    let twice = checked_mul(checked_mul(U256::from(increment), climbed)?, next)?;
    checked_add(level, twice.wrapping_shr(1))
}
