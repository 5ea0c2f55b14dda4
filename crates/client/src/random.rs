//! Randomness as whoever makes a client gives it: seeded, one run is like another.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A source of random bits, for keys of submissions and to spread waiting.
#[derive(Clone)]
pub struct Random(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Random {
    /// A source that draws from `bits`, which gives 64 others with each call.
    pub fn new(bits: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(bits))
    }

    pub(crate) fn bits(&self) -> u64 {
        (self.0)()
    }

    /// A duration from zero up to and without `limit`.
    pub(crate) fn duration_below(&self, limit: Duration) -> Duration {
        let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.bits().checked_rem(nanos).unwrap_or(0))
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}
