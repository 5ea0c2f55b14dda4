//! A simulated process, which can freeze and die. Everything that it does goes through calls to the
//! ports and its clock; those wait while it is frozen, and never return once it is dead.

use std::future::pending;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::Timestamp;
use ports::{Clock, Random, Result};
use testkit::VirtualClock;
use tokio::sync::Notify;

/// The store's own clock: equal to the world's, until somebody sets it.
#[derive(Debug)]
pub(crate) struct WallClock {
    clock: VirtualClock,
    skew_ms: AtomicI64,
}

impl WallClock {
    pub(crate) fn new(clock: VirtualClock) -> Self {
        let skew_ms = AtomicI64::new(0);
        Self { clock, skew_ms }
    }

    /// Makes it differ by this much.
    pub(crate) fn set_skew_ms(&self, skew_ms: i64) {
        self.skew_ms.store(skew_ms, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let skew_ms = self.skew_ms.load(Ordering::Relaxed);
        Timestamp::from_millis(self.clock.now().as_millis() + skew_ms)
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

/// The state of a process.
#[derive(Debug, Clone, Copy)]
enum Life {
    Running,
    /// Since this moment it does nothing and does not see time pass.
    Frozen(Duration),
    Dead,
}

/// A process and its own share of randomness.
#[derive(Debug)]
pub(crate) struct Process {
    clock: VirtualClock,
    life: Mutex<Life>,
    /// How often it was frozen, killed or unreachable.
    doubts: AtomicU64,
    /// How many of these there were when its last answered heartbeat began.
    doubts_when_heard: AtomicU64,
    thawed: Notify,
    /// Decides about the faults of its calls. It is separate, so that steps of other processes do
    /// not shift it.
    pub(crate) fortune: Random,
}

impl Process {
    pub(crate) fn start(clock: VirtualClock, fortune: Random) -> Arc<Self> {
        Arc::new(Self {
            clock,
            life: Mutex::new(Life::Running),
            doubts: AtomicU64::new(0),
            doubts_when_heard: AtomicU64::new(0),
            thawed: Notify::new(),
            fortune,
        })
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops it at any point, as SIGSTOP does.
    pub(crate) fn freeze(&self) {
        self.doubts.fetch_add(1, Ordering::Relaxed);
        let now = self.clock.monotonic();
        let mut life = self.life();
        if matches!(*life, Life::Running) {
            *life = Life::Frozen(now);
        }
    }

    /// Lets it continue as if nothing had happened.
    pub(crate) fn thaw(&self) {
        let mut life = self.life();
        if matches!(*life, Life::Frozen(_)) {
            *life = Life::Running;
        }
        drop(life);
        self.thawed.notify_waiters();
    }

    /// Kills it, as SIGKILL does.
    pub(crate) fn kill(&self) {
        self.doubts.fetch_add(1, Ordering::Relaxed);
        *self.life() = Life::Dead;
    }

    /// How many events so far gave others a reason to believe it dead.
    pub(crate) fn doubts(&self) -> u64 {
        self.doubts.load(Ordering::Relaxed)
    }

    /// The same, up to its last answered heartbeat: until the next one others may still believe it dead for what came
    /// between, also of an order that it is granted meanwhile.
    pub(crate) fn doubts_when_heard(&self) -> u64 {
        self.doubts_when_heard.load(Ordering::Relaxed)
    }

    /// Makes a call that proves that it lives, or retires it.
    pub(crate) async fn be_heard<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let unheard = Unheard(self);
        let doubts = self.doubts();
        let answer = call.await;
        if answer.is_ok() {
            self.doubts_when_heard.store(doubts, Ordering::Relaxed);
            std::mem::forget(unheard);
        }
        answer
    }

    /// Whether it was killed.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(*self.life(), Life::Dead)
    }

    /// Continues at once in a running process, later in a frozen one, never in a dead one.
    pub(crate) async fn pass(&self) {
        loop {
            let thawed = self.thawed.notified();
            let life = *self.life();
            match life {
                Life::Running => return,
                Life::Frozen(_) => thawed.await,
                Life::Dead => pending().await,
            }
        }
    }
}

/// Notes that a process was unreachable, also if it gave up waiting.
struct Unheard<'a>(&'a Process);

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        self.0.doubts.fetch_add(1, Ordering::Relaxed);
    }
}

/// The world's clock as a process sees it.
#[derive(Debug)]
pub(crate) struct ProcessClock(pub(crate) Arc<Process>);

#[async_trait]
impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        VirtualClock::BEGINNING.plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        match *self.0.life() {
            Life::Frozen(since) => since,
            Life::Running | Life::Dead => self.0.clock.monotonic(),
        }
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
        self.0.pass().await;
    }
}
