//! How far each pool's price is from the pair's: the median of all prices, each weighing as much as its pool holds.
//!
//! A pool below a tenth of the deepest weighs nothing, and the deepest itself is never too far: otherwise somebody's
//! empty pools could shut out the real one.

use std::cmp::Reverse;

use amm::Price;
use domain::Address;

/// The part of the deepest that a pool must hold to weigh anything: one in so many.
const PART_OF_DEEPEST: u64 = 10;

/// A pool whose price counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    /// Tells pools apart that hold the same.
    pub(crate) address: Option<Address>,
    /// What it holds, of the same token for all.
    pub(crate) depth: u64,
    pub(crate) price: Price,
}

/// How far each pool is from the pair's price, in hundredths of a percent; 0 for the deepest.
pub(crate) fn deviations(pools: &[Standing]) -> Vec<u32> {
    let deepest = pools
        .iter()
        .max_by_key(|it| (it.depth, Reverse(it.address)));
    let Some(deepest) = deepest else {
        return Vec::new();
    };
    let Some(median) = median(pools, deepest.depth) else {
        return vec![0; pools.len()];
    };
    let deviation = |pool: &Standing| match pool.address == deepest.address {
        true => 0,
        false => pool.price.deviation_bps(&median),
    };
    pools.iter().map(deviation).collect()
}

/// The lowest price at which half of all depth is reached.
fn median(pools: &[Standing], deepest: u64) -> Option<Price> {
    let counts = |pool: &&Standing| pool.depth > 0 && is_a_part(pool.depth, deepest);
    let mut counting: Vec<&Standing> = pools.iter().filter(counts).collect();
    counting.sort_by(|one, other| one.price.compare(&other.price));
    let total: u128 = counting.iter().map(|it| u128::from(it.depth)).sum();
    let mut reached = 0;
    let reaches_half = |pool: &&&Standing| {
        reached += u128::from(pool.depth);
        reached * 2 >= total
    };
    counting.iter().find(reaches_half).map(|pool| pool.price)
}

fn is_a_part(depth: u64, deepest: u64) -> bool {
    u128::from(depth) * u128::from(PART_OF_DEEPEST) >= u128::from(deepest)
}
