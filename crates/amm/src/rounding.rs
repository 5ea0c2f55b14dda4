//! Multiplication, division and square roots with the rounding in the name.
//!
//! Every division in the venues' formulas goes through here, so that its direction can be read at
//! the call. Products are exact: they are taken in 256 bits where 128 do not suffice.

use ruint::aliases::U256;

use crate::Refusal;

#[cfg(test)]
mod tests;

/// `a · b / divisor`, rounded down.
pub fn mul_div_floor(a: u128, b: u128, divisor: u128) -> Result<u128, Refusal> {
    match a.checked_mul(b) {
        Some(product) => product.checked_div(divisor).ok_or(Refusal::Overflow),
        None => narrow_u128(div_floor(wide_mul(a, b), U256::from(divisor))?),
    }
}

/// `a · b / divisor`, rounded up.
pub fn mul_div_ceil(a: u128, b: u128, divisor: u128) -> Result<u128, Refusal> {
    match a.checked_mul(b) {
        Some(_) if divisor == 0 => Err(Refusal::Overflow),
        Some(product) => Ok(product.div_ceil(divisor)),
        None => narrow_u128(div_ceil(wide_mul(a, b), U256::from(divisor))?),
    }
}

/// `dividend / divisor` in 256 bits, rounded down.
pub fn div_floor(dividend: U256, divisor: U256) -> Result<U256, Refusal> {
    dividend.checked_div(divisor).ok_or(Refusal::Overflow)
}

/// `dividend / divisor` in 256 bits, rounded up.
pub fn div_ceil(dividend: U256, divisor: U256) -> Result<U256, Refusal> {
    if divisor.is_zero() {
        return Err(Refusal::Overflow);
    }
    Ok(dividend.div_ceil(divisor))
}

/// The exact product of two 128-bit numbers.
#[must_use]
pub fn wide_mul(a: u128, b: u128) -> U256 {
    // Two 128-bit factors never exceed 256 bits, so wrapping cannot happen.
    U256::from(a).wrapping_mul(U256::from(b))
}

/// The product of two 256-bit numbers, where it fits.
pub fn checked_mul(a: U256, b: U256) -> Result<U256, Refusal> {
    a.checked_mul(b).ok_or(Refusal::Overflow)
}

/// The sum of two 256-bit numbers, where it fits.
pub fn checked_add(a: U256, b: U256) -> Result<U256, Refusal> {
    a.checked_add(b).ok_or(Refusal::Overflow)
}

/// The difference of two 256-bit numbers, where it is not negative.
pub fn checked_sub(a: U256, b: U256) -> Result<U256, Refusal> {
    a.checked_sub(b).ok_or(Refusal::Overflow)
}

/// The square root, rounded down.
#[must_use]
pub fn sqrt_floor(value: U256) -> U256 {
    if value.is_zero() {
        return U256::ZERO;
    }
    // Newton's iteration from above: it falls strictly until it reaches the floor of the root.
    let mut root = U256::ONE.wrapping_shl(value.bit_len().div_ceil(2));
    loop {
        let next = (root.wrapping_add(value.wrapping_div(root))).wrapping_shr(1);
        if next >= root {
            return root;
        }
        root = next;
    }
}

/// The value as a token amount, where it fits.
pub fn narrow_u64(value: u128) -> Result<u64, Refusal> {
    u64::try_from(value).map_err(|_| Refusal::Overflow)
}

/// The value in 128 bits, where it fits.
pub fn narrow_u128(value: U256) -> Result<u128, Refusal> {
    u128::try_from(value).map_err(|_| Refusal::Overflow)
}
