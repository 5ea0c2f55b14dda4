//! Failures and delays, each kind drawn from a random stream of its own, so that a seed repeats one kind
//! whatever calls of the others are made.

use std::time::Duration;

use ports::Random;

use crate::config::Pace;
use crate::prices::mix;

/// The random streams of one world.
#[derive(Debug)]
pub(crate) struct Weather {
    failure_rate: f64,
    pace: Pace,
    quotes: Random,
    submits: Random,
    replies: Random,
    statuses: Random,
    quote_delays: Random,
    execution_delays: Random,
}

impl Weather {
    pub(crate) fn new(seed: u64, failure_rate: f64, pace: Pace) -> Self {
        let stream = |number: u64| Random::seeded(mix(seed ^ mix(number)));
        Self {
            failure_rate,
            pace,
            quotes: stream(1),
            submits: stream(2),
            replies: stream(3),
            statuses: stream(4),
            quote_delays: stream(5),
            execution_delays: stream(6),
        }
    }

    /// Whether a quote call fails.
    pub(crate) fn quote_fails(&self) -> bool {
        self.quotes.chance(self.failure_rate)
    }

    /// Whether a transaction is lost before the chain accepts it.
    pub(crate) fn submit_fails(&self) -> bool {
        self.submits.chance(self.failure_rate)
    }

    /// Whether the reply to an accepted transaction is lost.
    pub(crate) fn reply_is_lost(&self) -> bool {
        self.replies.chance(self.failure_rate)
    }

    /// Whether a question for a height or a fate fails.
    pub(crate) fn status_fails(&self) -> bool {
        self.statuses.chance(self.failure_rate)
    }

    pub(crate) fn quote_delay(&self) -> Duration {
        self.pace.quote_delay + self.quote_delays.duration_below(self.pace.quote_spread)
    }

    pub(crate) fn execution_delay(&self) -> Duration {
        self.pace.execution_delay
            + self
                .execution_delays
                .duration_below(self.pace.execution_spread)
    }
}
