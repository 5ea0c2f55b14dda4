//! Prices: one reference price per token, and a movement around it that is a pure function of seed, venue,
//! pair and height. All of it is integer arithmetic in billionths.
//!
//! The movement is value noise: random values at knots, and straight lines between them. A slow wave lets the
//! venues drift apart by a few percent, a faster one makes their prices cross, and a jitter makes every
//! block's price a little different. At height 0 all are zero, so that a pair starts at the same price on
//! every venue.

use domain::Venue;

use crate::market;
use crate::token::Token;

/// What fractions are counted in: billionths.
pub(crate) const ONE: i64 = 1_000_000_000;

/// One part of the movement: as far as `amplitude` either way, a new direction every `knot` blocks.
struct Wave {
    amplitude: i64,
    knot: u64,
}

/// Together at most 2.34 % either way, so that two venues are never more than 5 % apart, and over the eight
/// blocks between a quote and its execution a few basis points.
const WAVES: [Wave; 3] = [
    Wave {
        amplitude: 20_000_000,
        knot: 600,
    },
    Wave {
        amplitude: 3_000_000,
        knot: 80,
    },
    Wave {
        amplitude: 400_000,
        knot: 1,
    },
];

/// A token's reference price in millionths of a US dollar.
pub(crate) fn reference_micro_usd(token: Token) -> u64 {
    market::token::reference_micro_usd(token.symbol())
}

/// How far a pair's price on a venue is from its reference at a height, in billionths.
pub(crate) fn movement(seed: u64, venue: Venue, pair: usize, height: u64) -> i64 {
    let pool = mix(seed ^ mix(place_of(venue) << 32 | u64::try_from(pair).unwrap_or(u64::MAX)));
    WAVES
        .iter()
        .zip(1u64..)
        .map(|(wave, number)| wave.at(mix(pool ^ number), height))
        .sum()
}

/// Turns a number into one that looks random (the finaliser of splitmix64).
pub(crate) const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const fn place_of(venue: Venue) -> u64 {
    match venue {
        Venue::Raydium => 1,
        Venue::Meteora => 2,
    }
}

impl Wave {
    fn at(&self, stream: u64, height: u64) -> i64 {
        let (index, passed) = (height / self.knot, height % self.knot);
        let from = self.knot_value(stream, index);
        if passed == 0 {
            return from;
        }
        let to = self.knot_value(stream, index + 1);
        let (passed, whole) = (signed(passed), signed(self.knot));
        from + (to - from) * passed / whole
    }

    fn knot_value(&self, stream: u64, index: u64) -> i64 {
        if index == 0 {
            return 0;
        }
        let width = self.amplitude.unsigned_abs() * 2 + 1;
        signed(mix(stream ^ mix(index)) % width) - self.amplitude
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
