//! What the movement of prices promises, measured over every pool.

use super::*;

const PAIRS: usize = 120;
const BASIS_POINT: i64 = ONE / 10_000;
/// From a quote to its execution: three and a bit seconds at scale 1, and the block being made.
const BLOCKS_TO_EXECUTION: u64 = 9;

fn price(seed: u64, venue: Venue, pair: usize, height: u64) -> i64 {
    ONE + movement(seed, venue, pair, height)
}

/// How far `b` is from `a`, in billionths of `a`.
fn change(a: i64, b: i64) -> i64 {
    ((b - a) * ONE / a).abs()
}

/// Every pool at a spread of heights.
fn everywhere() -> impl Iterator<Item = (Venue, usize, u64)> {
    Venue::ALL.into_iter().flat_map(|venue| {
        (0..PAIRS).flat_map(move |pair| (0..60).map(move |step| (venue, pair, step * 97 + 5)))
    })
}

#[test]
fn a_pair_starts_at_the_same_price_on_every_venue() {
    for seed in 0..20 {
        for pair in 0..PAIRS {
            for venue in Venue::ALL {
                assert_eq!(movement(seed, venue, pair, 0), 0);
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_prices_and_another_seed_others() {
    let at = |seed| movement(seed, Venue::Meteora, 7, 12_345);

    assert_eq!(at(1), at(1));
    assert_ne!(at(1), at(2));
}

#[test]
fn venues_differ_by_two_to_five_percent_at_times_and_never_by_more() {
    let mut wide = 0;
    let mut count = 0;
    for (_, pair, height) in everywhere() {
        let apart = change(
            price(3, Venue::Raydium, pair, height),
            price(3, Venue::Meteora, pair, height),
        );
        assert!(apart <= 500 * BASIS_POINT, "{apart} at {height}");
        count += 1;
        wide += i32::from(apart >= 200 * BASIS_POINT);
    }

    let percent = wide * 100 / count;
    assert!((3..50).contains(&percent), "{percent} %");
}

#[test]
fn between_quote_and_execution_prices_move_a_few_basis_points() {
    let mut moves: Vec<i64> = everywhere()
        .map(|(venue, pair, height)| {
            change(
                price(3, venue, pair, height),
                price(3, venue, pair, height + BLOCKS_TO_EXECUTION),
            )
        })
        .collect();
    moves.sort_unstable();

    let (median, high) = (moves[moves.len() / 2], moves[moves.len() * 99 / 100]);
    assert!(median <= 10 * BASIS_POINT, "median {median}");
    assert!(high <= 40 * BASIS_POINT, "99 % {high}");
}

#[test]
fn the_next_block_pays_less_about_as_often_as_not() {
    let worse = everywhere()
        .filter(|(venue, pair, height)| {
            price(3, *venue, *pair, height + 1) < price(3, *venue, *pair, *height)
        })
        .count();

    let percent = worse * 100 / everywhere().count();
    assert!((35..=65).contains(&percent), "{percent} %");
}

#[test]
fn every_listed_token_has_a_price() {
    let dollars: Vec<&str> = Token::all()
        .filter(|token| reference_micro_usd(*token) == 1_000_000)
        .map(Token::symbol)
        .collect();

    assert_eq!(dollars, ["USDC", "USDT", "PYUSD"]);
}
