//! Pools that are not offered for a while: what they say they pay and what they pay when tried are not the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use amm::Address;
use ports::Clock;

/// Pools put aside at once. Beyond them the one that would come back first does.
const POOLS_MAX: usize = 1_024;

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

    pub(super) fn holds(&self, pool: Address) -> bool {
        let until = self.until();
        !until.is_empty()
            && until
                .get(&pool)
                .is_some_and(|end| *end > self.clock.monotonic())
    }

    fn until(&self) -> MutexGuard<'_, HashMap<Address, Duration>> {
        self.until
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}
