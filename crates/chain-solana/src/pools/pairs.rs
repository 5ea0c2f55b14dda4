//! What is known of pairs: the pools found for each once in a while, and how they stood when they were last read.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use amm::Address;
use domain::Venue;

use super::{Candidate, Reading};

/// Pools are made and abandoned slowly.
pub(super) const FOUND_FOR: Duration = Duration::from_secs(600);
/// A pair without a pool may get one any moment; but whoever asks for what is not there makes no search each time. After
/// each search in a row that finds none the next is twice as far off.
const NOT_FOUND_FOR: Duration = Duration::from_secs(2);
const NOT_FOUND_FOR_MAX: Duration = Duration::from_secs(60);
/// Reverts come in crowds: who doubts what was found so short ago makes no other search.
const DOUBTED_AFTER: Duration = Duration::from_secs(10);
/// Pairs with pools that are remembered; all of the listed tokens make fewer.
const PAIRS_MAX: usize = 1_024;
/// Pairs of which no pool was found that are remembered.
const BARREN_MAX: usize = 16_384;

/// A venue's pools of two mints, the lower one first: pairs are the same both ways.
pub(super) type Key = (Venue, (Address, Address));

/// The key of a venue and a pair in any order.
pub(super) fn key(venue: Venue, (one, other): (Address, Address)) -> Key {
    (venue, (one.min(other), one.max(other)))
}

#[derive(Debug)]
struct Known {
    found_at: Duration,
    fresh_until: Duration,
    doubted_at: Option<Duration>,
    candidates: Arc<[Candidate]>,
    reading: Option<Arc<Reading>>,
}

/// A pair of which no pool was found.
#[derive(Debug)]
struct Barren {
    fresh_until: Duration,
    doubted_at: Option<Duration>,
    /// Searches in a row that found none.
    searches: u32,
}

impl Barren {
    fn is_fresh(&self, now: Duration) -> bool {
        now < self.fresh_until && self.doubted_at.is_none()
    }
}

impl Known {
    fn is_fresh(&self, now: Duration) -> bool {
        now < self.fresh_until && self.doubted_at.is_none()
    }
}

/// Everything that is remembered.
#[derive(Debug, Default)]
pub(super) struct Pairs(Mutex<State>);

/// A pair is in one of the two.
#[derive(Debug, Default)]
struct State {
    known: HashMap<Key, Known>,
    barren: HashMap<Key, Barren>,
}

impl State {
    /// No pool was found.
    fn found_none(&mut self, key: Key, now: Duration) {
        self.known.remove(&key);
        if self.barren.len() >= BARREN_MAX && !self.barren.contains_key(&key) {
            self.barren.retain(|_, barren| barren.is_fresh(now));
            if self.barren.len() >= BARREN_MAX {
                self.barren.clear();
            }
        }
        let barren = self.barren.entry(key).or_insert(Barren {
            fresh_until: now,
            doubted_at: None,
            searches: 0,
        });
        barren.searches = barren.searches.saturating_add(1);
        let doubled = NOT_FOUND_FOR * 2_u32.saturating_pow((barren.searches - 1).min(10));
        barren.fresh_until = now + doubled.min(NOT_FOUND_FOR_MAX);
        barren.doubted_at = None;
    }

    /// Some were found.
    fn found_some(&mut self, key: Key, known: Known, now: Duration) {
        self.barren.remove(&key);
        let all = &mut self.known;
        if all.len() >= PAIRS_MAX && !all.contains_key(&key) {
            all.retain(|_, known| known.is_fresh(now));
            let oldest = all.iter().min_by_key(|(_, it)| it.found_at);
            let oldest = oldest.map(|(key, _)| *key);
            if let Some(oldest) = oldest.filter(|_| all.len() >= PAIRS_MAX) {
                all.remove(&oldest);
            }
        }
        let reading = all.remove(&key).and_then(|known| known.reading);
        all.insert(key, Known { reading, ..known });
    }
}

impl Pairs {
    /// The pools of a pair, where they were found not long ago.
    pub(super) fn candidates(&self, key: &Key, now: Duration) -> Option<Arc<[Candidate]>> {
        let state = self.state();
        if let Some(barren) = state.barren.get(key) {
            return barren.is_fresh(now).then(Arc::default);
        }
        let known = state.known.get(key).filter(|known| known.is_fresh(now))?;
        Some(Arc::clone(&known.candidates))
    }

    /// Whether no pool of a pair was found the last time, however long ago.
    pub(super) fn had_none(&self, key: &Key) -> bool {
        self.state().barren.contains_key(key)
    }

