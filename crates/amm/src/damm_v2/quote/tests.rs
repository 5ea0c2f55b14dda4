//! Proves of DAMM v2, for any pool and amount:
//! 1. a larger input never yields less;
//! 2. buying what a sale yields never costs more than that sale;
//! 3. a swap there and back never gains;
//! 4. a partial fill spends and leaves no more than was offered;
//! 5. the curve gives no more than it would over the real numbers.

use proptest::prelude::*;
use ruint::aliases::U512;

use super::fee::{BaseFee, Decay};
use super::rate_limiter::RateLimiter;
use super::{FeeCollection, Pool, Swap};
use crate::{Activation, ChainTime, Direction, Refusal};

const NOW: ChainTime = ChainTime {
    slot: 0,
    epoch: 0,
    unix_time: 1_000,
};

fn pool() -> impl Strategy<Value = Pool> {
    (
        1_000..1u64 << 50,
        1_000..1u64 << 50,
        0..500_000_000u64,
        0..3u8,
    )
        .prop_filter_map(
            "prices beyond the full range",
            |(first, second, fee, collection)| {
                let mut pool = Pool::from_reserves(first, second, fee).ok()?;
                pool.collection = match collection {
                    0 => FeeCollection::OutputToken,
                    1 => FeeCollection::SecondToken,
                    _ => FeeCollection::Compounding {
                        reserve_first: first,
                        reserve_second: second,
                    },
                };
                pool.fees.compounding_bps = if collection == 2 { 5_000 } else { 0 };
                Some(pool)
            },
        )
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![
        Just(Direction::FirstToSecond),
        Just(Direction::SecondToFirst)
    ]
}

const fn back(direction: Direction) -> Direction {
    match direction {
        Direction::FirstToSecond => Direction::SecondToFirst,
        Direction::SecondToFirst => Direction::FirstToSecond,
    }
}

proptest! {
    #[test]
    fn more_in_is_never_less_out(
        pool in pool(),
        direction in direction(),
        amount in 1..1u64 << 50,
        more in 1..1u64 << 50,
    ) {
        let smaller = pool.quote_exact_in(direction, amount, NOW);
        let larger = pool.quote_exact_in(direction, amount + more, NOW);

        match (smaller, larger) {
            (Ok(smaller), Ok(larger)) => prop_assert!(larger.amount_out >= smaller.amount_out),
            (Ok(_), Err(error)) => prop_assert_eq!(error, Refusal::PriceRange),
            (Err(_), _) => {}
        }
    }

    #[test]
    fn buying_what_a_sale_yields_costs_no_more(
        pool in pool(),
        direction in direction(),
        amount in 1..1u64 << 50,
    ) {
        if let Ok(Swap { amount_out: amount_out @ 1.., .. }) =
            pool.quote_exact_in(direction, amount, NOW)
        {
            let purchase = pool.quote_exact_out(direction, amount_out, NOW);

            prop_assert!(purchase.expect("what was sold can be bought").amount_in <= amount);
        }
    }

    #[test]
    fn there_and_back_never_gains(
        pool in pool(),
        direction in direction(),
        amount in 1..1u64 << 50,
    ) {
        if let Ok(there) = pool.quote_exact_in(direction, amount, NOW)
            && let Ok(again) = there.after.quote_exact_in(back(direction), there.amount_out, NOW)
        {
            prop_assert!(again.amount_out <= amount);
        }
    }

    #[test]
    fn the_curve_gives_no_more_than_over_the_real_numbers(
        pool in pool(),
        direction in direction(),
        amount in 1..1u64 << 50,
    ) {
        let mut pool = pool;
        if matches!(pool.collection, FeeCollection::Compounding { .. }) {
            pool.collection = FeeCollection::SecondToken;
        }
        if let Ok(swap) = pool.quote_exact_in(direction, amount, NOW) {
            let wide = |factors: &[U512]| factors.iter().fold(U512::from(1), |a, b| a * *b);
            let (liquidity, price) = (U512::from(pool.liquidity), U512::from(pool.sqrt_price));
            let (paid, one) = (U512::from(swap.net_amount_in), U512::from(1) << 128);
            let charged = if pool.fee_is_on_input(direction) { 0 } else { swap.fee.total() };
            let given = U512::from(swap.amount_out) + U512::from(charged);
            // B for A: n·s²·L / ((L + n·s)·2^128). A for B: n·L·2^128 / (s·(s·L + n·2^128)).
            let (divisor, dividend) = match direction {
                Direction::FirstToSecond => (
                    (liquidity + paid * price) * one,
                    wide(&[paid, price, price, liquidity]),
                ),
                Direction::SecondToFirst => (
                    price * (price * liquidity + paid * one),
                    wide(&[paid, liquidity, one]),
                ),
            };

            prop_assert!(given * divisor <= dividend);
        }
    }

    #[test]
    fn a_partial_fill_stops_at_the_bound(
        pool in pool(),
        direction in direction(),
        amount in 1..u64::MAX,
    ) {
        let mut pool = pool;
        pool.sqrt_price_min = pool.sqrt_price - pool.sqrt_price / 100;
        pool.sqrt_price_max = pool.sqrt_price + pool.sqrt_price / 100;
        let partly = pool.quote(
            super::Mode::PartialIn,
            direction,
            amount,
            super::Referral::None,
            NOW,
        );
        if let Ok(swap) = partly {
            prop_assert!(swap.amount_in <= amount - swap.amount_left);
            if swap.amount_left > 0 {
                let bounds = [pool.sqrt_price_min, pool.sqrt_price_max];
                prop_assert!(bounds.contains(&swap.after.sqrt_price));
            }
        }
    }
}

