//! Addresses that were derived not long ago.
//!
//! Deriving one takes a point of the curve for each bump that is tried, and the same few hundred are asked for with
//! every order. What an address is derived from never changes, so that none is ever out of date.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use amm::Address;

/// Addresses that are kept; twice as many at the most. More than the whole simulated market has.
const GENERATION: usize = 8_192;
/// Four full seeds and a bump with their lengths, and the program. What is longer is derived each time.
const KEY_BYTES_MAX: usize = 32 + 5 * 33;

type Found = Option<(Address, u8)>;

/// `young` fills up, becomes `old`, and what was old is forgotten.
#[derive(Debug, Default)]
struct Known {
    young: HashMap<Box<[u8]>, Found>,
    old: HashMap<Box<[u8]>, Found>,
}

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// The address that these seeds lead to, derived here only where it is not known.
pub(super) fn find(
    seeds: &[&[u8]],
    program: Address,
    derive: impl FnOnce(&[&[u8]], Address) -> Found,
) -> Found {
    let Some(key) = key(seeds, program) else {
        return derive(seeds, program);
    };
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known().get(&key) {
        return found;
    }
    let found = derive(seeds, program);
    known().keep(key, found);
    found
}

/// What tells seeds and program from others; `None` for those that are too long to be kept.
fn key(seeds: &[&[u8]], program: Address) -> Option<Vec<u8>> {
    let mut key = Vec::with_capacity(KEY_BYTES_MAX);
    key.extend_from_slice(&program.0);
    for seed in seeds {
        key.push(u8::try_from(seed.len()).ok()?);
        key.extend_from_slice(seed);
    }
    (key.len() <= KEY_BYTES_MAX).then_some(key)
}

impl Known {
    fn get(&mut self, key: &[u8]) -> Option<Found> {
        if let Some(found) = self.young.get(key) {
            return Some(*found);
        }
        // What is still asked for stays.
        let (key, found) = self.old.remove_entry(key)?;
        self.keep(key, found);
        Some(found)
    }

    fn keep(&mut self, key: impl Into<Box<[u8]>>, found: Found) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key.into(), found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: usize) -> Found {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        Some((Address(bytes), 255))
    }

    #[test]
    fn a_bounded_number_is_kept_and_what_is_asked_for_stays() {
        let mut known = Known::default();
        let key = |number: usize| number.to_le_bytes();

        for next in 0..4 * GENERATION {
            known.keep(key(next).as_slice(), number(next));
            assert_eq!(known.get(&key(0)), Some(number(0)));
            assert!(known.young.len() <= GENERATION && known.old.len() <= GENERATION);
        }

        assert_eq!(known.get(&key(1)), None);
        let last = 4 * GENERATION - 1;
        assert_eq!(known.get(&key(last)), Some(number(last)));
    }

    #[test]
    fn seeds_that_are_cut_elsewhere_or_too_long_are_not_confused() {
        let program = Address([7; 32]);

        assert_ne!(key(&[b"ab", b"c"], program), key(&[b"a", b"bc"], program));
        assert_ne!(key(&[b"a"], program), key(&[b"a"], Address([8; 32])));
        assert_eq!(key(&[&[0; 256]], program), None);
    }
}
