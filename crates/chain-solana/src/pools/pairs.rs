//! What is known of pairs: the pools found for each once in a while, and how they stood when they were last read.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use amm::Address;
use domain::Venue;

use super::{Candidate, Reading};

/// Pools are made and abandoned slowly.
pub(super) const FOUND_FOR: Duration = Duration::from_secs(600);
/// Where nobody tells of births, a pair without a pool may get one any moment; but whoever asks for what is not there makes
/// no search each time. After each search in a row that finds none the next is twice as far off.
const NOT_FOUND_FOR: Duration = Duration::from_secs(2);
const NOT_FOUND_FOR_MAX: Duration = Duration::from_secs(60);
/// What is no longer fresh is used for so long while it is searched for anew.
const STALE_FOR: Duration = FOUND_FOR;
/// Reverts come in crowds: who doubts what was found so short ago makes no other search.
const DOUBTED_AFTER: Duration = Duration::from_secs(10);
/// So many births in a row of which a search shows nothing are each searched for at once: an endpoint may be behind the
/// one that told. Further ones wait for as long as if nobody had told.
const BIRTHS_MAX: u32 = 5;
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

/// What is known of where a pair's pools are.
#[derive(Debug, Clone)]
pub(super) enum Recalled {
    Fresh(Arc<[Candidate]>),
    /// It may be used while it is searched for anew.
    Stale(Arc<[Candidate]>),
    Nothing,
}

#[derive(Debug)]
struct Known {
    found_at: Duration,
    searched_at: Duration,
    fresh_until: Duration,
    doubted_at: Option<Duration>,
    candidates: Arc<[Candidate]>,
    reading: Option<Arc<Reading>>,
}

/// A pair of which no pool was found.
#[derive(Debug)]
struct Barren {
    found_at: Duration,
    searched_at: Duration,
    doubted_at: Option<Duration>,
    /// Searches in a row that found none.
    searches: u32,
    /// Births that somebody told of since then.
    births: u32,
}

impl Barren {
    /// How long it is believed where nobody tells of births.
    fn untold_life(&self) -> Duration {
        let doublings = self.searches.saturating_sub(1).min(10);
        (NOT_FOUND_FOR * 2_u32.pow(doublings)).min(NOT_FOUND_FOR_MAX)
    }

    /// How long it is believed, where births are told since that time.
    fn life(&self, told_since: Option<Duration>) -> Duration {
        let is_told = told_since.is_some_and(|since| since <= self.searched_at);
        match is_told && self.births == 0 {
            true => FOUND_FOR,
            false => self.untold_life(),
        }
    }

    fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.found_at)
    }

    fn recall(&self, told_since: Option<Duration>, now: Duration) -> Recalled {
        let age = self.age(now);
        if self.doubted_at.is_some() || age >= FOUND_FOR + STALE_FOR {
            return Recalled::Nothing;
        }
        match age < self.life(told_since) {
            true => Recalled::Fresh(Arc::default()),
            false => Recalled::Stale(Arc::default()),
        }
    }
}

impl Known {
    fn is_fresh(&self, now: Duration) -> bool {
        now < self.fresh_until && self.doubted_at.is_none()
    }

    fn recall(&self, now: Duration) -> Recalled {
        let candidates = || Arc::clone(&self.candidates);
        if self.is_fresh(now) {
            Recalled::Fresh(candidates())
        } else if self.is_usable(now) {
            Recalled::Stale(candidates())
        } else {
            Recalled::Nothing
        }
    }

