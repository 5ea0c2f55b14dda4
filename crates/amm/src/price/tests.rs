use super::Price;

#[test]
fn a_price_is_the_same_however_it_is_written() {
    let two = Price::of_reserves((1_000, 2_000));

    assert_eq!(two, Price::of_q64(2 << 64));
    assert_ne!(two, Price::of_q64(3 << 64));
    assert_eq!(Price::of_sqrt_q64(3 << 64), Price::of_q64(9 << 64));
}

#[test]
fn a_move_is_told_in_millionths_of_the_first_price() {
    let at = |second| Price::of_reserves((1_000_000, second));

    assert_eq!(at(2_000_000).moved_ppm(&at(2_000_200)), Some(100));
    assert_eq!(at(2_000_000).moved_ppm(&at(1_000_000)), Some(500_000));
    assert_eq!(at(0).moved_ppm(&at(1)), None);
    let wide = Price::of_sqrt_q64(u128::MAX);
    assert_eq!(
        wide.moved_ppm(&Price::of_sqrt_q64(u128::MAX / 2)),
        Some(750_000)
    );
}
