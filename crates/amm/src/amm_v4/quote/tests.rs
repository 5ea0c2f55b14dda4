//! Proves of AMM v4, for any pool and amount:
//! 1. a larger input never yields less;
//! 2. buying what a sale yields never costs more than that sale;
//! 3. the product of the reserves never falls.

use proptest::prelude::*;

use super::{Pool, Status};
use crate::{ChainTime, Direction, Refusal};

fn pool() -> impl Strategy<Value = Pool> {
    (1..1u64 << 60, 1..1u64 << 60).prop_map(|(coin, pc)| Pool::with_default_fee(coin, pc))
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![
        Just(Direction::FirstToSecond),
        Just(Direction::SecondToFirst)
    ]
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
    fn buying_what_a_sale_yields_costs_no_more_and_the_product_never_falls(
        pool in pool(),
        direction in direction(),
        amount in 1..1u64 << 60,
    ) {
        let now = ChainTime::default();
        let product = |pool: &Pool| pool.vault_coin * pool.vault_pc;
        if let Ok(sale) = pool.quote_exact_in(direction, amount, now) {
            let purchase = pool.quote_exact_out(direction, sale.amount_out, now);

            let purchase = purchase.expect("what was sold can be bought");
            prop_assert!(purchase.amount_in <= amount);
            prop_assert!(product(&sale.after) >= product(&pool));
            prop_assert!(product(&purchase.after) >= product(&pool));
        }
    }
}

#[test]
fn a_waiting_pool_opens_with_its_first_swap() {
    let mut pool = Pool::with_default_fee(1_000_000, 1_000_000);
    pool.status = Status::WaitingForOpenTime(100);
    let at = |unix_time| {
        pool.quote_exact_in(
            Direction::FirstToSecond,
            1_000,
            ChainTime {
                unix_time,
                ..ChainTime::default()
            },
        )
    };

    assert_eq!(at(99), Err(Refusal::NotTradable));
    assert_eq!(
        at(100).expect("the pool is open").after.status,
        Status::Open
    );
}

#[test]
fn profit_waiting_in_the_vaults_is_no_reserve() {
    let plain = Pool::with_default_fee(1_000_000, 2_000_000);
    let mut with_profit = Pool::with_default_fee(1_000_500, 2_000_700);
    with_profit.need_take_pnl_coin = 500;
    with_profit.need_take_pnl_pc = 700;
    let out = |pool: &Pool| {
        pool.quote_exact_in(Direction::SecondToFirst, 10_000, ChainTime::default())
            .map(|swap| swap.amount_out)
    };

    assert_eq!(out(&with_profit), out(&plain));
}
