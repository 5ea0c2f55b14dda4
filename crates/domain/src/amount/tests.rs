use proptest::prelude::*;

use super::*;
use crate::slippage::{Bps, InvalidSlippage};

#[track_caller]
fn check(text: &str, decimals: u8, expected: Result<u64, InvalidAmount>) {
    let parsed = BaseUnits::parse_json_number(text, decimals);

    assert_eq!(parsed.map(BaseUnits::get), expected, "{text}");
}

#[test]
fn a_number_is_taken_exactly_as_written() {
    check("1.5", 9, Ok(1_500_000_000));
    check("0.1", 6, Ok(100_000));
    check("007", 0, Ok(7));
    check("1.50000000000000000000", 1, Ok(15));
    check("18446744073709551615", 0, Ok(u64::MAX));
    check("18446744073.709551615", 9, Ok(u64::MAX));
    check("15e-1", 9, Ok(1_500_000_000));
    check("1.5E+2", 0, Ok(150));
    check("1e19", 0, Ok(10_000_000_000_000_000_000));
}

#[test]
fn what_does_not_fit_is_refused_with_its_reason() {
    check("0", 9, Err(InvalidAmount::Zero));
    check("0.000", 9, Err(InvalidAmount::Zero));
    check("0e999999999999999999999", 9, Err(InvalidAmount::Zero));
    check(
        "0.0000000001",
        9,
        Err(InvalidAmount::TooFine { decimals: 9 }),
    );
    check(
        "1e-999999999999999999999",
        9,
        Err(InvalidAmount::TooFine { decimals: 9 }),
    );
    check("18446744073.709551616", 9, Err(InvalidAmount::TooLarge));
    check("1e999999999999999999999", 9, Err(InvalidAmount::TooLarge));
    for text in [
        "", ".", "1.", ".5", "-1", "+1", "1_000", "1,0", " 1", "0x10", "NaN", "1e", "1e1.5", "１",
    ] {
        check(text, 9, Err(InvalidAmount::NotDecimal));
    }
}

#[test]
fn a_string_has_no_exponent() {
    assert_eq!(BaseUnits::parse("1e3", 9), Err(InvalidAmount::NotDecimal));
}

#[test]
fn an_amount_prints_canonically() {
    assert_eq!(BaseUnits::new(100_000_000_000).to_decimal(9), "100");
    assert_eq!(BaseUnits::new(100_000).to_decimal(6), "0.1");
    assert_eq!(BaseUnits::new(1).to_decimal(9), "0.000000001");
    assert_eq!(BaseUnits::new(5).to_decimal(0), "5");
}

#[test]
fn a_floor_is_never_looser_than_asked() {
    let one_percent = Bps::new(100).unwrap();

    assert_eq!(
        BaseUnits::new(101).less_bps_rounded_up(one_percent).get(),
        100
    );
    assert_eq!(
        BaseUnits::new(u64::MAX)
            .less_bps_rounded_up(Bps::new(0).unwrap())
            .get(),
        u64::MAX
    );
}

#[test]
fn slippage_reads_alike_in_each_unit() {
    let half_percent = Bps::new(50).unwrap();

    assert_eq!(Bps::parse_json_number("50", 0), Ok(half_percent));
    assert_eq!(Bps::parse_json_number("0.5", 2), Ok(half_percent));
    assert_eq!(Bps::parse_json_number("0.005", 4), Ok(half_percent));
    assert_eq!(Bps::parse_json_number("5e-3", 4), Ok(half_percent));
    assert_eq!(Bps::parse_json_number("0.0", 4).map(Bps::get), Ok(0));
    assert_eq!(
        Bps::parse_json_number("0.00001", 4),
        Err(InvalidSlippage::TooFine)
    );
    assert_eq!(
        Bps::parse_json_number("0.50001", 4),
        Err(InvalidSlippage::TooFine)
    );
    assert_eq!(
        Bps::parse_json_number("0.5001", 4),
        Err(InvalidSlippage::TooLarge)
    );
    assert_eq!(
        Bps::parse_json_number("5000.5", 0),
        Err(InvalidSlippage::TooFine)
    );
    assert_eq!(
        Bps::parse_json_number("-1", 0),
        Err(InvalidSlippage::NotDecimal)
    );
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(units in 1u64.., decimals in 0u8..=12) {
        let amount = BaseUnits::new(units);

        prop_assert_eq!(BaseUnits::parse(&amount.to_decimal(decimals), decimals), Ok(amount));
    }

    #[test]
    fn an_exponent_only_moves_the_point(units in 1u64.., decimals in 0u8..=12, exponent in -30i32..30) {
        let moved = format!("{units}e{exponent}");
        let power = i64::from(exponent) + i64::from(decimals);
        let expected = if power >= 0 {
            u32::try_from(power).ok().and_then(|p| 10u128.checked_pow(p))
                .and_then(|scale| scale.checked_mul(u128::from(units)))
                .and_then(|value| u64::try_from(value).ok())
        } else {
            u32::try_from(-power).ok().and_then(|p| 10u128.checked_pow(p))
                .filter(|scale| u128::from(units) % scale == 0)
                .and_then(|scale| u64::try_from(u128::from(units) / scale).ok())
        };

        prop_assert_eq!(BaseUnits::parse_json_number(&moved, decimals).ok().map(BaseUnits::get), expected);
    }

    #[test]
    fn no_text_makes_parsing_panic(text in "\\PC{0,60}", decimals in 0u8..=18) {
        let _ = BaseUnits::parse(&text, decimals);
        let _ = BaseUnits::parse_json_number(&text, decimals);
    }
}

#[test]
fn a_sum_is_printed_as_an_amount_is_and_may_be_below_zero() {
    for (units, decimals, text) in [
        (0, 9, "0"),
        (1_500_000_000, 9, "1.5"),
        (-1, 9, "-0.000000001"),
        (-3_000_000, 6, "-3"),
        (7, 0, "7"),
    ] {
        assert_eq!(sum_to_decimal(units, decimals), text);
    }
}
