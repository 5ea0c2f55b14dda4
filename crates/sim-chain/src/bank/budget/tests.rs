use super::*;

const PLAIN: Limits = Limits {
    units: 200_000,
    unit_price: 0,
    data_bytes: DATA_BYTES_MAX,
};

#[test]
fn a_fee_is_5_000_per_signature_and_the_price_of_the_whole_limit_rounded_up() {
    let priced = |unit_price| Limits {
        unit_price,
        ..PLAIN
    };

    assert_eq!(fee(1, &PLAIN), 5_000);
    assert_eq!(fee(2, &PLAIN), 10_000);
    assert_eq!(fee(1, &priced(1)), 5_001);
    assert_eq!(fee(1, &priced(5)), 5_001);
    assert_eq!(fee(1, &priced(6)), 5_002);
    assert_eq!(fee(1, &priced(u64::MAX)), 5_000 + 3_689_348_814_741_910_323);
}

#[test]
fn a_fee_that_no_number_holds_is_the_largest_number() {
    let dear = Limits {
        units: UNITS_MAX,
        unit_price: u64::MAX,
        ..PLAIN
    };

    assert_eq!(fee(1, &dear), u64::MAX);
}
