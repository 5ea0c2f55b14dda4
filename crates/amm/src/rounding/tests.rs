//! Proves of the shared arithmetic:
//! 1. floor and ceiling enclose the exact quotient, in 128 as in 256 bits;
//! 2. the root is the largest whose square does not exceed the value;
//! 3. a division by zero is an error.

use proptest::prelude::*;
use ruint::aliases::U256;

use super::{Refusal, div_ceil, div_floor, mul_div_ceil, mul_div_floor, sqrt_floor, wide_mul};

proptest! {
    #[test]
    fn floor_and_ceiling_enclose_the_quotient(
        a in any::<u128>(),
        b in any::<u128>(),
        divisor in 1u128..,
    ) {
        let product = wide_mul(a, b);
        match (mul_div_floor(a, b, divisor), mul_div_ceil(a, b, divisor)) {
            (Ok(floor), Ok(ceil)) => {
                prop_assert!(ceil - floor <= 1);
                prop_assert!(wide_mul(floor, divisor) <= product);
                prop_assert!(wide_mul(ceil, divisor) >= product);
            }
            (floor, ceil) => {
                prop_assert_eq!(ceil, Err(Refusal::Overflow));
                prop_assert!(floor.is_err() || floor == Ok(u128::MAX));
            }
        }
    }

    #[test]
    fn the_root_is_the_largest_that_fits(limbs in any::<[u64; 4]>(), shift in 0usize..256) {
        let value = U256::from_limbs(limbs) >> shift;

        let root = sqrt_floor(value);

        prop_assert!(root.checked_mul(root).is_some_and(|square| square <= value));
        let next = root + U256::ONE;
        prop_assert!(next.checked_mul(next).is_none_or(|square| square > value));
    }
}

#[test]
fn nothing_is_divided_by_zero() {
    assert_eq!(mul_div_floor(1, 1, 0), Err(Refusal::Overflow));
    assert_eq!(mul_div_ceil(1, 1, 0), Err(Refusal::Overflow));
    assert_eq!(mul_div_ceil(u128::MAX, 2, 0), Err(Refusal::Overflow));
    assert_eq!(div_floor(U256::ONE, U256::ZERO), Err(Refusal::Overflow));
    assert_eq!(div_ceil(U256::ONE, U256::ZERO), Err(Refusal::Overflow));
}
