//! The highest prices of a pair since any time, stored once for all trailing stops of the pair.
//!
//! Of all that was seen only a staircase matters: the times since which each price is the highest. Towards the present
//! it falls. A trailing stop that has an activation price needs nothing more: what was seen before the price reached it
//! was lower, so that the highest since acceptance is the highest since activation.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::price::Price;
use crate::time::Timestamp;

/// Steps that are kept. Where there are more, the one goes that is least above the next.
const STEPS_MAX: usize = 256;
/// One, in hundredths of a percent.
const WHOLE: u32 = 10_000;

/// How far below its highest a price must fall, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Trail(u16);

/// Why a number is no trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number from {} to {}", Trail::MIN, Trail::MAX)]
pub struct InvalidTrail;

impl Trail {
    /// The least.
    pub const MIN: u16 = 1;
    /// Half of the price.
    pub const MAX: u16 = 5_000;

    /// Checks a number of basis points.
    pub fn new(bps: u16) -> Result<Self, InvalidTrail> {
        match bps {
            Self::MIN..=Self::MAX => Ok(Self(bps)),
            _ => Err(InvalidTrail),
        }
    }

    /// The number of basis points.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// What the price may fall to from this high, cut to a price's digits.
    #[must_use]
    pub fn trigger(self, high: Price) -> Option<Price> {
        high.times(WHOLE - u32::from(self.0), WHOLE)
    }

    /// Whether the price has fallen so far from this high.
    #[must_use]
    pub fn is_reached(self, high: Price, spot: Price) -> bool {
        spot.is_at_most(WHOLE, high, WHOLE - u32::from(self.0))
    }
}

impl<'de> Deserialize<'de> for Trail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u16::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The staircase: times, each later than the one before, and the highest price since each, which falls.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Highs(Vec<(Timestamp, Price)>);

impl Highs {
    /// A price was seen at this time.
    pub fn see(&mut self, at: Timestamp, spot: Price) {
        // A clock that was set back does not let a price be from before the last one.
        let at = self.0.last().map_or(at, |(last, _)| at.max(*last));
        while self.0.last().is_some_and(|(_, price)| *price <= spot) {
            self.0.pop();
        }
        self.0.push((at, spot));
        self.limit();
    }

    /// The highest price seen since this time.
    #[must_use]
    pub fn since(&self, time: Timestamp) -> Option<Price> {
        let later = self.0.partition_point(|(at, _)| *at < time);
        self.0.get(later).map(|(_, price)| *price)
    }

    /// Forgets what only orders accepted before this time could want.
    pub fn forget_before(&mut self, time: Timestamp) {
        let later = self.0.partition_point(|(at, _)| *at < time);
        self.0.drain(..later);
    }

    /// Takes over what somebody else has seen.
    pub fn join(&mut self, other: &Self) {
        let mut all: Vec<_> = self.0.iter().chain(&other.0).copied().collect();
        all.sort_unstable_by_key(|(at, _)| *at);
        self.0.clear();
        for (at, spot) in all {
            self.see(at, spot);
        }
    }

    fn limit(&mut self) {
        if self.0.len() <= STEPS_MAX {
            return;
        }
        // For orders accepted before the step that goes, the next lower one is the highest: they fire later, not sooner.
        let least = |permille: u32| {
            let mut pairs = self.0.windows(2);
            pairs.position(|pair| pair[0].1.is_at_most(1_000, pair[1].1, permille))
        };
        let place = (0..10)
            .find_map(|power| least(1_000 + (1 << power)))
            .unwrap_or(0);
        self.0.remove(place);
    }
}

#[cfg(test)]
mod tests;
