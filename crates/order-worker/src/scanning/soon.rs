//! Pairs that are looked at before the next scan, because a pool of theirs opens or was born: a hint, which is lost with
//! the process.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use domain::{Asset, Mint};
use ports::waiting::Pair;

/// More are found by scans.
const PAIRS_MAX: usize = 1_024;
/// A look comes this much before the opening: the chain's clock tells whole seconds, and what is sent then lands later.
const BEFORE: Duration = Duration::from_secs(2);
/// From then on looks follow each other, one a slot.
const AGAIN_AFTER: Duration = Duration::from_millis(400);

/// So many tokens without a pool are followed at most.
const UNBORN_MAX: usize = 100;
/// An endpoint that is asked may be behind the one that told of a pool: so often it is looked for, once a slot.
const BORN_LOOKS: u32 = 5;

/// When to look at which pair.
#[derive(Debug, Default)]
pub(super) struct Soon {
    due: HashMap<Pair, Duration>,
    /// Pairs of which a sniper found no pool: what it sells, and the token that it wants.
    unborn: HashMap<Pair, (Asset, Asset)>,
    /// How often those of them are looked at yet of which a pool was told.
    born: HashMap<Pair, u32>,
    /// When those of them were last looked at that somebody told of.
    looked: HashMap<Pair, Duration>,
}

impl Soon {
    /// A look has shown that a pair's first pool opens in so many seconds, or that none is about to.
    pub(super) fn note(&mut self, pair: Pair, opens_in: Option<u64>, now: Duration) {
        let Some(opens_in) = opens_in else {
            match self.born.contains_key(&pair) {
                true => drop(self.due.insert(pair, now + AGAIN_AFTER)),
                false => drop(self.due.remove(&pair)),
            }
            return;
        };
        if self.due.len() < PAIRS_MAX || self.due.contains_key(&pair) {
            let pause = Duration::from_secs(opens_in).saturating_sub(BEFORE);
            self.due.insert(pair, now + pause.max(AGAIN_AFTER));
        }
    }

    /// The last scan has found no pool of these. Returns the tokens whose births are worth to be told.
    pub(super) fn await_births(&mut self, unborn: HashMap<Pair, (Asset, Asset)>) -> BTreeSet<Mint> {
        self.unborn = unborn.into_iter().take(UNBORN_MAX).collect();
        self.looked.retain(|pair, _| self.unborn.contains_key(pair));
        self.born.retain(|pair, _| self.unborn.contains_key(pair));
        self.unborn
            .values()
            .map(|(_, bought)| bought.mint)
            .collect()
    }

    /// Pools of these tokens were born: their pairs are looked at now, and then not again within a slot.
    pub(super) fn born(&mut self, mints: &BTreeSet<Mint>, now: Duration) {
        let wanted = |(_, (_, bought)): &(&Pair, &(Asset, Asset))| mints.contains(&bought.mint);
        let pairs = self.unborn.iter().filter(wanted);
        let pairs: Vec<Pair> = pairs.map(|(pair, _)| pair.clone()).collect();
        for pair in pairs {
            let last = self.looked.get(&pair);
            let soonest = last.map_or(now, |last| now.max(*last + AGAIN_AFTER));
            self.born.insert(pair.clone(), BORN_LOOKS);
            self.due.insert(pair, soonest);
        }
    }

    /// What a pair is of which a pool was told, and none is found yet.
    pub(super) fn born_of(&self, pair: &Pair) -> Option<(Asset, Asset)> {
        self.born.get(pair)?;
        self.unborn.get(pair).copied()
    }

    /// A pair was looked at, and a sniper finds a pool of it or still does not.
    pub(super) fn look_again_for(&mut self, pair: &Pair, lacks_pool: bool) {
        if let Some(left) = self.born.get_mut(pair) {
            *left -= 1;
            if *left == 0 || !lacks_pool {
                self.born.remove(pair);
            }
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
        let assets = |number| {
            let bought = Asset {
                mint: token(number),
                ..Asset::USDC
            };
            (Asset::SOL, bought)
        };
        let unborn = HashMap::from([(pair(1), assets(1)), (pair(2), assets(2))]);
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
    fn a_pool_that_was_told_is_looked_for_a_few_slots_until_it_is_found() {
        let told = || {
            let mut soon = Soon::default();
            let unborn = HashMap::from([(pair(1), (Asset::SOL, Asset::USDC))]);
            let mints = soon.await_births(unborn);
            soon.born(&mints, Duration::ZERO);
            soon
        };
        let look = |soon: &mut Soon, now, lacks_pool| {
            assert_eq!(soon.take_due(now), [pair(1)]);
            soon.look_again_for(&pair(1), lacks_pool);
            soon.note(pair(1), None, now);
        };

        let mut soon = told();
        for look_number in 0..BORN_LOOKS {
            assert!(soon.born_of(&pair(1)).is_some());
            look(&mut soon, AGAIN_AFTER * look_number, true);
        }
        assert_eq!(soon.next(), None);
        assert_eq!(soon.born_of(&pair(1)), None);

        let mut soon = told();
        look(&mut soon, Duration::ZERO, false);
        assert_eq!(soon.next(), None);
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
