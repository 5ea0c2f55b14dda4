//! Pools that are not offered for a while: what they say they pay and what they pay when tried are not the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use amm::Address;
use dex_router::pools::FoundPool;
use ports::Clock;

use super::reading::unusable;
use crate::convert::address;

/// Pools put aside at once. Beyond them the one that would come back first does.
const POOLS_MAX: usize = 1_024;
/// What is said of them.
const DIFFERS: &str = "it paid something else than quoted when it was tried";

/// The pools that are put aside, and until when.
#[derive(Debug)]
pub(super) struct Aside {
    clock: Arc<dyn Clock>,
    until: Mutex<HashMap<Address, Duration>>,
}

impl Aside {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            until: Mutex::default(),
        }
    }

    /// The pool is not offered for so long from now on.
    pub(super) fn put(&self, pool: Address, time: Duration) {
        let now = self.clock.monotonic();
        let mut until = self.until();
        until.retain(|_, end| *end > now);
        if until.len() >= POOLS_MAX {
            let first = until.iter().min_by_key(|(_, end)| **end);
            if let Some(first) = first.map(|(pool, _)| *pool) {
                until.remove(&first);
            }
        }
        until.insert(pool, now.saturating_add(time));
    }

    /// Lets those of a venue's pools that are put aside be no more usable than those that cannot be read.
    pub(super) fn withhold(&self, pools: &mut Arc<[FoundPool]>) {
        let until = self.until();
        if until.is_empty() {
            return;
        }
        let now = self.clock.monotonic();
        let is_aside = |found: &FoundPool| {
            let end = found.pool.address.and_then(|at| until.get(&address(at)));
            end.is_some_and(|end| *end > now)
        };
        if pools.iter().any(is_aside) {
            let all = pools.iter().map(|found| match is_aside(found) {
                true => unusable(found, DIFFERS),
                false => found.clone(),
            });
            *pools = all.collect();
        }
    }

    fn until(&self) -> MutexGuard<'_, HashMap<Address, Duration>> {
        self.until
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}
