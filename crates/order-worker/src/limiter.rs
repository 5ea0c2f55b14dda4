//! How many executions may start: `governor` gives the permits, and a record of the last minute's
//! starts makes the promise exact.
//!
//! governor alone bounds when permits are taken. But clients count when `routing` was stored, and a
//! store that stalls moves the two apart. So a permit counts from when it is taken until its start
//! is more than a minute old, and a new one is given only while fewer than limit + burst count.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use config::Work;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use ports::Clock;

/// How many executions may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Executions per minute, sustained.
    pub per_minute: NonZeroU32,
    /// Executions at once, after a quiet time.
    pub burst: NonZeroU32,
}

impl Rate {
    /// The configured rate; `None` if there is no limit.
    pub(crate) fn configured(work: &Work) -> Option<Self> {
        Some(Self {
            per_minute: NonZeroU32::new(work.queue_rate_limit_per_minute)?,
            burst: NonZeroU32::new(work.queue_rate_limit_burst)?,
        })
    }
}

/// A minute and 1 %: the slack covers the rounding of stored times to milliseconds and small
/// differences between clocks.
const WINDOW: Duration = Duration::from_millis(60_600);
/// When to ask again if only the end of starts under way can free a permit, which nobody can
/// predict.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Gives permits, each for one start.
#[derive(Debug)]
pub struct Limiter {
    governor: RateLimiter<NotKeyed, InMemoryState, Monotonic, NoOpMiddleware<Duration>>,
    clock: Arc<dyn Clock>,
    refill: Duration,
    /// The most starts in any window: limit plus burst.
    most: usize,
    book: Mutex<Book>,
}

/// Sixteen bytes per start of the last minute.
#[derive(Debug, Default)]
struct Book {
    /// When permits were taken that were then not used.
    in_hand: VecDeque<Duration>,
    /// Permits whose start is being recorded.
    on_the_way: usize,
    /// When each start was known to be recorded, oldest first.
    started: VecDeque<Duration>,
    /// Since when a caller waits for a permit.
    waiting_since: Option<Duration>,
}

/// The permit to start one execution. If it is dropped unused, the limiter keeps it for the next
/// caller, for as long as it takes to earn another: governor takes nothing back, and permits must
/// not pile up. If it is dropped after [`Permit::begin`], it is spent: drop it then once the start
/// is recorded.
#[derive(Debug)]
#[must_use = "a dropped permit goes back to the limiter"]
pub struct Permit {
    limiter: Arc<Limiter>,
    taken_at: Duration,
    is_begun: bool,
}

impl Limiter {
    /// A limiter that can give its whole burst.
    #[must_use]
    pub fn new(rate: Rate, clock: Arc<dyn Clock>) -> Self {
        Self::shared(rate, NonZeroU32::MIN, clock)
    }

    /// One worker's share of a limit that this many workers share; at least one permit at a time.
    #[must_use]
    pub fn shared(rate: Rate, workers: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let burst = share_of_burst(rate, workers);
        // In whole nanoseconds, so that a share of any size is exact enough.
        let refill = (WINDOW * workers.get() / rate.per_minute.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(refill)
            .expect("invariant: the period is not zero")
            .allow_burst(burst);
        let most = rate.per_minute.get() / workers + burst.get();
        Self {
            governor: RateLimiter::direct_with_clock(quota, Monotonic(Arc::clone(&clock))),
            clock,
            refill,
            most: usize::try_from(most).unwrap_or(usize::MAX),
            book: Mutex::default(),
        }
    }

    /// The same limit shared by another number of workers: starts of the last minute still count,
    /// and the burst must be earned anew.
    #[must_use]
    pub fn shared_anew(&self, rate: Rate, workers: NonZeroU32) -> Self {
        let next = Self::shared(rate, workers, Arc::clone(&self.clock));
        // Takes exactly its burst, so that nothing is left; it never asks for more than fits.
        let _ = next.governor.check_n(share_of_burst(rate, workers));
        let former = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let mut book = next.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.started.clone_from(&former.started);
        let now = self.clock.monotonic();
        book.started
            .extend(std::iter::repeat_n(now, former.on_the_way));
        drop(book);
        next
    }

    /// Takes a permit, or returns how long to wait before asking again.
    pub fn take(self: &Arc<Self>) -> Result<Permit, Duration> {
        let now = self.clock.monotonic();
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        match self.admit(&mut book, now) {
            Ok(taken_at) => {
                book.on_the_way += 1;
                let since = book.waiting_since.take().unwrap_or(now);
                metrics::histogram!("limiter_wait_seconds").record(now.saturating_sub(since));
                let limiter = Arc::clone(self);
                Ok(Permit {
                    limiter,
                    taken_at,
                    is_begun: false,
                })
            }
            Err(wait) => {
                book.waiting_since.get_or_insert(now);
                Err(wait)
            }
        }
    }

    fn admit(&self, book: &mut Book, now: Duration) -> Result<Duration, Duration> {
        let window_began = now.saturating_sub(WINDOW);
        while book.started.front().is_some_and(|at| *at < window_began) {
            book.started.pop_front();
        }
        if book.started.len() + book.on_the_way >= self.most {
            let frees = book
                .started
                .front()
                .map(|at| (*at + WINDOW).saturating_sub(now));
            return Err(frees.unwrap_or(LOOK_AGAIN).max(LOOK_AGAIN));
        }
        while let Some(taken_at) = book.in_hand.pop_front() {
            if now.saturating_sub(taken_at) < self.refill {
                return Ok(taken_at);
            }
        }
        match self.governor.check() {
            Ok(()) => Ok(now),
            Err(until) => Err(until.wait_time_from(now)),
        }
    }

    fn give_back(&self, permit: &Permit) {
        let now = self.clock.monotonic();
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.on_the_way = book.on_the_way.saturating_sub(1);
        if permit.is_begun {
            book.started.push_back(now);
        } else if book.in_hand.len() < self.most {
            book.in_hand.push_back(permit.taken_at);
        }
    }
}

impl Permit {
    /// The start is about to be recorded. The outcome is not always known, so the permit counts as
    /// used from here on.
    pub const fn begin(&mut self) {
        self.is_begun = true;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.limiter.give_back(self);
    }
}

/// At least one permit at a time.
fn share_of_burst(rate: Rate, workers: NonZeroU32) -> NonZeroU32 {
    NonZeroU32::new(rate.burst.get() / workers).unwrap_or(NonZeroU32::MIN)
}

/// The engine's clock in the form that governor wants.
#[derive(Debug, Clone)]
struct Monotonic(Arc<dyn Clock>);

impl governor::clock::Clock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

#[cfg(test)]
mod tests;