    /// How old the pools of a pair may be that somebody else has found.
    pub(super) fn age_max(&self, key: &Key, now: Duration) -> Duration {
        let state = self.state();
        let known = state.known.get(key).map(|known| known.doubted_at);
        let barren = state.barren.get(key).map(|barren| barren.doubted_at);
        let doubted_at = known.or(barren).flatten();
        doubted_at.map_or(FOUND_FOR, |at| now.saturating_sub(at).min(FOUND_FOR))
    }

    /// Has a pair's pools looked for again, unless some were found just now.
    pub(super) fn doubt(&self, key: &Key, now: Duration) {
        let mut state = self.state();
        if let Some(barren) = state.barren.get_mut(key) {
            barren.doubted_at.get_or_insert(now);
        } else if let Some(known) = state.known.get_mut(key)
            && now.saturating_sub(known.found_at) >= DOUBTED_AFTER
        {
            known.doubted_at.get_or_insert(now);
        }
    }

    /// Remembers what was found so long ago.
    pub(super) fn found(
        &self,
        key: Key,
        candidates: Arc<[Candidate]>,
        age: Duration,
        now: Duration,
    ) {
        if candidates.is_empty() {
            return self.state().found_none(key, now);
        }
        let known = Known {
            found_at: now,
            fresh_until: now + FOUND_FOR.saturating_sub(age),
            doubted_at: None,
            candidates,
            reading: None,
        };
        self.state().found_some(key, known, now);
    }

    /// Remembers how a pair's pools stand, and which accounts they need now, where those are others.
    pub(super) fn read(&self, key: &Key, reading: Arc<Reading>, moved: Option<Arc<[Candidate]>>) {
        if let Some(known) = self.state().known.get_mut(key) {
            known.reading = Some(reading);
            if let Some(candidates) = moved {
                known.candidates = candidates;
            }
        }
    }

    /// How a pair's pools stood when they were last read.
    pub(super) fn reading(&self, key: &Key) -> Option<Arc<Reading>> {
        self.state().known.get(key)?.reading.clone()
    }

    /// The mint that most of the pools known share with both of a pair, beside these; nothing where none is known.
    pub(super) fn third(&self, pair: (Address, Address), beside: &[Address]) -> Option<Address> {
        let mut shared: BTreeMap<Address, (usize, usize)> = BTreeMap::new();
        for ((_, (one, other)), known) in &self.state().known {
            for (end, third) in [(one, other), (other, one)] {
                let pools = known.candidates.len();
                if *end == pair.0 {
                    shared.entry(*third).or_default().0 += pools;
                } else if *end == pair.1 {
                    shared.entry(*third).or_default().1 += pools;
                }
            }
        }
        let is_other =
            |mint: &Address| *mint != pair.0 && *mint != pair.1 && !beside.contains(mint);
        let shared = shared.into_iter().filter(|(mint, _)| is_other(mint));
        let shared = shared.map(|(mint, (with_one, with_other))| (with_one.min(with_other), mint));
        let most = shared.filter(|(pools, _)| *pools > 0).max();
        most.map(|(_, mint)| mint)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: usize) -> Key {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        key(Venue::Raydium, (Address(bytes), Address([255; 32])))
    }

    #[test]
    fn a_pairs_own_third_mint_is_the_one_that_it_has_most_pools_in_common_with() {
        let pairs = Pairs::default();
        let [one, other, sol, usual, rare] = [1, 2, 3, 4, 5].map(|byte| Address([byte; 32]));
        let knows = |pair, pools: usize| {
            let candidates = some().iter().cycle().take(pools).cloned().collect();
            let key = key(Venue::Raydium, pair);
            pairs.found(key, candidates, Duration::ZERO, Duration::ZERO);
        };
        knows((one, sol), 9);
        knows((sol, other), 9);
        knows((one, usual), 2);
        knows((other, usual), 3);
        knows((one, rare), 1);
        knows((rare, other), 5);

        assert_eq!(pairs.third((one, other), &[sol]), Some(usual));
        assert_eq!(pairs.third((other, one), &[sol, usual]), Some(rare));
        assert_eq!(pairs.third((one, sol), &[other]), None);
    }

    fn some() -> Arc<[Candidate]> {
        let program = amm::Program::MAINNET[0];
        let mut account = vec![0; 637];
        account[..8].copy_from_slice(&[247, 237, 227, 245, 215, 195, 222, 70]);
        let candidate = Candidate::of(program, Address([1; 32]), &account).unwrap();
        vec![candidate].into()
    }

