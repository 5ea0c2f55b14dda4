//! Randomness from a single source, so that one seed reproduces everything drawn from it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{EventId, OrderId, Timestamp, WorkerId};
use rand::rngs::{StdRng, SysRng};
use rand::{Rng, RngExt, SeedableRng};
use uuid::{Builder, Uuid};

/// A shared source of randomness. Clones draw from the same stream.
#[derive(Clone)]
pub struct Random(Arc<Mutex<StdRng>>);

impl Random {
    /// A source seeded by the operating system.
    ///
    /// # Panics
    /// If the operating system provides no randomness: then the engine can neither sign nor make
    /// ids.
    #[must_use]
    pub fn from_system() -> Self {
        let rng =
            StdRng::try_from_rng(&mut SysRng).expect("invariant: the system gives randomness");
        Self(Arc::new(Mutex::new(rng)))
    }

    /// A source that gives the same sequence for the same seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    fn with<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        // A panic during a draw leaves the generator usable: it only moves forward.
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Any 64 bits.
    #[must_use]
    pub fn bits(&self) -> u64 {
        self.with(Rng::next_u64)
    }

    /// A whole number below `bound`; 0 if `bound` is 0.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        if bound == 0 {
            0
        } else {
            self.with(|rng| rng.random_range(0..bound))
        }
    }

    /// True with this probability.
    #[must_use]
    pub fn chance(&self, probability: f64) -> bool {
        probability > 0.0 && self.with(|rng| rng.random_bool(probability.clamp(0.0, 1.0)))
    }

    /// A duration from zero up to, but not including, `limit`.
    #[must_use]
    pub fn duration_below(&self, limit: Duration) -> Duration {
        let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.below(nanos))
    }

    fn uuid(&self, at: Timestamp) -> Uuid {
        let mut bytes = [0; 10];
        self.with(|rng| rng.fill_bytes(&mut bytes));
        let millis = u64::try_from(at.as_millis()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    /// A new order's id, which sorts by `at`.
    #[must_use]
    pub fn order_id(&self, at: Timestamp) -> OrderId {
        OrderId::new(self.uuid(at))
    }

    /// The id of a proposed event.
    #[must_use]
    pub fn event_id(&self, at: Timestamp) -> EventId {
        EventId::new(self.uuid(at))
    }

    /// The identity of a worker that starts now.
    #[must_use]
    pub fn worker_id(&self, at: Timestamp) -> WorkerId {
        WorkerId::new(self.uuid(at))
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence() {
        let (one, other) = (Random::seeded(7), Random::seeded(7));
        let at = Timestamp::from_millis(1_700_000_000_000);

        assert_eq!(one.bits(), other.bits());
        assert_eq!(one.order_id(at), other.order_id(at));
        assert_eq!(one.order_id(at).uuid().get_version_num(), 7);
    }
}
