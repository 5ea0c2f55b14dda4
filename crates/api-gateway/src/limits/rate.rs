//! Submissions per minute of each client: the whole limit at once, and one more whenever its share
//! of a minute has passed. A submission that is refused afterwards is given back, as if it had
//! never been.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ports::Clock;

use super::Payer;
use crate::error::{ApiError, Code, RateLimit, Result};

const MINUTE: Duration = Duration::from_secs(60);
/// After this many submissions, clients whose whole rate is available again are forgotten.
const SWEEP_EVERY: u32 = 4_096;

/// The rates of all clients.
#[derive(Debug)]
pub(super) struct Rate {
    clock: Arc<dyn Clock>,
    per_minute: NonZeroU32,
    clients: Mutex<Clients>,
}

#[derive(Debug, Default)]
struct Clients {
    /// When each client's whole rate is available again.
    full_at: HashMap<Payer, Duration>,
    taken: u32,
}

/// One submission, subtracted from its client's rate. If it is dropped, it is given back.
#[derive(Debug)]
pub(super) struct Submission<'a> {
    rate: &'a Rate,
    payer: Payer,
    left: RateLimit,
    is_spent: bool,
}

impl Submission<'_> {
    /// How much of the rate is left after it.
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
        if !self.is_spent
            && let Some(full_at) = self.rate.clients().full_at.get_mut(&self.payer)
        {
            *full_at = full_at.saturating_sub(self.rate.share());
        }
    }
}

impl Rate {
    /// `None` if the limit is 0, which means no limit.
    pub(super) fn new(per_minute: u32, clock: &Arc<dyn Clock>) -> Option<Self> {
        Some(Self {
            clock: Arc::clone(clock),
            per_minute: NonZeroU32::new(per_minute)?,
            clients: Mutex::default(),
        })
    }

    /// Subtracts one submission of this client.
    pub(super) fn take(&self, payer: &Payer) -> Result<Submission<'_>> {
        let now = self.clock.monotonic();
        let mut clients = self.clients();
        clients.taken = clients.taken.wrapping_add(1);
        if clients.taken.is_multiple_of(SWEEP_EVERY) {
            clients.full_at.retain(|_, full_at| *full_at > now);
        }
        let known = clients.full_at.get(payer).copied();
        let full_at = known.unwrap_or(now).max(now);
        let taken = full_at + self.share();
        let latest = now + self.share() * self.per_minute.get();
        if taken > latest {
            let detail = format!("at most {} orders per minute", self.per_minute);
            let refused = ApiError::new(Code::RateLimited, detail);
            let left = self.left(full_at - now);
            return Err(refused.retry_after(taken - latest).with_rate(left));
        }
        clients.full_at.insert(payer.clone(), taken);
        Ok(Submission {
            rate: self,
            payer: payer.clone(),
            left: self.left(taken - now),
            is_spent: false,
        })
    }

    /// How long one submission counts.
    fn share(&self) -> Duration {
        MINUTE / self.per_minute.get()
    }

    fn left(&self, reset: Duration) -> RateLimit {
        let limit = self.per_minute.get();
        let used = reset.as_nanos().div_ceil(self.share().as_nanos());
        let used = u32::try_from(used).unwrap_or(limit);
        RateLimit {
            limit,
            remaining: limit.saturating_sub(used),
            reset,
        }
    }

    fn clients(&self) -> std::sync::MutexGuard<'_, Clients> {
        // Each change is one step: a panic leaves nothing half-done.
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Uses one submission for good; returns how many are left.
    fn spend(rate: &Rate, payer: &Payer) -> Result<u32> {
        let submission = rate.take(payer)?;
        let remaining = submission.left().remaining;
        submission.spend();
        Ok(remaining)
    }

    #[test]
    fn a_client_gets_its_minutes_worth_and_then_one_at_a_time() {
        let hand = Arc::new(HandClock::default());
        let clock: Arc<dyn Clock> = hand.clone();
        let rate = Rate::new(3, &clock).unwrap();
        let desk = payer("desk");

        let remaining: Vec<u32> = (0..3).map(|_| spend(&rate, &desk).unwrap()).collect();
        assert_eq!(remaining, [2, 1, 0]);
        assert!(spend(&rate, &desk).is_err());
        assert!(spend(&rate, &payer("fund")).is_ok());

        *hand.0.lock().unwrap() = Duration::from_secs(20);
        assert!(spend(&rate, &desk).is_ok());
        assert!(spend(&rate, &desk).is_err());
    }

    #[test]
    fn what_was_given_back_is_taken_again_and_is_never_more_than_the_limit() {
        let hand = Arc::new(HandClock::default());
        let clock: Arc<dyn Clock> = hand.clone();
        let rate = Rate::new(3, &clock).unwrap();
        let desk = payer("desk");

        for _ in 0..10 {
            let taken = rate.take(&desk).expect("a refused one takes nothing");
            assert_eq!(taken.left().remaining, 2, "nor is less left after it");
        }
        let taken: Vec<Submission<'_>> = (0..3).map(|_| rate.take(&desk).unwrap()).collect();
        let remaining = taken.iter().map(|taken| taken.left().remaining);
        assert_eq!(remaining.collect::<Vec<_>>(), [2, 1, 0]);
        assert!(rate.take(&desk).is_err());

        let mut taken = taken.into_iter();
        drop(taken.next());
        taken.for_each(Submission::spend);
        *hand.0.lock().unwrap() = Duration::from_secs(20);
        // One was given back, and the share of another has passed.
        assert_eq!(spend(&rate, &desk).expect("the first"), 1);
        assert_eq!(spend(&rate, &desk).expect("the second"), 0);
        assert!(spend(&rate, &desk).is_err(), "and no third");
    }

    #[test]
    fn what_is_given_back_after_its_time_makes_no_room() {
        let hand = Arc::new(HandClock::default());
        let clock: Arc<dyn Clock> = hand.clone();
        let rate = Rate::new(3, &clock).unwrap();
        let desk = payer("desk");
        let late = rate.take(&desk).unwrap();

        *hand.0.lock().unwrap() = Duration::from_secs(60);
        drop(late);

        let taken = (0..4).filter(|_| spend(&rate, &desk).is_ok());
        assert_eq!(taken.count(), 3);
    }

    #[test]
    fn nought_is_no_limit() {
        let clock: Arc<dyn Clock> = Arc::new(HandClock::default());

        assert!(Rate::new(0, &clock).is_none());
    }
}