    #[test]
    fn pairs_without_a_pool_never_drive_out_one_that_has_some() {
        let pairs = Pairs::default();
        pairs.found(number(0), some(), Duration::ZERO, Duration::ZERO);

        for other in 1..=2 * PAIRS_MAX {
            pairs.found(
                number(other),
                Arc::new([]),
                Duration::ZERO,
                Duration::from_secs(1),
            );
        }

        let now = Duration::from_secs(2);
        assert!(pairs.candidates(&number(0), now).is_some());
        assert!(pairs.candidates(&number(2 * PAIRS_MAX), now).is_some());
    }

    #[test]
    fn of_each_kind_only_so_many_pairs_are_remembered() {
        let pairs = Pairs::default();
        for other in 0..=BARREN_MAX {
            pairs.found(number(other), Arc::new([]), Duration::ZERO, Duration::ZERO);
        }
        assert!(pairs.state().barren.len() <= BARREN_MAX);
        for other in 0..=PAIRS_MAX {
            pairs.found(number(other), some(), Duration::ZERO, Duration::ZERO);
        }
        assert_eq!(pairs.state().known.len(), PAIRS_MAX);
    }

    #[test]
    fn pairs_without_a_pool_are_searched_for_less_and_less_often() {
        let pairs = Pairs::default();
        let (mut searches, mut many) = (0, 0);
        // Somebody asks for each of them in every scan of ten minutes.
        for second in (0..600).step_by(5) {
            let now = Duration::from_secs(second);
            for pair in 0..PAIRS_MAX + 1 {
                if pairs.candidates(&number(pair), now).is_none() {
                    pairs.found(number(pair), Arc::new([]), Duration::ZERO, now);
                    searches += usize::from(pair == 0);
                    many += 1;
                }
            }
        }

        assert!((12..=16).contains(&searches), "{searches} searches");
        assert_eq!(many, (PAIRS_MAX + 1) * searches);
        let now = Duration::from_secs(600);
        pairs.found(number(0), some(), Duration::ZERO, now);
        pairs.found(number(0), Arc::new([]), Duration::ZERO, now);
        assert!(pairs.candidates(&number(0), now + NOT_FOUND_FOR).is_none());
    }

    #[test]
    fn a_pair_without_a_pool_is_searched_for_at_once_where_somebody_doubts_that() {
        let pairs = Pairs::default();
        for _ in 0..10 {
            pairs.found(number(0), Arc::new([]), Duration::ZERO, Duration::ZERO);
        }
        assert!(
            pairs
                .candidates(&number(0), Duration::from_secs(1))
                .is_some()
        );

        pairs.doubt(&number(0), Duration::from_secs(1));

        assert!(
            pairs
                .candidates(&number(0), Duration::from_secs(1))
                .is_none()
        );
    }

    #[test]
    fn what_was_found_is_remembered_long_and_what_was_not_briefly() {
        let pairs = Pairs::default();
        pairs.found(number(0), some(), Duration::ZERO, Duration::ZERO);
        pairs.found(number(1), Arc::new([]), Duration::ZERO, Duration::ZERO);
        let age = Duration::from_secs(500);
        pairs.found(number(2), some(), age, Duration::ZERO);

        let known = |pair, millis| {
            let now = Duration::from_millis(millis);
            pairs.candidates(&number(pair), now).is_some()
        };

        assert!(known(0, 599_999) && !known(0, 600_000));
        assert!(known(1, 1_999) && !known(1, 2_000));
        // Somebody else has found it long ago.
        assert!(known(2, 99_999) && !known(2, 100_000));
    }

    #[test]
    fn what_is_doubted_is_looked_for_again_and_not_taken_from_who_found_it_before() {
        let seconds = Duration::from_secs;
        let pairs = Pairs::default();
        pairs.found(number(0), some(), Duration::ZERO, seconds(100));

        pairs.doubt(&number(0), seconds(109));
        let too_soon = pairs.candidates(&number(0), seconds(109)).is_some();
        pairs.doubt(&number(0), seconds(110));
        pairs.doubt(&number(0), seconds(115));

        assert!(too_soon);
        assert!(pairs.candidates(&number(0), seconds(115)).is_none());
        assert_eq!(pairs.age_max(&number(0), seconds(115)), seconds(5));
        pairs.found(number(0), some(), Duration::ZERO, seconds(116));
        assert!(pairs.candidates(&number(0), seconds(117)).is_some());
        assert_eq!(pairs.age_max(&number(0), seconds(117)), FOUND_FOR);
    }
}
