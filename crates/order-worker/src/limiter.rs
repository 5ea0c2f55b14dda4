//! How many executions may start: `governor` gives the tokens, a book of the last minute's starts makes
//! the promise exact.
//!
//! governor alone bounds when tokens are taken, but what clients count is when `routing` was stored, and
//! a store that stalls moves the two apart. So a token counts from when it is taken until its start has
//! left the last minute; a new one is given only while fewer than limit + burst count.

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
    /// Sustained.
    pub per_minute: NonZeroU32,
    /// At once, when it was quiet before.
    pub burst: NonZeroU32,
}

impl Rate {
    /// The configured rate; `None` where there is no limit.
    pub(crate) fn configured(work: &Work) -> Option<Self> {
        Some(Self {
            per_minute: NonZeroU32::new(work.queue_rate_limit_per_minute)?,
            burst: NonZeroU32::new(work.queue_rate_limit_burst)?,
        })
    }
}

/// A minute and 1 %: the slack covers the rounding of stored times to milliseconds and clocks that do not
/// run exactly alike.
const WINDOW: Duration = Duration::from_millis(60_600);
/// Where only the end of starts that are on their way is waited for, which nobody can foretell.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Gives tokens, each for one start.
#[derive(Debug)]
pub struct Limiter {
    governor: RateLimiter<NotKeyed, InMemoryState, Monotonic, NoOpMiddleware<Duration>>,
    clock: Arc<dyn Clock>,
    refill: Duration,
    /// Starts in any window: the limit and the burst.
    most: usize,
    book: Mutex<Book>,
}

/// Sixteen bytes per start of the last minute.
#[derive(Debug, Default)]
struct Book {
    /// When tokens were taken that were then not used.
    in_hand: VecDeque<Duration>,
    /// Tokens whose start is being recorded.
    on_the_way: usize,
    /// When starts were known to be recorded, oldest first.
    started: VecDeque<Duration>,
    /// Since when a token is waited for.
    waiting_since: Option<Duration>,
}

/// The right to start one execution. Dropped unused, it is kept in hand for the next one who asks, for
/// as long as it takes to earn another: governor takes nothing back, and tokens must not pile up. Dropped
/// after [`Token::begin`] it is spent: that is the moment to drop it once the start is recorded.
#[derive(Debug)]
#[must_use = "dropped, it goes back into the limiter's hand"]
pub struct Token {
    limiter: Arc<Limiter>,
    taken_at: Duration,
    is_begun: bool,
}

impl Limiter {
    /// A limiter with its whole burst to give.
    #[must_use]
    pub fn new(rate: Rate, clock: Arc<dyn Clock>) -> Self {
        Self::shared(rate, NonZeroU32::MIN, clock)
    }

    /// One worker's part of a limit that this many workers share; at least one token at a time.
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

    /// The same limit shared by another number of workers: what started in the last minute counts on, and
    /// what could start at once has to be earned anew.
    #[must_use]
    pub fn shared_anew(&self, rate: Rate, workers: NonZeroU32) -> Self {
        let next = Self::shared(rate, workers, Arc::clone(&self.clock));
        // Exactly its burst, so that it holds nothing; it never asks for more than fits.
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

    /// Takes a token, or says how long to wait before asking again.
    pub fn take(self: &Arc<Self>) -> Result<Token, Duration> {
        let now = self.clock.monotonic();
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        match self.admit(&mut book, now) {
            Ok(taken_at) => {
                book.on_the_way += 1;
                let since = book.waiting_since.take().unwrap_or(now);
                metrics::histogram!("limiter_wait_seconds").record(now.saturating_sub(since));
                let limiter = Arc::clone(self);
                Ok(Token {
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

    fn give_back(&self, token: &Token) {
        let now = self.clock.monotonic();
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.on_the_way = book.on_the_way.saturating_sub(1);
        if token.is_begun {
            book.started.push_back(now);
        } else if book.in_hand.len() < self.most {
            book.in_hand.push_back(token.taken_at);
        }
    }
}

impl Token {
    /// The start is about to be recorded. Whether it was is not always known, so it counts from here.
    pub const fn begin(&mut self) {
        self.is_begun = true;
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.limiter.give_back(self);
    }
}

/// At least one token at a time.
fn share_of_burst(rate: Rate, workers: NonZeroU32) -> NonZeroU32 {
    NonZeroU32::new(rate.burst.get() / workers).unwrap_or(NonZeroU32::MIN)
}

/// Our clock, as governor wants it.
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
