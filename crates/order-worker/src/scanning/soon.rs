//! Pairs that are looked at before the next scan, because a pool of theirs opens or was born: a hint, which is lost with
//! the process.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use domain::Mint;
use ports::waiting::Pair;

/// More are found by scans.
const PAIRS_MAX: usize = 1_024;
/// A look comes this much before the opening: the chain's clock tells whole seconds, and what is sent then lands later.
const BEFORE: Duration = Duration::from_secs(2);
/// From then on looks follow each other, one a slot.
const AGAIN_AFTER: Duration = Duration::from_millis(400);

/// So many tokens without a pool are followed at most.
const UNBORN_MAX: usize = 100;

/// When to look at which pair.
#[derive(Debug, Default)]
pub(super) struct Soon {
    due: HashMap<Pair, Duration>,
    /// Pairs of which a sniper found no pool, and the token that it wants.
    unborn: HashMap<Pair, Mint>,
    /// When those of them were last looked at that somebody told of.
    looked: HashMap<Pair, Duration>,
}

impl Soon {
    /// A look has shown that a pair's first pool opens in so many seconds, or that none is about to.
    pub(super) fn note(&mut self, pair: Pair, opens_in: Option<u64>, now: Duration) {
        let Some(opens_in) = opens_in else {
            self.due.remove(&pair);
            return;
        };
        if self.due.len() < PAIRS_MAX || self.due.contains_key(&pair) {
            let pause = Duration::from_secs(opens_in).saturating_sub(BEFORE);
            self.due.insert(pair, now + pause.max(AGAIN_AFTER));
        }
    }

    /// The last scan has found no pool of these. Returns the tokens whose births are worth to be told.
    pub(super) fn await_births(&mut self, unborn: HashMap<Pair, Mint>) -> BTreeSet<Mint> {
        self.unborn = unborn.into_iter().take(UNBORN_MAX).collect();
        self.looked.retain(|pair, _| self.unborn.contains_key(pair));
        self.unborn.values().copied().collect()
    }

    /// Pools of these tokens were born: their pairs are looked at now, and then not again within a slot.
    pub(super) fn born(&mut self, mints: &BTreeSet<Mint>, now: Duration) {
        let pairs = self.unborn.iter().filter(|(_, mint)| mints.contains(mint));
        let pairs: Vec<Pair> = pairs.map(|(pair, _)| pair.clone()).collect();
        for pair in pairs {
            let last = self.looked.get(&pair);
            let soonest = last.map_or(now, |last| now.max(*last + AGAIN_AFTER));
            self.due.insert(pair, soonest);
        }
    }

    /// When the next look is due.
    pub(super) fn next(&self) -> Option<Duration> {
        self.due.values().min().copied()
    }

    /// The pairs whose look is due.
    pub(super) fn take_due(&mut self, now: Duration) -> Vec<Pair> {
        let due = self.due.extract_if(|_, at| *at <= now);
        let due: Vec<Pair> = due.map(|(pair, _)| pair).collect();
        let unborn = due.iter().filter(|pair| self.unborn.contains_key(pair));
        self.looked.extend(unborn.map(|pair| (pair.clone(), now)));
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pair(number: usize) -> Pair {
        Pair {
            sold: "SOL".to_owned(),
            bought: number.to_string(),
        }
    }

    #[test]
    fn a_pair_is_looked_at_just_before_it_opens_and_then_in_every_slot() {
        let mut soon = Soon::default();
        soon.note(pair(1), Some(60), SECOND);
        soon.note(pair(2), Some(10), SECOND);
        assert_eq!(soon.next(), Some(9 * SECOND));

        assert_eq!(soon.take_due(8 * SECOND), []);
        assert_eq!(soon.take_due(9 * SECOND), [pair(2)]);
        soon.note(pair(2), Some(1), 9 * SECOND);

        assert_eq!(soon.next(), Some(9 * SECOND + AGAIN_AFTER));
    }

    #[test]
    fn a_pair_that_has_opened_waits_for_the_next_scan() {
        let mut soon = Soon::default();
        soon.note(pair(1), Some(5), SECOND);

        soon.note(pair(1), None, SECOND);

        assert_eq!(soon.next(), None);
    }

    #[test]
    fn a_pair_is_looked_at_as_soon_as_its_pool_is_born_and_others_are_not() {
        let mut soon = Soon::default();
        let token = |number| Mint::new(domain::Address::new([number; 32]));
        let unborn = HashMap::from([(pair(1), token(1)), (pair(2), token(2))]);
        assert_eq!(
            soon.await_births(unborn),
            BTreeSet::from([token(1), token(2)])
        );

        soon.born(&BTreeSet::from([token(2), token(3)]), SECOND);

        assert_eq!(soon.take_due(SECOND), [pair(2)]);
        assert_eq!(soon.next(), None);
        // However much is told of a pool: once a slot.
        soon.born(&BTreeSet::from([token(2)]), SECOND);
        assert_eq!(soon.next(), Some(SECOND + AGAIN_AFTER));
    }

    #[test]
    fn of_many_pairs_only_so_many_are_remembered() {
        let mut soon = Soon::default();
        for number in 0..=PAIRS_MAX {
            soon.note(pair(number), Some(60), SECOND);
        }
        soon.note(pair(0), Some(10), SECOND);

        assert_eq!(soon.due.len(), PAIRS_MAX);
        assert_eq!(soon.take_due(9 * SECOND), [pair(0)]);
    }
}
