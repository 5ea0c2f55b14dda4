//! Submissions per minute of each client.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::HttpResponseBuilder;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use ports::Clock;

use super::Payer;
use crate::error::{ApiError, Code, Result, whole_seconds};

const MINUTE: Duration = Duration::from_secs(60);
/// After this many submissions the clients that have been silent for long are forgotten.
const SWEEP_EVERY: u32 = 4_096;

/// What is left of a client's rate, as its answers' headers tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    limit: u32,
    remaining: u32,
    /// When all of it is there again.
    reset: Duration,
}

impl RateLimit {
    pub(crate) fn add_to(self, response: &mut HttpResponseBuilder) {
        let reset = if self.reset.is_zero() {
            0
        } else {
            whole_seconds(self.reset)
        };
        response.insert_header(("RateLimit-Limit", u64::from(self.limit)));
        response.insert_header(("RateLimit-Remaining", u64::from(self.remaining)));
        response.insert_header(("RateLimit-Reset", reset));
    }
}

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

/// The one limiter of all clients.
#[derive(Debug)]
pub(super) struct Rate {
    limiter: Limiter,
    per_minute: NonZeroU32,
    clock: Arc<dyn Clock>,
    taken: AtomicU32,
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
        })
    }

    pub(super) fn take(&self, payer: &Payer) -> Result<RateLimit> {
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
    fn nought_is_no_limit() {
        let clock: Arc<dyn Clock> = Arc::new(HandClock::default());

        assert!(Rate::new(0, &clock).is_none());
    }
}
