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
fn a_limit_leaves_room_and_never_passes_the_chains_own() {
    assert_eq!(units_limit(100_000, false), 115_000);
    assert_eq!(units_limit(100_001, false), 115_002);
    assert_eq!(units_limit(100_000, true), 175_000);
    assert_eq!(units_limit(u32::MAX, true), UNITS_MAX);
}

#[test]
fn work_is_the_swaps_and_what_stands_around_them() {
    let work = Work {
        associated_accounts: 2,
        wraps: true,
        swap_units: 40_000,
    };

    assert_eq!(work.units(), 5_000 + 15_000 + 2 * 30_000 + 40_000);
    let bare = Work::default();
    assert_eq!(bare.units(), 5_000);
}