#[test]
fn reserves_make_a_pool_that_holds_them() {
    let pool = Pool::from_reserves(1_000_000_000_000, 150_000_000_000, 3_000_000)
        .expect("an ordinary price");

    let (first, second) = pool.reserves().expect("an ordinary pool");

    // The bounds of the full range and two roots cost a few parts in a billion.
    assert!(first.abs_diff(1_000_000_000_000) <= 1_000, "{first}");
    assert!(second.abs_diff(150_000_000_000) <= 1_000, "{second}");
}

#[test]
fn a_schedule_falls_from_the_cliff_to_its_last_period() {
    let mut pool = Pool::constant_fee(1 << 100, 1 << 64, 500_000_000);
    pool.activation = Activation::UnixTime(1_000);
    pool.fees.base = BaseFee::TimeSchedule {
        decay: Decay::Linear,
        periods: 10,
        period_length: 60,
        reduction: 49_000_000,
    };
    let fee_at = |unix_time| {
        pool.quote_exact_out(
            Direction::FirstToSecond,
            1_000_000,
            ChainTime {
                unix_time,
                ..ChainTime::default()
            },
        )
        .map(|swap| swap.fee.total())
    };

    assert_eq!(fee_at(999), Err(Refusal::NotTradable));
    assert_eq!(fee_at(1_000), Ok(1_000_000));
    assert_eq!(fee_at(1_059), Ok(1_000_000));
    assert_eq!(fee_at(1_060), Ok(821_494));
    assert_eq!(fee_at(1_600), Ok(10_102));
    assert_eq!(fee_at(u64::MAX), Ok(10_102));
}

/// The two directions of the limiter's staircase agree within the program's own rounding, below,
/// on and beyond the stairs.
#[test]
fn the_rate_limiter_can_be_inverted() {
    let cliff = 10_000_000;
    let limiter = RateLimiter {
        increment_bps: 100,
        duration: 600,
        max_fee_bps: 5_000,
        reference_amount: 1_000_000_000,
    };
    for included in [
        1,
        999_999_999,
        1_000_000_000,
        1_500_000_000,
        7_123_456_789,
        80_000_000_000,
    ] {
        let numerator = limiter
            .numerator(cliff, included)
            .expect("an ordinary amount");
        let fee = super::parts::fee_included(included, numerator).expect("an ordinary fee");
        let excluded = included - fee;

        let inverse = limiter
            .numerator_from_excluded(cliff, excluded)
            .expect("it inverts");
        let again = super::parts::gross_up(excluded, inverse).expect("an ordinary amount");

        assert!(
            again.abs_diff(included) <= 100,
            "{included} came back as {again}"
        );
    }
}
