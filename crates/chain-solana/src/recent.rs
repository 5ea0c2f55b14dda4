//! An answer that serves whoever asks within a while: one question at a time, also where it fails.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::FutureExt as _;
use ports::Clock;

use crate::in_flight::InFlight;

/// The newest answer to one question.
#[derive(Debug)]
pub(crate) struct Recent<T: Clone, E: Clone> {
    clock: Arc<dyn Clock>,
    used_for: Duration,
    in_flight: InFlight<(), Result<Known<T>, E>>,
    last: Mutex<Option<Known<T>>>,
}

/// An answer, and when it was asked for.
type Known<T> = (Duration, T);

impl<T, E> Recent<T, E>
where
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
        ask: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, E> {
        let now = self.clock.monotonic();
        let last = self.last().clone();
        let is_used = |(asked_at, _): &Known<T>| now.saturating_sub(*asked_at) < self.used_for;
        if let Some((_, answer)) = last.filter(is_used) {
            return Ok(answer);
        }
        let ask = || async move { Ok((now, ask.await?)) }.boxed();
        let known = self.in_flight.join((), ask).await?;
        let mut last = self.last();
        if last
            .as_ref()
            .is_none_or(|(asked_at, _)| *asked_at < known.0)
        {
            *last = Some(known.clone());
        }
        Ok(known.1)
    }

    fn last(&self) -> MutexGuard<'_, Option<Known<T>>> {
        self.last
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}
