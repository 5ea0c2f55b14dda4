//! The two curves of a DAMM v2 pool: liquidity over a price range, and plain constant product.
//!
//! Prices are square roots in Q64.64, `√(B/A) · 2^64`; liquidity is in the same scale, so that
//! `A = L / √p` and `B = L · √p / 2^128`. Rounding always favours the pool.

use ruint::aliases::U256;

use crate::rounding::{
    checked_add, div_ceil, div_floor, mul_div_ceil, mul_div_floor, narrow_u64, narrow_u128,
    sqrt_floor, wide_mul,
};
use crate::{Direction, Refusal};

/// Liquidity that is constant between two prices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) liquidity: u128,
    pub(super) sqrt_price: u128,
    pub(super) sqrt_price_min: u128,
    pub(super) sqrt_price_max: u128,
}

/// A move along a range.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    /// What entered the pool, without fee.
    pub(super) amount_in: u64,
    /// What left it, with fee.
    pub(super) amount_out: u64,
    /// Where the price came to rest.
    pub(super) sqrt_price: u128,
}

impl Range {
    /// Puts in exactly `amount_in`; leaving the range is an error.
    pub(super) fn exact_in(&self, direction: Direction, amount_in: u64) -> Result<Move, Refusal> {
        let target = self.price_after_input(direction, amount_in)?;
        if !(self.sqrt_price_min..=self.sqrt_price_max).contains(&target) {
            return Err(Refusal::PriceRange);
        }
        self.input_move(direction, amount_in, target)
    }

    /// Puts in `amount_in` or as much as reaches the bound of the range, whichever is less.
    pub(super) fn partial_in(&self, direction: Direction, amount_in: u64) -> Result<Move, Refusal> {
        let (max_in, bound) = match direction {
            Direction::FirstToSecond => (
                ceil_amount_a(self.liquidity, self.sqrt_price_min, self.sqrt_price)?,
                self.sqrt_price_min,
            ),
            Direction::SecondToFirst => (
                ceil_amount_b(self.liquidity, self.sqrt_price, self.sqrt_price_max)?,
                self.sqrt_price_max,
            ),
        };
        if U256::from(amount_in) >= max_in {
            return self.input_move(direction, narrow_u64(narrow_u128(max_in)?)?, bound);
        }
        let target = self.price_after_input(direction, amount_in)?;
        self.input_move(direction, amount_in, target)
    }

    /// Takes out exactly `amount_out`; leaving the range is an error.
    pub(super) fn exact_out(&self, direction: Direction, amount_out: u64) -> Result<Move, Refusal> {
        let target = self.price_after_output(direction, amount_out)?;
        if !(self.sqrt_price_min..=self.sqrt_price_max).contains(&target) {
            return Err(Refusal::PriceRange);
        }
        let amount_in = match direction {
            Direction::FirstToSecond => ceil_amount_a(self.liquidity, target, self.sqrt_price)?,
            Direction::SecondToFirst => ceil_amount_b(self.liquidity, self.sqrt_price, target)?,
        };
        Ok(Move {
            amount_in: narrow_u64(narrow_u128(amount_in)?)?,
            amount_out,
            sqrt_price: target,
        })
    }

    /// What the range holds of either token, rounded down.
    pub(super) fn reserves(&self) -> Result<(u64, u64), Refusal> {
        let first = floor_amount_a(self.liquidity, self.sqrt_price, self.sqrt_price_max)?;
        let second = floor_amount_b(self.liquidity, self.sqrt_price_min, self.sqrt_price)?;
        Ok((
            narrow_u64(narrow_u128(first)?)?,
            narrow_u64(narrow_u128(second)?)?,
        ))
    }

    /// What the range holds of either token, rounded up.
    pub(super) fn reserves_rounded_up(&self) -> Result<(u64, u64), Refusal> {
        let first = ceil_amount_a(self.liquidity, self.sqrt_price, self.sqrt_price_max)?;
        let second = ceil_amount_b(self.liquidity, self.sqrt_price_min, self.sqrt_price)?;
        Ok((
            narrow_u64(narrow_u128(first)?)?,
            narrow_u64(narrow_u128(second)?)?,
        ))
    }

    fn input_move(
        &self,
        direction: Direction,
        amount_in: u64,
        target: u128,
    ) -> Result<Move, Refusal> {
        let amount_out = match direction {
            Direction::FirstToSecond => floor_amount_b(self.liquidity, target, self.sqrt_price)?,
            Direction::SecondToFirst => floor_amount_a(self.liquidity, self.sqrt_price, target)?,
        };
        Ok(Move {
            amount_in,
            amount_out: narrow_u64(narrow_u128(amount_out)?)?,
            sqrt_price: target,
        })
    }

