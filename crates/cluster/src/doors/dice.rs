//! Random choices from a seed, and placeholders for texts that are chosen while sending.

use ports::Random;

/// Placeholder for a text that differs with each sending but has the same length.
pub(super) const FRESH: &str = "FRESH0000000";
/// Placeholder for an accepted order's id.
pub(super) const ORDER: &str = "0bde0000-0000-7000-8000-000000000000";

/// Draws what is chosen.
#[derive(Debug)]
pub(super) struct Dice(Random);

impl Dice {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(Random::seeded(seed))
    }

    /// A number below this one; 0 if it is 0.
    pub(super) fn below(&self, bound: usize) -> usize {
        let drawn = self.0.below(u64::try_from(bound).unwrap_or(u64::MAX));
        usize::try_from(drawn).unwrap_or(0)
    }

    /// True this many times in a hundred.
    pub(super) fn is(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<'a, T: ?Sized>(&self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    pub(super) fn byte(&self) -> u8 {
        self.0.bits().to_le_bytes()[0]
    }

    pub(super) fn bytes(&self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.byte()).collect()
    }
}