    fn is_usable(&self, now: Duration) -> bool {
        now < self.fresh_until + STALE_FOR && self.doubted_at.is_none()
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
    fn doubted_at(&self, key: &Key) -> Option<Duration> {
        let known = self.known.get(key).map(|known| known.doubted_at);
        let barren = self.barren.get(key).map(|barren| barren.doubted_at);
        known.or(barren).flatten()
    }

    fn searched_at(&self, key: &Key) -> Option<Duration> {
        let known = self.known.get(key).map(|known| known.searched_at);
        known.or_else(|| self.barren.get(key).map(|barren| barren.searched_at))
    }

    /// No pool was found.
    fn found_none(&mut self, key: Key, searched_at: Duration, now: Duration) {
        let doubted_at = self.doubted_at(&key).filter(|at| *at > searched_at);
        self.known.remove(&key);
        if self.barren.len() >= BARREN_MAX && !self.barren.contains_key(&key) {
            self.barren
                .retain(|_, barren| barren.age(now) < barren.untold_life());
            if self.barren.len() >= BARREN_MAX {
                self.barren.clear();
            }
        }
        let barren = self.barren.entry(key).or_insert(Barren {
            found_at: now,
            searched_at,
            doubted_at,
            searches: 0,
            births: 0,
        });
        barren.searches = barren.searches.saturating_add(1);
        (barren.found_at, barren.searched_at, barren.doubted_at) = (now, searched_at, doubted_at);
    }

    /// Some were found.
    fn found_some(&mut self, key: Key, known: Known, now: Duration) {
        let doubted_at = self.doubted_at(&key);
        let doubted_at = doubted_at.filter(|at| *at > known.searched_at);
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
        let known = Known {
            reading,
            doubted_at,
            ..known
        };
        all.insert(key, known);
    }
}

impl Pairs {
    /// Where the pools of a pair are, and where there is none, since when births of its pools are told.
    pub(super) fn recall(
        &self,
        key: &Key,
        told_since: impl FnOnce() -> Option<Duration>,
        now: Duration,
    ) -> Recalled {
        let state = self.state();
        if let Some(barren) = state.barren.get(key) {
            return barren.recall(told_since(), now);
        }
        let known = state.known.get(key);
        known.map_or(Recalled::Nothing, |known| known.recall(now))
    }

    /// The pools of a pair that has some, as far as is known and nobody doubts, however fresh that is.
    pub(super) fn usable(&self, key: &Key, now: Duration) -> Option<Arc<[Candidate]>> {
        let state = self.state();
        let known = state.known.get(key).filter(|known| known.is_usable(now))?;
        Some(Arc::clone(&known.candidates))
    }

    /// Whether a pair has no pool, or has some, as far as is known and nobody doubts; nothing where a search must tell.
    pub(super) fn has_pools(&self, key: &Key, now: Duration) -> Option<bool> {
        let state = self.state();
        if let Some(barren) = state.barren.get(key) {
            return barren.doubted_at.is_none().then_some(false);
        }
        let known = state.known.get(key)?;
        known.is_usable(now).then_some(true)
    }

    /// Since when it is doubted what is known of a pair.
    pub(super) fn doubted_at(&self, key: &Key) -> Option<Duration> {
        self.state().doubted_at(key)
    }

    /// How old the pools of a pair may be that somebody else has found.
    pub(super) fn age_max(&self, key: &Key, now: Duration) -> Duration {
        let doubted_at = self.doubted_at(key);
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

    /// Somebody tells that a pair has a pool. Returns whether it is to be searched for.
    pub(super) fn born(&self, key: &Key, now: Duration) -> bool {
        let mut state = self.state();
        let Some(barren) = state.barren.get_mut(key) else {
            return false;
        };
        if barren.births >= BIRTHS_MAX && barren.age(now) < barren.untold_life() {
            return false;
        }
        barren.births = barren.births.saturating_add(1);
        barren.doubted_at = Some(now);
        true
    }

    /// Remembers what was found so long ago, by a search that began then. What is doubted since it began still is.
    pub(super) fn found(
        &self,
        key: Key,
        candidates: Arc<[Candidate]>,
        age: Duration,
        (searched_at, now): (Duration, Duration),
    ) {
        let mut state = self.state();
        // Another search that began later has ended sooner.
        if state.searched_at(&key).is_some_and(|at| at > searched_at) {
            return;
        }
        if candidates.is_empty() {
            return state.found_none(key, searched_at, now);
        }
        let known = Known {
            found_at: now,
            searched_at,
            fresh_until: now + FOUND_FOR.saturating_sub(age),
            doubted_at: None,
            candidates,
            reading: None,
        };
        state.found_some(key, known, now);
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
mod tests;
