//! How far a pool's fair price is from its reference: a pure function of seed, pool and height, in billionths.
//!
//! It is value noise: random values at knots, and straight lines between them. A slow wave lets the pools of a pair
//! drift apart by a few percent, a faster one makes their prices cross, and a jitter makes every block's price a
//! little different. No height is special, so pools differ from the first block on.

use solana_address::Address;

/// What fractions are counted in: billionths.
pub(crate) const ONE: i64 = 1_000_000_000;

/// One part of the movement: as far as `amplitude` either way, a new direction every `knot` blocks.
struct Wave {
    amplitude: i64,
    knot: u64,
}

/// Together at most 2.34 % either way, so that two pools are never more than 5 % apart, and over the nine blocks
/// between a quote and its execution a few basis points.
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

/// How far the pool's fair price is from its reference at a height.
pub(crate) fn movement(seed: u64, pool: &Address, height: u64) -> i64 {
    let pool = pool.as_array().first_chunk().copied().unwrap_or_default();
    let stream = mix(seed ^ u64::from_le_bytes(pool));
    let waves = WAVES.iter().zip(1_u64..);
    waves
        .map(|(wave, number)| wave.at(mix(stream ^ number), height))
        .sum()
}

/// Turns a number into one that looks random (the finaliser of splitmix64).
pub(crate) const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Wave {
    fn at(&self, stream: u64, height: u64) -> i64 {
        let (index, passed) = (height / self.knot, height % self.knot);
        let from = self.knot_value(stream, index);
        if passed == 0 {
            return from;
        }
        let to = self.knot_value(stream, index.wrapping_add(1));
        from + (to - from) * signed(passed) / signed(self.knot)
    }

    fn knot_value(&self, stream: u64, index: u64) -> i64 {
        let width = self.amplitude.unsigned_abs() * 2 + 1;
        signed(mix(stream ^ mix(index)) % width) - self.amplitude
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
