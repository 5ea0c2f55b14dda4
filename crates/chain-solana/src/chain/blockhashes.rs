//! Recent blockhashes for whoever builds: one question at a time, and its answer for a few slots.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use ports::Clock;

use crate::in_flight::InFlight;
use crate::rpc::{Blockhash, Error, Rpc, View};

/// A blockhash, and when it was asked for.
type Known = (Duration, Blockhash);

/// The newest blockhash.
#[derive(Debug)]
pub(super) struct Blockhashes {
    rpc: Arc<dyn Rpc>,
    clock: Arc<dyn Clock>,
    /// How long one is used.
    used_for: Duration,
    in_flight: InFlight<(), Result<Known, Error>>,
    last: Mutex<Option<Known>>,
}

impl Blockhashes {
    pub(super) fn new(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>, used_for: Duration) -> Self {
        Self {
            rpc,
            clock,
            used_for,
            in_flight: InFlight::default(),
            last: Mutex::default(),
        }
    }

    /// Always a confirmed one: a finalized one has lost a fifth of its life, a processed one may be of a block that
    /// vanishes.
    pub(super) async fn recent(&self) -> Result<Blockhash, Error> {
        let now = self.clock.monotonic();
        let last = *self.last();
        if let Some((asked_at, blockhash)) = last
            && now.saturating_sub(asked_at) < self.used_for
        {
            return Ok(blockhash);
        }
        let (rpc, clock) = (Arc::clone(&self.rpc), Arc::clone(&self.clock));
        let ask = || {
            async move {
                let asked_at = clock.monotonic();
                let answer = rpc.latest_blockhash(View::CONFIRMED).await?;
                Ok((asked_at, answer.value))
            }
            .boxed()
        };
        let known = self.in_flight.join((), ask).await?;
        let mut last = self.last();
        if last.is_none_or(|(asked_at, _)| asked_at < known.0) {
            *last = Some(known);
        }
        Ok(known.1)
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Known>> {
        self.last
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}
