use super::Price;

#[test]
fn a_price_is_the_same_however_it_is_written() {
    let two = Price::of_reserves((1_000, 2_000));

    assert_eq!(two, Price::of_q64(2 << 64));
    assert_ne!(two, Price::of_q64(3 << 64));
    assert_eq!(Price::of_sqrt_q64(3 << 64), Price::of_q64(9 << 64));
}

#[test]
fn a_shortfall_is_told_in_millionths_of_what_was_due() {
    let two = Price::of_reserves((1_000_000, 2_000_000));

    assert_eq!(two.shortfall_ppm(1_000_000, 1_999_800), Some(100));
    assert_eq!(two.shortfall_ppm(1_000_000, 1_000_000), Some(500_000));
    assert_eq!(two.inverse().shortfall_ppm(2_000_000, 999_900), Some(100));
    // Rounded down, and never below nothing.
    assert_eq!(two.shortfall_ppm(1_000_000, 1_999_999), Some(0));
    assert_eq!(two.shortfall_ppm(1_000_000, 2_000_001), Some(0));
    assert_eq!(two.shortfall_ppm(0, 0), None);
    assert_eq!(Price::of_reserves((1, 0)).shortfall_ppm(1, 0), None);
    let wide = Price::of_sqrt_q64(u128::MAX);
    assert_eq!(wide.shortfall_ppm(u64::MAX, 0), Some(1_000_000));
}

#[test]
fn a_price_is_cut_to_a_decimal() {
    let (digits, places) = Price::of_reserves((3, 2)).decimal().unwrap();

    assert_eq!(places, 38);
    assert_eq!(digits, 10_u128.pow(38) * 2 / 3);
    assert_eq!(Price::of_reserves((0, 1)).decimal(), None);
    assert_eq!(Price::of_reserves((1, 0)).decimal(), Some((0, 0)));
    let lowest = Price::of_sqrt_q64(u128::MAX).inverse().decimal().unwrap();
    assert_eq!(lowest, (2_938_735_877_055_718_769_921_841_343_055_614, 72));
}

#[test]
fn a_deviation_is_told_in_hundredths_of_a_percent_rounded_up() {
    let two = Price::of_reserves((1_000_000, 2_000_000));
    let of = |second| Price::of_reserves((1_000_000, second)).deviation_bps(&two);

    assert_eq!(two.deviation_bps(&two), 0);
    assert_eq!((of(2_200_000), of(1_800_000)), (1_000, 1_000));
    assert_eq!((of(2_000_001), of(1_999_999)), (1, 1));
    assert_eq!(of(0), 10_000);
    // Nothing is near what is worth nothing.
    let nothing = Price::of_reserves((1, 0));
    assert_eq!(two.deviation_bps(&nothing), u32::MAX);
    let highest = Price::of_sqrt_q64(u128::MAX);
    assert_eq!(highest.deviation_bps(&highest.inverse()), u32::MAX);
    assert_eq!(highest.deviation_bps(&highest), 0);
}

#[test]
fn prices_are_compared_by_what_they_say() {
    let low = Price::of_reserves((3, 2));
    let high = Price::of_q64(1 << 64);

    assert!(low.compare(&high).is_lt() && high.compare(&low).is_gt());
    assert!(low.compare(&Price::of_reserves((6, 4))).is_eq());
}

#[test]
fn a_price_less_fees_has_eighteen_digits_and_is_cut() {
    let price = Price::of_reserves((3, 2));

    let whole = price.significant([(1, 1), (1, 1)]);
    let after = price.significant([(9_975, 10_000), (1, 1)]);

    assert_eq!(whole, Some((666_666_666_666_666_666, -18)));
    assert_eq!(after, Some((665_000_000_000_000_000, -18)));
    let dear = Price::of_reserves((1, u128::MAX));
    let digits = dear.significant([(1, 1), (1, 1)]);
    assert_eq!(digits, Some((340_282_366_920_938_463, 21)));
    let cheap = dear.inverse().significant([(1, 1), (1, 1)]);
    assert_eq!(cheap, Some((293_873_587_705_571_876, -56)));
    assert_eq!(price.significant([(0, 1), (1, 1)]), None);
    assert_eq!(Price::of_reserves((0, 2)).significant([(1, 1); 2]), None);
}
