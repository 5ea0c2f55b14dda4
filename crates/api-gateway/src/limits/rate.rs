//! Submissions per minute of each client. A submission that was refused afterwards is given back: the next one
//! takes its place, for as long as it would have counted.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use ports::Clock;

use super::Payer;
use crate::error::{ApiError, Code, RateLimit, Result};

const MINUTE: Duration = Duration::from_secs(60);
/// After this many submissions the clients that have been silent for long are forgotten.
const SWEEP_EVERY: u32 = 4_096;
/// Clients for whom something is kept that was given back; beyond it nothing more is.
const GIVEN_BACK_MAX: usize = 4_096;

#[derive(Debug)]
struct LimiterClock(Arc<dyn Clock>);

impl governor::clock::Clock for LimiterClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

type Limiter =
    RateLimiter<Payer, HashMapStateStore<Payer>, LimiterClock, StateInformationMiddleware>;

/// One submission, taken out of its client's rate. Dropped without a word it is given back.
#[derive(Debug)]
pub(super) struct Submission<'a> {
    rate: &'a Rate,
    payer: Payer,
    left: RateLimit,
    is_spent: bool,
}

impl Submission<'_> {
    /// What is left of the rate after it.
    pub(super) fn left(&self) -> RateLimit {
        self.left
    }

    /// The order was stored, or may be.
    pub(super) fn spend(mut self) {
        self.is_spent = true;
    }
}

impl Drop for Submission<'_> {
    fn drop(&mut self) {
        if !self.is_spent {
            self.rate.give_back(&self.payer, self.left);
        }
    }
}

/// The one limiter of all clients.
#[derive(Debug)]
pub(super) struct Rate {
    limiter: Limiter,
    per_minute: NonZeroU32,
    clock: Arc<dyn Clock>,
    taken: AtomicU32,
    given_back: Mutex<HashMap<Payer, GivenBack>>,
}

/// Submissions that were given back, until when the first of them counts, and what was left when the last one
/// was taken: as much as is left when it is taken again.
#[derive(Debug, Clone, Copy)]
struct GivenBack {
    count: u32,
    until: Duration,
    remaining: u32,
}

impl Rate {
    /// `None` where 0 says that there is no limit.
    pub(super) fn new(per_minute: u32, clock: &Arc<dyn Clock>) -> Option<Self> {
        let per_minute = NonZeroU32::new(per_minute)?;
        let quota = Quota::per_minute(per_minute);
        let limiter = RateLimiter::hashmap_with_clock(quota, LimiterClock(Arc::clone(clock)));
        Some(Self {
            limiter: limiter.with_middleware(),
            per_minute,
            clock: Arc::clone(clock),
            taken: AtomicU32::new(0),
            given_back: Mutex::default(),
        })
    }

    pub(super) fn submission(&self, payer: &Payer) -> Result<Submission<'_>> {
        Ok(Submission {
            rate: self,
            payer: payer.clone(),
            left: self.take(payer)?,
            is_spent: false,
        })
    }

    fn take(&self, payer: &Payer) -> Result<RateLimit> {
        if let Some(left) = self.take_given_back(payer) {
            return Ok(left);
        }
        if self.taken.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key(payer) {
            Ok(snapshot) => Ok(self.left(snapshot.remaining_burst_capacity())),
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.clock.monotonic());
                let detail = format!("at most {} orders per minute", self.per_minute);
                let refused = ApiError::new(Code::RateLimited, detail);
                Err(refused.retry_after(wait).with_rate(self.left(0)))
            }
        }
    }

    /// The submission was refused for another reason.
    fn give_back(&self, payer: &Payer, taken: RateLimit) {
        let now = self.clock.monotonic();
        let mut given_back = self.lock();
        if given_back.len() >= GIVEN_BACK_MAX {
            given_back.retain(|_, back| back.until > now);
        }
        if given_back.len() >= GIVEN_BACK_MAX && !given_back.contains_key(payer) {
            return;
        }
        let nothing = GivenBack {
            count: 0,
            // By then the limiter itself has it again.
            until: now + MINUTE / self.per_minute.get(),
            remaining: 0,
        };
        let back = given_back.entry(payer.clone()).or_insert(nothing);
        if back.until <= now {
            *back = nothing;
        }
        back.count = back.count.saturating_add(1).min(self.per_minute.get());
        back.remaining = taken.remaining;
    }

    fn take_given_back(&self, payer: &Payer) -> Option<RateLimit> {
        let now = self.clock.monotonic();
        let mut given_back = self.lock();
        if given_back.is_empty() {
            return None;
        }
        let back = given_back.get_mut(payer)?;
        let is_valid = back.until > now;
        let remaining = back.remaining;
        back.count -= 1;
        if !is_valid || back.count == 0 {
            given_back.remove(payer);
        }
        is_valid.then(|| self.left(remaining))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Payer, GivenBack>> {
        self.given_back
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn left(&self, remaining: u32) -> RateLimit {
        let limit = self.per_minute.get();
        let used = limit.saturating_sub(remaining);
        RateLimit {
            limit,
            remaining,
            reset: MINUTE * used / limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use domain::Timestamp;

    use super::*;

    #[derive(Debug, Default)]
    struct HandClock(Mutex<Duration>);

    #[async_trait]
    impl Clock for HandClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }

        fn monotonic(&self) -> Duration {
            *self.0.lock().unwrap()
        }

        async fn sleep(&self, _: Duration) {}
    }

    fn payer(name: &str) -> Payer {
        Payer(name.into())
    }

    #[test]
    fn a_client_gets_its_minutes_worth_and_then_one_at_a_time() {
        let hand = Arc::new(HandClock::default());
        let clock: Arc<dyn Clock> = hand.clone();
        let rate = Rate::new(3, &clock).unwrap();
        let desk = payer("desk");

        let remaining: Vec<u32> = (0..3)
            .map(|_| rate.take(&desk).unwrap().remaining)
            .collect();
        assert_eq!(remaining, [2, 1, 0]);
        assert!(rate.take(&desk).is_err());
        assert!(rate.take(&payer("fund")).is_ok());

        *hand.0.lock().unwrap() = Duration::from_secs(20);
        assert!(rate.take(&desk).is_ok());
        assert!(rate.take(&desk).is_err());
    }

    #[test]
    fn what_was_given_back_is_taken_again_and_is_never_more_than_the_limit() {
        let hand = Arc::new(HandClock::default());
        let clock: Arc<dyn Clock> = hand.clone();
        let rate = Rate::new(3, &clock).unwrap();
        let desk = payer("desk");

        for _ in 0..10 {
            let taken = rate.take(&desk).expect("a refused one takes nothing");
            assert_eq!(taken.remaining, 2, "nor is less left after it");
            rate.give_back(&desk, taken);
        }
        let taken: Vec<RateLimit> = (0..3).map(|_| rate.take(&desk).unwrap()).collect();
        let remaining = taken.iter().map(|taken| taken.remaining);
        assert_eq!(remaining.collect::<Vec<_>>(), [2, 1, 0]);
        assert!(rate.take(&desk).is_err());

        rate.give_back(&desk, taken[2]);
        *hand.0.lock().unwrap() = Duration::from_secs(20);
        assert!(rate.take(&desk).is_ok());
        assert!(
            rate.take(&desk).is_err(),
            "the limiter has it again by then"
        );
    }

    #[test]
    fn nought_is_no_limit() {
        let clock: Arc<dyn Clock> = Arc::new(HandClock::default());

        assert!(Rate::new(0, &clock).is_none());
    }
}
