//! What is known of pairs: the pools found for each once in a while, and how they stood when they were last read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use amm::Address;
use domain::Venue;

use super::{Candidate, Reading};

/// Pools are made and abandoned slowly.
const FOUND_FOR: Duration = Duration::from_secs(600);
/// A pair without a pool may get one any moment; but whoever asks for what is not there makes no search each time.
const NOT_FOUND_FOR: Duration = Duration::from_secs(2);
/// Pairs remembered; all of the listed tokens make fewer.
const PAIRS_MAX: usize = 1_024;

/// A venue's pools of two mints, the lower one first: pairs are the same both ways.
pub(super) type Key = (Venue, (Address, Address));

/// The key of a venue and a pair in any order.
pub(super) fn key(venue: Venue, (one, other): (Address, Address)) -> Key {
    (venue, (one.min(other), one.max(other)))
}

#[derive(Debug)]
struct Known {
    found_at: Duration,
    candidates: Arc<[Candidate]>,
    reading: Option<Arc<Reading>>,
}

impl Known {
    fn is_fresh(&self, now: Duration) -> bool {
        let fresh_for = match self.candidates.is_empty() {
            true => NOT_FOUND_FOR,
            false => FOUND_FOR,
        };
        now.saturating_sub(self.found_at) < fresh_for
    }
}

/// Everything that is remembered.
#[derive(Debug, Default)]
pub(super) struct Pairs(Mutex<HashMap<Key, Known>>);

impl Pairs {
    /// The pools of a pair, where they were found not long ago.
    pub(super) fn candidates(&self, key: &Key, now: Duration) -> Option<Arc<[Candidate]>> {
        let known = self.known();
        let known = known.get(key).filter(|known| known.is_fresh(now))?;
        Some(Arc::clone(&known.candidates))
    }

    /// Remembers what was found. Where there are too many pairs, those without a pool are forgotten first.
    pub(super) fn found(&self, key: Key, candidates: Arc<[Candidate]>, now: Duration) {
        let mut all = self.known();
        if all.len() >= PAIRS_MAX && !all.contains_key(&key) {
            all.retain(|_, known| known.is_fresh(now));
            let places = all.iter();
            let least = places.min_by_key(|(_, it)| (!it.candidates.is_empty(), it.found_at));
            if let Some(least) = least
                .map(|(key, _)| *key)
                .filter(|_| all.len() >= PAIRS_MAX)
            {
                all.remove(&least);
            }
        }
        let reading = all.remove(&key).and_then(|known| known.reading);
        let known = Known {
            found_at: now,
            candidates,
            reading,
        };
        all.insert(key, known);
    }

    /// Remembers how a pair's pools stand, and which accounts they need now, where those are others.
    pub(super) fn read(&self, key: &Key, reading: Arc<Reading>, moved: Option<Arc<[Candidate]>>) {
        if let Some(known) = self.known().get_mut(key) {
            known.reading = Some(reading);
            if let Some(candidates) = moved {
                known.candidates = candidates;
            }
        }
    }

    /// How a pair's pools stood when they were last read.
    pub(super) fn reading(&self, key: &Key) -> Option<Arc<Reading>> {
        self.known().get(key)?.reading.clone()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Key, Known>> {
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
        pairs.found(number(0), some(), Duration::ZERO);

        for other in 1..=2 * PAIRS_MAX {
            pairs.found(number(other), Arc::new([]), Duration::from_secs(1));
        }

        let now = Duration::from_secs(2);
        assert_eq!(pairs.known().len(), PAIRS_MAX);
        assert!(pairs.candidates(&number(0), now).is_some());
        assert!(pairs.candidates(&number(2 * PAIRS_MAX), now).is_some());
    }

    #[test]
    fn what_was_found_is_remembered_long_and_what_was_not_briefly() {
        let pairs = Pairs::default();
        pairs.found(number(0), some(), Duration::ZERO);
        pairs.found(number(1), Arc::new([]), Duration::ZERO);

        let known = |pair, millis| {
            let now = Duration::from_millis(millis);
            pairs.candidates(&number(pair), now).is_some()
        };

        assert!(known(0, 599_999) && !known(0, 600_000));
        assert!(known(1, 1_999) && !known(1, 2_000));
    }
}
