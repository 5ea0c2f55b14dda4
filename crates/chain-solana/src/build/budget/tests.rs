use super::*;

#[test]
fn a_fee_is_the_signatures_and_the_price_of_all_units_rounded_up() {
    let budget = Budget {
        units: 300_000,
        price: MicroLamports::new(50_000),
    };
    assert_eq!(budget.fee(), Lamports::new(20_000));

    let odd = Budget {
        units: 1,
        price: MicroLamports::new(1),
    };
    assert_eq!(odd.fee(), Lamports::new(5_001));
}
