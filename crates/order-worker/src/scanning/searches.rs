//! Whose pools are searched for again because a better one may have been born. A search costs the endpoint dearly, so
//! that a scan asks for few of them, and for all pairs in turn.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use ports::waiting::Pair;

/// Pairs that are searched for in one scan.
const PAIRS_MAX: usize = 8;
/// Pairs of one turn that are remembered.
const TURN_MAX: usize = 16_384;

/// Which pairs have had their turn.
#[derive(Debug, Default)]
pub(super) struct Searches(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    had: HashSet<Pair>,
    /// In this scan.
    asked: usize,
    has_left_some: bool,
}

impl Searches {
    /// Whether a pair may be searched for in this scan.
    pub(super) fn may_search(&self, pair: &Pair) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.had.contains(pair) {
            return false;
        }
        if state.asked == PAIRS_MAX {
            state.has_left_some = true;
            return false;
        }
        state.asked += 1;
        state.had.insert(pair.clone());
        true
    }

    /// A scan is over. Once every pair has had its turn the first ones have theirs again.
    pub(super) fn end_scan(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::take(&mut state.has_left_some) || state.had.len() >= TURN_MAX {
            state.had.clear();
        }
        state.asked = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In how many of so many scans each of these pairs is searched for.
    fn searched(pairs: usize, scans: usize) -> Vec<usize> {
        let searches = Searches::default();
        let mut counts = vec![0; pairs];
        for _ in 0..scans {
            for (number, count) in counts.iter_mut().enumerate() {
                let pair = Pair {
                    sold: "SOL".to_owned(),
                    bought: number.to_string(),
                };
                *count += usize::from(searches.may_search(&pair));
            }
            searches.end_scan();
        }
        counts
    }

    #[test]
    fn few_pairs_are_searched_for_in_every_scan() {
        assert_eq!(searched(PAIRS_MAX, 5), [5; PAIRS_MAX]);
    }

    #[test]
    fn of_many_pairs_a_scan_searches_for_some_and_for_all_in_turn() {
        let counts = searched(3 * PAIRS_MAX, 30);

        assert_eq!(counts.iter().sum::<usize>(), 30 * PAIRS_MAX);
        assert!(counts.iter().all(|count| *count == 10), "{counts:?}");
    }
}
