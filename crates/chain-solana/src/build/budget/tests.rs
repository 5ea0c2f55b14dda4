use proptest::prelude::*;

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

#[test]
fn a_simulated_limit_leaves_room_and_never_passes_the_chains_own() {
    assert_eq!(units_after_simulation(100_000, false), 115_000);
    assert_eq!(units_after_simulation(100_001, false), 115_002);
    assert_eq!(units_after_simulation(100_000, true), 175_000);
    assert_eq!(units_after_simulation(u64::MAX, true), UNITS_MAX);
}

proptest! {
    #[test]
    fn a_cap_holds_whatever_the_price(price: u64, units in 1..=UNITS_MAX, cap in 0..1_000_000_000_u64) {
        let budget = Budget { units, price: MicroLamports::new(price) };

        let capped = budget.capped(Lamports::new(cap));

        prop_assert!(capped.fee().get() <= cap + LAMPORTS_PER_SIGNATURE);
        prop_assert!(capped.price <= budget.price);
    }
}
