//! How far an order may move the price that it trades at.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most that a trade may move its pool's price, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MaxImpact(u16);

/// Millionths in a hundredth of a percent.
const PPM_PER_BPS: u32 = 100;

impl MaxImpact {
    /// Takes 1 to 10000 hundredths of a percent.
    #[must_use]
    pub const fn new(bps: u16) -> Option<Self> {
        match bps {
            1..=10_000 => Some(Self(bps)),
            _ => None,
        }
    }

    /// The number of hundredths of a percent.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether an impact in millionths is within it.
    #[must_use]
    pub const fn admits(self, impact_ppm: u32) -> bool {
        impact_ppm <= self.0 as u32 * PPM_PER_BPS
    }

    /// The narrower of two limits, either of which may be absent.
    #[must_use]
    pub fn narrower(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }
}

impl fmt::Display for MaxImpact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bps", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_admits_what_is_not_above_it() {
        let limit = MaxImpact::new(50).unwrap();
        assert!(limit.admits(5_000));
        assert!(!limit.admits(5_001));
        assert_eq!(MaxImpact::new(0), None);
        assert_eq!(MaxImpact::new(10_001), None);
    }

    #[test]
    fn of_two_limits_the_narrower_holds() {
        let limit = |bps| MaxImpact::new(bps);
        assert_eq!(MaxImpact::narrower(limit(50), limit(10)), limit(10));
        assert_eq!(MaxImpact::narrower(None, limit(10)), limit(10));
        assert_eq!(MaxImpact::narrower(limit(50), None), limit(50));
        assert_eq!(MaxImpact::narrower(None, None), None);
    }
}
