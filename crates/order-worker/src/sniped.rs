//! Pairs of which snipers wait: nobody but the scan looks at those, so it never leaves them out.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ports::waiting::Pair;

/// More are scanned in their turn.
const PAIRS_MAX: usize = 4_096;

/// A hint that is lost with the process: whoever begins to scan looks at all pairs once.
#[derive(Debug, Default)]
pub(crate) struct Sniped(Mutex<BTreeSet<Pair>>);

impl Sniped {
    fn pairs(&self) -> MutexGuard<'_, BTreeSet<Pair>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A sniper waits of this pair.
    pub(crate) fn note(&self, pair: Pair) {
        let mut pairs = self.pairs();
        if pairs.len() < PAIRS_MAX {
            pairs.insert(pair);
        }
    }

    /// A look at all of the pair's orders has found none.
    pub(crate) fn forget(&self, pair: &Pair) {
        self.pairs().remove(pair);
    }

    pub(crate) fn all(&self) -> BTreeSet<Pair> {
        self.pairs().clone()
    }
}
