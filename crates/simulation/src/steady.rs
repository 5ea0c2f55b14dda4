//! Whether workers have been left alone for so long that one of them watches every pair.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ports::Clock as _;
use testkit::VirtualClock;

/// What became of workers last.
#[derive(Debug)]
pub(crate) struct Steady {
    clock: VirtualClock,
    /// How many run.
    running: AtomicU64,
    /// When one came or went last, in milliseconds.
    last_ms: AtomicU64,
    /// How often one went.
    gone: AtomicU64,
}

impl Steady {
    pub(crate) fn new(clock: VirtualClock) -> Self {
        Self {
            clock,
            running: AtomicU64::new(0),
            last_ms: AtomicU64::new(0),
            gone: AtomicU64::new(0),
        }
    }

    /// A worker begins, or goes on.
    pub(crate) fn comes(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
        self.changes();
    }

    /// A worker dies, freezes or ends.
    pub(crate) fn goes(&self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
        self.gone.fetch_add(1, Ordering::Relaxed);
        self.changes();
    }

    fn changes(&self) {
        let now = u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(now, Ordering::Relaxed);
    }

    /// Since when nothing has become of any worker; nothing while none runs.
    pub(crate) fn since(&self) -> Option<Duration> {
        let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
        (self.running.load(Ordering::Relaxed) > 0).then_some(last)
    }

    /// How often a worker died, froze or ended.
    pub(crate) fn gone(&self) -> u64 {
        self.gone.load(Ordering::Relaxed)
    }
}
