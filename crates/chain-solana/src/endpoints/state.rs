//! What is known of one endpoint, and when it may be asked for what. No IO here.

use std::time::Duration;

use super::budget::Budget;
use super::method::{METHODS, Method};
use crate::death::Witness;
use crate::rpc::Error;
use crate::rpc::error::Lag;

/// An endpoint that is so many slots behind the best one is still asked as the others are; one that is further behind
/// is asked after them.
pub const LAG_MAX: u64 = 20;
/// For how long an endpoint is not asked again for what it lacks: after the first refusal, which a proxy before it may
/// have sent, and at most.
const LACKS_MIN: Duration = Duration::from_secs(10);
const LACKS_MAX: Duration = Duration::from_secs(60 * 60);
/// How long an endpoint is left alone that has had enough: where it does not say, and at most.
const REST: Duration = Duration::from_secs(1);
const REST_MAX: Duration = Duration::from_secs(60);

/// Which cluster an endpoint shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    Unasked,
    OurCluster,
    AnotherCluster,
}

/// One endpoint.
#[derive(Debug)]
pub(super) struct State {
    pub(super) shows: Shows,
    pub(super) witness: Witness,
    /// How far behind the best one, when they were looked at together.
    pub(super) lag: u64,
    /// It tells of slots far ahead of the others and does not stand there, when they were looked at together.
    pub(super) is_overstating: bool,
    /// Its last call, or its last probe, got no answer.
    pub(super) is_failing: bool,
    rests_until: Duration,
    lacks: [Lack; METHODS],
    budgets: [Option<Budget>; METHODS],
}

/// Until when an endpoint is taken to lack something, and how long it is the next time.
#[derive(Debug, Clone, Copy)]
struct Lack {
    until: Duration,
    next: Duration,
}

const NO_LACK: Lack = Lack {
    until: Duration::ZERO,
    next: LACKS_MIN,
};

/// In which order endpoints are asked: the smaller first, and among equals the one that the operator named first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    is_benched: bool,
    is_disqualified: bool,
    lag: u64,
}

impl State {
    pub(super) const fn new(shows: Shows, witness: Witness) -> Self {
        Self {
            shows,
            witness,
            lag: 0,
            is_overstating: false,
            is_failing: false,
            rests_until: Duration::ZERO,
            lacks: [NO_LACK; METHODS],
            budgets: [None; METHODS],
        }
    }

    /// Others are asked first.
    pub(super) const fn is_benched(&self) -> bool {
        self.is_failing || self.is_overstating || self.lag > LAG_MAX
    }

    /// None where it is not to be asked for this at all.
    pub(super) fn rank(&self, method: Method, now: Duration) -> Option<Rank> {
        let is_lacking = now < self.lacks[method as usize].until;
        if self.shows != Shows::OurCluster || is_lacking {
            return None;
        }
        let is_benched = self.is_benched();
        Some(Rank {
            is_benched,
            is_disqualified: self.witness.is_disqualified(now),
            lag: if is_benched { self.lag } else { 0 },
        })
    }

    /// How long it is to be left alone.
    pub(super) fn wait(&self, method: Method, now: Duration) -> Duration {
        let rests = self.rests_until.saturating_sub(now);
        let budget = self.budgets[method as usize];
        budget.map_or(rests, |budget| rests.max(budget.wait(now)))
    }

    /// It is asked.
    pub(super) fn asked(&mut self, method: Method, now: Duration) {
        let budget = &mut self.budgets[method as usize];
        budget
            .get_or_insert_with(|| Budget::new(method.interval()))
            .take(now);
    }

    /// It answered.
    pub(super) const fn answered(&mut self, method: Method) {
        self.is_failing = false;
        self.lacks[method as usize] = NO_LACK;
    }

    /// It gave no answer. What follows for the next question depends on why.
    pub(super) fn failed(&mut self, method: Method, error: &Error, now: Duration) {
        match error {
            Error::TooManyRequests { retry_after } => {
                let rest = retry_after.unwrap_or(REST).min(REST_MAX);
                self.rests_until = self.rests_until.max(now + rest);
                if let Some(budget) = &mut self.budgets[method as usize] {
                    budget.refused(now);
                }
            }
            Error::Behind(Lag::Slots(slots)) => self.lag = *slots,
            Error::Unsupported(_) => {
                let lack = &mut self.lacks[method as usize];
                // Calls that were under way together are refused together.
                if now >= lack.until {
                    lack.until = now + lack.next;
                    lack.next = (lack.next * 2).min(LACKS_MAX);
                }
            }
            Error::Unavailable(_) | Error::Malformed { .. } | Error::Behind(Lag::Unknown) => {
                self.is_failing = true;
            }
            // It answered, if not what was hoped for.
            Error::Behind(Lag::StandsAt(_))
            | Error::NotHeld { .. }
            | Error::Preflight { .. }
            | Error::Refused(_)
            | Error::Other { .. } => self.is_failing = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn state() -> State {
        State::new(Shows::OurCluster, Witness::default())
    }

    #[test]
    fn a_refusal_is_honoured_for_as_long_as_it_says_within_bounds() {
        let mut state = state();
        let refused = |secs: Option<u64>| Error::TooManyRequests {
            retry_after: secs.map(Duration::from_secs),
        };
        for (told, rests) in [(None, 1), (Some(3), 3), (Some(9_999), 60)] {
            state.rests_until = Duration::ZERO;
            state.failed(Method::Send, &refused(told), NOW);
            for method in [Method::Send, Method::Accounts] {
                assert_eq!(state.wait(method, NOW), Duration::from_secs(rests));
            }
        }
    }

    #[test]
    fn what_an_endpoint_lacks_it_is_asked_for_ever_more_rarely() {
        let mut state = state();
        let lacking = Error::Unsupported("no such method".to_owned());
        let method = Method::ProgramAccounts;
        let mut now = NOW;
        let mut pauses = Vec::new();
        for _ in 0..11 {
            state.failed(method, &lacking, now);
            state.failed(method, &lacking, now);
            assert!(state.rank(Method::Accounts, now).is_some());
            let began = now;
            while state.rank(method, now).is_none() {
                now += Duration::from_secs(10);
            }
            pauses.push((now - began).as_secs());
        }
        assert_eq!(
            pauses,
            [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600]
        );

        state.answered(method);
        state.failed(method, &lacking, now);
        assert!(state.rank(method, now + LACKS_MIN).is_some());
    }

    #[test]
    fn an_endpoint_is_benched_beyond_twenty_slots_and_while_it_fails() {
        let rank = |state: &State| state.rank(Method::Accounts, NOW).unwrap();
        let healthy = rank(&state());
        let mut lagging = state();
        lagging.failed(Method::Accounts, &Error::Behind(Lag::Slots(20)), NOW);
        assert_eq!(rank(&lagging), healthy);
        lagging.failed(Method::Accounts, &Error::Behind(Lag::Slots(21)), NOW);
        assert!(rank(&lagging) > healthy);
        let mut failing = state();
        failing.failed(Method::Accounts, &Error::unavailable("reset"), NOW);
        assert!(rank(&failing) > healthy);
        assert!(rank(&lagging) > rank(&failing), "the less behind first");
        failing.answered(Method::Accounts);
        assert_eq!(rank(&failing), healthy);
    }

    #[test]
    fn only_endpoints_of_the_cluster_are_asked() {
        for shows in [Shows::Unasked, Shows::AnotherCluster] {
            let endpoint = State::new(shows, Witness::default());
            assert_eq!(endpoint.rank(Method::Send, NOW), None);
        }
    }
}
