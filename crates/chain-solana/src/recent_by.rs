//! Answers that serve whoever asks the same within a while: one question of a kind at a time, also where it fails.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::FutureExt as _;
use ports::Clock;

use crate::in_flight::InFlight;

/// Questions whose answers are kept. Beyond them the oldest is forgotten.
const QUESTIONS_MAX: usize = 256;

/// The newest answers, by what was asked.
#[derive(Debug)]
pub(crate) struct RecentBy<K, T: Clone, E: Clone> {
    clock: Arc<dyn Clock>,
    used_for: Duration,
    in_flight: InFlight<K, Result<Known<T>, E>>,
    last: Mutex<HashMap<K, Known<T>>>,
}

/// An answer, and when it was asked for.
type Known<T> = (Duration, T);

impl<K, T, E> RecentBy<K, T, E>
where
    K: Clone + Eq + Hash,
    T: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// Nothing is asked yet.
    pub(crate) fn new(clock: Arc<dyn Clock>, used_for: Duration) -> Self {
        Self {
            clock,
            used_for,
            in_flight: InFlight::default(),
            last: Mutex::default(),
        }
    }

    /// The last answer, or a new one where it was asked for too long ago. No error is kept.
    ///
    /// Cancel safety: may be dropped; whoever shares the question goes on with it.
    pub(crate) async fn get(
        &self,
        key: K,
        ask: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, E> {
        if let Some(answer) = self.known(&key, self.used_for) {
            return Ok(answer);
        }
        let now = self.clock.monotonic();
        let ask = || async move { Ok((now, ask.await?)) }.boxed();
        let known = self.in_flight.join(key.clone(), ask).await?;
        self.keep(key, &known);
        Ok(known.1)
    }

    /// The next one who asks this gets a new answer.
    pub(crate) fn forget(&self, key: &K) {
        self.last().remove(key);
    }

    fn keep(&self, key: K, known: &Known<T>) {
        let mut last = self.last();
        match last.get(&key) {
            // Whoever waited longer for an older answer comes later.
            Some((asked_at, _)) if *asked_at >= known.0 => return,
            None if last.len() >= QUESTIONS_MAX => {
                let oldest = last.iter().min_by_key(|(_, (asked_at, _))| *asked_at);
                if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                    last.remove(&oldest);
                }
            }
            _ => {}
        }
        last.insert(key, known.clone());
    }

    /// The last answer, where it was asked for no longer ago than this.
    pub(crate) fn known(&self, key: &K, no_older_than: Duration) -> Option<T> {
        let now = self.clock.monotonic();
        let last = self.last();
        let (asked_at, answer) = last.get(key)?;
        (now.saturating_sub(*asked_at) < no_older_than).then(|| answer.clone())
    }

    fn last(&self) -> MutexGuard<'_, HashMap<K, Known<T>>> {
        self.last
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}
