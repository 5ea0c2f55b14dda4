//! Which pools a pair has: found once in a while, and remembered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use amm::{Address, Program};

use super::SolanaChain;
use crate::pools::Candidate;
use crate::pools::discovery::{deepest, discover};
use crate::rpc::{Error, View};

/// Pools are made and abandoned slowly.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(600);
/// Pairs remembered; all of the listed tokens make fewer.
const PAIRS_MAX: usize = 1_024;
/// The most pools of one program and pair that are looked at: what they need must fit into one request.
const CANDIDATES_MAX: usize = 12;

/// What was found of each pair and program, and when.
#[derive(Debug, Default)]
pub(super) struct Pairs(Mutex<Known>);

type Known = BTreeMap<Key, (Duration, Arc<[Candidate]>)>;
type Key = (Address, (Address, Address));

impl SolanaChain {
    /// The deepest pools of a program and a pair.
    pub(super) async fn candidates(
        &self,
        program: Program,
        mints: (Address, Address),
    ) -> Result<Arc<[Candidate]>, Error> {
        let key = key(program, mints);
        let now = self.clock.monotonic();
        let known = self.pairs.known().get(&key).cloned();
        if let Some((found_at, candidates)) = known
            && now.saturating_sub(found_at) < LOOK_AGAIN_AFTER
        {
            return Ok(candidates);
        }
        let (rpc, view) = (&*self.rpc, View::CONFIRMED);
        let found = discover(rpc, program, key.1, view).await?;
        let found = deepest(rpc, found, key.1.0, CANDIDATES_MAX, view).await?;
        let found: Arc<[Candidate]> = found.into();
        let mut known = self.pairs.known();
        if known.len() >= PAIRS_MAX {
            known.clear();
        }
        // A pair without a pool may get one any moment.
        if !found.is_empty() {
            known.insert(key, (now, Arc::clone(&found)));
        }
        Ok(found)
    }
}

/// Pairs are the same both ways.
pub(super) fn key(program: Program, (one, other): (Address, Address)) -> Key {
    (program.id(), (one.min(other), one.max(other)))
}

impl Pairs {
    /// Keeps what is known of a pair up to date, without making it look newly found.
    pub(super) fn replace(&self, key: Key, candidates: Arc<[Candidate]>) {
        if let Some((_, known)) = self.known().get_mut(&key) {
            *known = candidates;
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}