    fn price_after_input(&self, direction: Direction, amount_in: u64) -> Result<u128, Refusal> {
        self.check()?;
        if amount_in == 0 {
            return Ok(self.sqrt_price);
        }
        match direction {
            Direction::FirstToSecond => {
                let product = wide_mul(amount_in.into(), self.sqrt_price);
                let divisor = checked_add(U256::from(self.liquidity), product)?;
                narrow_u128(div_ceil(
                    wide_mul(self.liquidity, self.sqrt_price),
                    divisor,
                )?)
            }
            Direction::SecondToFirst => {
                let step = div_floor(shifted(amount_in), U256::from(self.liquidity))?;
                narrow_u128(checked_add(U256::from(self.sqrt_price), step)?)
            }
        }
    }

    fn price_after_output(&self, direction: Direction, amount_out: u64) -> Result<u128, Refusal> {
        self.check()?;
        if amount_out == 0 {
            return Ok(self.sqrt_price);
        }
        match direction {
            Direction::FirstToSecond => {
                let step = div_ceil(shifted(amount_out), U256::from(self.liquidity))?;
                let target = U256::from(self.sqrt_price)
                    .checked_sub(step)
                    .ok_or(Refusal::InsufficientLiquidity)?;
                narrow_u128(target)
            }
            Direction::SecondToFirst => {
                let product = wide_mul(amount_out.into(), self.sqrt_price);
                let divisor = U256::from(self.liquidity)
                    .checked_sub(product)
                    .filter(|divisor| !divisor.is_zero())
                    .ok_or(Refusal::InsufficientLiquidity)?;
                narrow_u128(div_ceil(
                    wide_mul(self.liquidity, self.sqrt_price),
                    divisor,
                )?)
            }
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.liquidity == 0 || self.sqrt_price == 0 {
            return Err(Refusal::InsufficientLiquidity);
        }
        Ok(())
    }
}

/// Output of a constant product for a net input.
pub(super) fn product_exact_in(
    reserve_in: u64,
    reserve_out: u64,
    amount_in: u64,
) -> Result<u64, Refusal> {
    let deeper = reserve_in.checked_add(amount_in).ok_or(Refusal::Overflow)?;
    mul_div_floor(reserve_out.into(), amount_in.into(), deeper.into()).and_then(narrow_u64)
}

/// Net input of a constant product for an output.
pub(super) fn product_exact_out(
    reserve_in: u64,
    reserve_out: u64,
    amount_out: u64,
) -> Result<u64, Refusal> {
    let left = reserve_out.checked_sub(amount_out).filter(|left| *left > 0);
    let left = left.ok_or(Refusal::InsufficientLiquidity)?;
    mul_div_ceil(reserve_in.into(), amount_out.into(), left.into()).and_then(narrow_u64)
}

/// The square-root price two reserves stand for, rounded down.
pub(super) fn sqrt_price_of(reserve_a: u64, reserve_b: u64) -> Result<u128, Refusal> {
    narrow_u128(sqrt_floor(div_floor(
        shifted(reserve_b),
        U256::from(reserve_a),
    )?))
}

/// The liquidity two reserves stand for over the full range, rounded down.
pub(super) fn liquidity_of(reserve_a: u64, reserve_b: u64) -> Result<u128, Refusal> {
    let product = U256::from(u128::from(reserve_a) * u128::from(reserve_b));
    narrow_u128(sqrt_floor(product.wrapping_shl(128)))
}

/// An amount times 2^128: 192 bits, which always fit.
fn shifted(amount: u64) -> U256 {
    U256::from(amount).wrapping_shl(128)
}

fn floor_amount_a(liquidity: u128, lower: u128, upper: u128) -> Result<U256, Refusal> {
    div_floor(
        wide_mul(liquidity, width(lower, upper)?),
        wide_mul(lower, upper),
    )
}

fn ceil_amount_a(liquidity: u128, lower: u128, upper: u128) -> Result<U256, Refusal> {
    div_ceil(
        wide_mul(liquidity, width(lower, upper)?),
        wide_mul(lower, upper),
    )
}

fn floor_amount_b(liquidity: u128, lower: u128, upper: u128) -> Result<U256, Refusal> {
    Ok(wide_mul(liquidity, width(lower, upper)?).wrapping_shr(128))
}

fn ceil_amount_b(liquidity: u128, lower: u128, upper: u128) -> Result<U256, Refusal> {
    div_ceil(
        wide_mul(liquidity, width(lower, upper)?),
        U256::ONE.wrapping_shl(128),
    )
}

fn width(lower: u128, upper: u128) -> Result<u128, Refusal> {
    upper.checked_sub(lower).ok_or(Refusal::PriceRange)
}
