//! Prices: amount out per amount in, printed for people as an exact decimal text, and as clients name them.

mod exact;

pub use exact::{InvalidPrice, Price};

use crate::amount::BaseUnits;
use crate::asset::Asset;

/// How many digits a price has; further digits are truncated, never rounded.
pub const SIGNIFICANT_DIGITS: usize = 18;

/// `amount_out / amount_in` in whole units of the assets, 18 significant digits, truncated.
///
/// # Panics
/// Never for an amount of a real order: `amount_in` is greater than zero.
#[must_use]
pub fn price(
    asset_in: Asset,
    amount_in: BaseUnits,
    asset_out: Asset,
    amount_out: BaseUnits,
) -> String {
    let exponent = i32::from(asset_in.decimals) - i32::from(asset_out.decimals);
    ratio(
        u128::from(amount_out.get()),
        u128::from(amount_in.get()),
        exponent,
    )
}

/// `numerator / denominator × 10^exponent` as a canonical decimal of [`SIGNIFICANT_DIGITS`] digits.
/// A zero denominator gives `0`, because without an amount there is no price.
#[must_use]
pub fn ratio(numerator: u128, denominator: u128, exponent: i32) -> String {
    if numerator == 0 || denominator == 0 {
        return "0".to_owned();
    }
    // Long division, digit by digit: the quotient's digits and the power of ten of the last digit.
    let mut digits = (numerator / denominator).to_string();
    let mut remainder = numerator % denominator;
    let mut last_place = exponent;
    while remainder != 0 && digits.trim_start_matches('0').len() < SIGNIFICANT_DIGITS {
        remainder *= 10;
        digits.push(char::from(
            b'0' + u8::try_from(remainder / denominator).unwrap_or(9),
        ));
        remainder %= denominator;
        last_place -= 1;
    }
    place_point(digits.trim_start_matches('0'), last_place)
}

fn place_point(digits: &str, last_place: i32) -> String {
    let mut kept = digits.to_owned();
    let mut last_place = last_place;
    if kept.len() > SIGNIFICANT_DIGITS {
        last_place += i32::try_from(kept.len() - SIGNIFICANT_DIGITS).unwrap_or(0);
        kept.truncate(SIGNIFICANT_DIGITS);
    }
    if let Ok(zeros) = usize::try_from(last_place) {
        return kept + &"0".repeat(zeros);
    }
    let places = usize::try_from(-last_place).unwrap_or(0);
    let padded = format!("{kept:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(numerator: u128, denominator: u128, exponent: i32, expected: &str) {
        assert_eq!(ratio(numerator, denominator, exponent), expected);
    }

    #[test]
    fn a_ratio_is_exact_where_it_ends() {
        check(3, 2, 0, "1.5");
        check(10, 2, 0, "5");
        check(1, 8, 0, "0.125");
        check(123, 1, 2, "12300");
        check(0, 7, 3, "0");
    }

    #[test]
    fn a_ratio_is_cut_after_eighteen_significant_digits() {
        check(2, 3, 0, "0.666666666666666666");
        check(200, 3, 0, "66.6666666666666666");
        check(1, 3, -9, "0.000000000333333333333333333");
        check(u128::from(u64::MAX), 1, 0, "18446744073709551600");
    }

    #[test]
    fn the_price_of_one_sol_counts_whole_tokens() {
        let price = price(
            Asset::SOL,
            BaseUnits::new(1_000_000_000),
            Asset::USDC,
            BaseUnits::new(150_250_000),
        );

        assert_eq!(price, "150.25");
    }
}
