//! One question under way at a time: who asks the same meanwhile waits for the same answer.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Mutex;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};

type Asking<T> = BoxFuture<'static, T>;

/// The questions under way, by what they ask.
pub(crate) struct InFlight<K, T>
where
    T: Clone,
{
    /// Weak, so that a question whose answer nobody waits for any more is dropped and never joined.
    asking: Mutex<HashMap<K, WeakShared<Asking<T>>>>,
}

impl<K: Eq + Hash, T: Clone + Send + Sync> InFlight<K, T> {
    /// The answer to a question: of the one that is under way, or of the one made here.
    ///
    /// Cancel safety: may be dropped; whoever shares the question goes on with it.
    pub(crate) fn join(&self, key: K, ask: impl FnOnce() -> Asking<T>) -> Shared<Asking<T>> {
        let mut all = self
            .asking
            .lock()
            .expect("invariant: nothing panics while holding it");
        let running = all.get(&key).and_then(WeakShared::upgrade);
        // One that is answered was asked too long ago.
        if let Some(running) = running.filter(|running| running.peek().is_none()) {
            return running;
        }
        all.retain(|_, asking| asking.upgrade().is_some());
        let asking = ask().shared();
        if let Some(weak) = asking.downgrade() {
            all.insert(key, weak);
        }
        asking
    }
}

impl<K, T: Clone> Default for InFlight<K, T> {
    fn default() -> Self {
        Self {
            asking: Mutex::default(),
        }
    }
}

impl<K, T: Clone> fmt::Debug for InFlight<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InFlight")
    }
}
