//! Powers in Q64.64 fixed point, truncated where the programs truncate.
//!
//! Meteora's two programs share this routine: bin prices in DLMM, exponential fee schedules in
//! DAMM v2. The rounding of every step is part of the result, so this is not the place to be more
//! precise than they are.

use crate::Refusal;

/// One, in Q64.64.
pub const ONE: u128 = 1 << 64;

/// Exponents above this are refused by the programs: nineteen bits are looked at.
const EXPONENT_BITS: u32 = 19;

/// `base ^ exponent`, both base and result in Q64.64.
pub fn pow(base: u128, exponent: i32) -> Result<u128, Refusal> {
    if exponent == 0 {
        return Ok(ONE);
    }
    let magnitude = exponent.unsigned_abs();
    if magnitude >> EXPONENT_BITS != 0 {
        return Err(Refusal::Overflow);
    }

    // A base of one or more is inverted first, which keeps each product within 128 bits.
    let (mut square, inverted) = if base >= ONE {
        (
            u128::MAX.checked_div(base).ok_or(Refusal::Overflow)?,
            exponent > 0,
        )
    } else {
        (base, exponent < 0)
    };
    let mut result = ONE;
    for bit in 0..EXPONENT_BITS {
        if bit > 0 {
            square = square.checked_mul(square).ok_or(Refusal::Overflow)? >> 64;
        }
        if magnitude >> bit & 1 == 1 {
            result = result.checked_mul(square).ok_or(Refusal::Overflow)? >> 64;
        }
    }

    match (result, inverted) {
        (0, _) => Err(Refusal::Overflow),
        (_, true) => u128::MAX.checked_div(result).ok_or(Refusal::Overflow),
        (_, false) => Ok(result),
    }
}
