//! Proves of DLMM, for pools of a few bins with gaps between them:
//! 1. a larger input never yields less;
//! 2. a purchase yields what was asked for;
//! 3. a swap pays out only what the bins held;
//! 4. no bin gives more than its price allows over the real numbers.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use proptest::prelude::*;

use super::{Bin, Bins, FeeCollection, Parameters, Pool, Volatility, array_of, price};
use crate::rounding::wide_mul;
use crate::{Activation, ChainTime, Direction, Refusal};

const NOW: ChainTime = ChainTime {
    slot: 0,
    epoch: 0,
    unix_time: 1_000_000,
};

const EVERY: RangeInclusive<i32> = i32::MIN..=i32::MAX;

fn empty_pool() -> Pool {
    Pool {
        parameters: Parameters {
            base_factor: 10_000,
            base_fee_power: 0,
            filter_period: 30,
            decay_period: 600,
            reduction_factor: 5_000,
            variable_fee_control: 40_000,
            max_volatility_accumulator: 350_000,
            protocol_share_bps: 500,
        },
        volatility: Volatility::default(),
        active_id: 0,
        bin_step: 20,
        collection: FeeCollection::InputToken,
        limit_orders: false,
        activation: None,
        enabled: true,
        bins: Bins::default(),
        missing_arrays: BTreeSet::new(),
    }
}

fn bin(id: i32, amount: u64) -> Bin {
    Bin {
        amount_x: if id >= 0 { amount } else { 0 },
        amount_y: if id <= 0 { amount } else { 0 },
        price: price(id, 20).expect("a small id"),
        ..Bin::default()
    }
}

fn pool() -> impl Strategy<Value = Pool> {
    let amounts = prop::collection::btree_map(-60..60i32, 1_000..1u64 << 40, 1..20);
    (amounts, any::<bool>()).prop_map(|(amounts, second_token)| {
        let mut pool = empty_pool();
        if second_token {
            pool.collection = FeeCollection::SecondToken;
        }
        pool.bins = amounts
            .into_iter()
            .map(|(id, amount)| (id, bin(id, amount)))
            .collect();
        pool
    })
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![
        Just(Direction::FirstToSecond),
        Just(Direction::SecondToFirst)
    ]
}

fn held(pool: &Pool, direction: Direction) -> u128 {
    let amount = |(_, bin): (i32, Bin)| match direction {
        Direction::FirstToSecond => u128::from(bin.amount_y),
        Direction::SecondToFirst => u128::from(bin.amount_x),
    };
    pool.bins.range(EVERY).map(amount).sum()
}

proptest! {
    #[test]
    fn more_in_is_never_less_out(
        pool in pool(),
        direction in direction(),
        amount in 1..1u64 << 42,
        more in 1..1u64 << 42,
    ) {
        let smaller = pool.quote_exact_in(direction, amount, NOW);
        let larger = pool.quote_exact_in(direction, amount + more, NOW);

        match (smaller, larger) {
            (Ok(smaller), Ok(larger)) => {
                prop_assert!(larger.amount_out >= smaller.amount_out);
            }
            (Ok(_), Err(error)) => prop_assert_eq!(error, Refusal::InsufficientLiquidity),
            (Err(_), _) => {}
        }
    }

    #[test]
    fn a_purchase_yields_what_was_asked_for(
        pool in pool(),
        direction in direction(),
        amount in 1..1u64 << 42,
    ) {
        match pool.quote_exact_out(direction, amount, NOW) {
            Ok(swap) => prop_assert_eq!(swap.amount_out, amount),
            Err(error) => prop_assert_eq!(error, Refusal::InsufficientLiquidity),
        }
    }

    #[test]
    fn a_swap_pays_out_of_the_bins(
        pool in pool(),
        direction in direction(),
        amount in 1..1u64 << 42,
    ) {
        if let Ok(swap) = pool.quote_exact_in(direction, amount, NOW) {
            let mut left = pool.clone();
            left.take(&swap.after);
            let paid = held(&pool, direction) - held(&left, direction);

            prop_assert!(paid >= u128::from(swap.amount_out));
            prop_assert!(swap.amount_in == amount);
            prop_assert_eq!(swap.fee, swap.owners_fee + swap.protocol_fee);
            for (id, before) in pool.bins.range(EVERY) {
                let after = left.bins.get(id).expect("what was paid in");
                let (x, y) = match direction {
                    Direction::FirstToSecond => (after.amount_x - before.amount_x, before.amount_y - after.amount_y),
                    Direction::SecondToFirst => (before.amount_x - after.amount_x, after.amount_y - before.amount_y),
                };
                let worth = wide_mul(x.into(), before.price);
                let value = wide_mul(y.into(), 1 << 64);
                match direction {
                    Direction::FirstToSecond => prop_assert!(value <= worth),
                    Direction::SecondToFirst => prop_assert!(worth <= value),
                }
            }
        }
    }
}

#[test]
fn an_array_that_was_not_loaded_is_not_jumped_over() {
    let mut pool = empty_pool();
    pool.bins = Bins::from_iter([(0, bin(0, 1_000)), (150, bin(150, 1_000_000))]);
    let quote = |pool: &Pool| {
        pool.quote_exact_in(Direction::SecondToFirst, 10_000, NOW)
            .map(|swap| swap.after.active_id)
    };

    assert_eq!(quote(&pool), Ok(150));
    pool.missing_arrays.insert(1);
    assert_eq!(quote(&pool), Err(Refusal::InsufficientLiquidity));
}

#[test]
fn bins_below_zero_lie_in_arrays_below_zero() {
    assert_eq!(
        [-71, -70, -1, 0, 69, 70].map(array_of),
        [-2, -1, -1, 0, 0, 1]
    );
}

#[test]
fn a_quote_before_activation_is_refused() {
    let mut pool = empty_pool();
    pool.bins = Bins::from_iter([(0, bin(0, 1_000))]);
    pool.activation = Some(Activation::Slot(7));
    let at = |slot| {
        let now = ChainTime {
            slot,
            ..ChainTime::default()
        };
        pool.quote_exact_in(Direction::FirstToSecond, 100, now)
            .map(|swap| swap.amount_in)
    };

    assert_eq!(at(6), Err(Refusal::NotTradable));
    assert_eq!(at(7), Ok(100));
}
