//! Proves of CPMM, for any pool and amount:
//! 1. a larger input never yields less;
//! 2. buying what a sale yields never costs more than that sale;
//! 3. the product of the reserves never falls.

use proptest::prelude::*;

use super::{CreatorFee, CreatorFeeOn, Pool};
use crate::{ChainTime, Direction, Refusal};

fn pool() -> impl Strategy<Value = Pool> {
    let creator_fee_on = prop_oneof![
        Just(CreatorFeeOn::Input),
        Just(CreatorFeeOn::First),
        Just(CreatorFeeOn::Second)
    ];
    (
        1..1u64 << 60,
        1..1u64 << 60,
        1..100_000u64,
        0..10_000u64,
        creator_fee_on,
    )
        .prop_map(|(first, second, trade, creator, on)| {
            let mut pool = Pool::with_trade_fee(first, second, trade);
            pool.creator_fee = CreatorFee { rate: creator, on };
            pool
        })
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![
        Just(Direction::FirstToSecond),
        Just(Direction::SecondToFirst)
    ]
}

fn product(pool: &Pool) -> ruint::aliases::U256 {
    let (first, second) = pool.reserves().expect("reserves exceed accrued fees");
    crate::rounding::wide_mul(first, second)
}

proptest! {
    #[test]
    fn more_in_is_never_less_out(
        pool in pool(),
        direction in direction(),
        amount in 1..1u64 << 60,
        more in 1..1u64 << 60,
    ) {
        let now = ChainTime::default();
        let smaller = pool.quote_exact_in(direction, amount, now);
        let larger = pool.quote_exact_in(direction, amount + more, now);

        if let Ok(smaller) = smaller {
            prop_assert!(larger.expect("a larger sale is priced too").amount_out >= smaller.amount_out);
        }
    }

    #[test]
    fn buying_what_a_sale_yields_costs_no_more(
        pool in pool(),
        direction in direction(),
        amount in 1..1u64 << 60,
    ) {
        let now = ChainTime::default();
        if let Ok(sale) = pool.quote_exact_in(direction, amount, now) {
            let purchase = pool.quote_exact_out(direction, sale.amount_out, now);

            prop_assert!(purchase.expect("what was sold can be bought").amount_in <= amount);
        }
    }

    #[test]
    fn the_product_of_the_reserves_never_falls(
        pool in pool(),
        direction in direction(),
        amount in 1..1u64 << 60,
    ) {
        let now = ChainTime::default();
        for swap in [
            pool.quote_exact_in(direction, amount, now),
            pool.quote_exact_out(direction, amount, now),
        ].into_iter().flatten() {
            prop_assert!(product(&swap.after) >= product(&pool));
        }
    }
}

#[test]
fn a_pool_does_not_trade_before_it_opens() {
    let mut pool = Pool::with_trade_fee(1_000_000, 1_000_000, 2_500);
    pool.open_time = 100;
    let at = |unix_time| {
        let now = ChainTime {
            unix_time,
            ..ChainTime::default()
        };
        pool.quote_exact_in(Direction::FirstToSecond, 1_000, now)
            .map(|swap| swap.amount_out)
    };

    assert_eq!(at(99), Err(Refusal::NotTradable));
    assert_eq!(at(100), Ok(996));
}

#[test]
fn the_fees_of_protocol_and_fund_leave_the_reserves() {
    let pool = Pool::with_trade_fee(1_000_000_000, 2_000_000_000, 2_500);

    let swap = pool
        .quote_exact_in(Direction::FirstToSecond, 1_000_000, ChainTime::default())
        .expect("a plain sale");

    assert_eq!(
        (swap.trade_fee, swap.protocol_fee, swap.fund_fee),
        (2_500, 300, 100)
    );
    assert_eq!(swap.after.vault_first, 1_001_000_000);
    assert_eq!(swap.after.accrued_first, 400);
    let kept = swap.after.reserves().expect("reserves exceed accrued fees");
    assert_eq!(
        kept,
        (1_000_999_600, 2_000_000_000 - u128::from(swap.amount_out))
    );
}

#[test]
fn more_than_the_reserve_cannot_be_bought() {
    let pool = Pool::with_trade_fee(1_000, 1_000, 2_500);

    let all = pool.quote_exact_out(Direction::FirstToSecond, 1_000, ChainTime::default());

    assert_eq!(all, Err(Refusal::InsufficientLiquidity));
}
