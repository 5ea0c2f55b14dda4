//! Whether a signer answers, so that nothing is built for one that does not.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use amm::Address;
use metrics::{Gauge, Unit, describe_gauge, gauge};
use ports::retry::Policy;
use tokio::time::Instant;

use super::{ANSWER_LIMIT, Error};

/// How long a signer is left alone that did not answer; it doubles each time.
const RESTS: Policy = Policy {
    base_delay: Duration::from_millis(250),
    max_delay: Duration::from_secs(10),
};

/// Whether a signer answers.
pub(super) struct Standing {
    missed: Mutex<Option<Missed>>,
    reachable: Gauge,
}

struct Missed {
    times: u32,
    why: String,
    until: Instant,
    /// Somebody asks on behalf of all.
    is_tried: bool,
}

impl Standing {
    /// Nothing is known against it. The recorder of metrics must be installed before.
    pub(super) fn good(wallet: Address) -> Self {
        describe_gauge!(
            "signer_reachable",
            Unit::Count,
            "1 while the signer of a wallet answers at this worker's socket"
        );
        let reachable = gauge!("signer_reachable", "wallet" => wallet.to_string());
        reachable.set(1.0);
        Self {
            missed: Mutex::default(),
            reachable,
        }
    }

    /// Whether it is worth asking now. While it does not answer, one asks now and then for all.
    pub(super) fn look(&self) -> Result<(), Error> {
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(missed) = missed.as_mut() else {
            return Ok(());
        };
        let now = Instant::now();
        if now >= missed.until {
            missed.until = now + ANSWER_LIMIT;
            missed.is_tried = true;
            return Ok(());
        }
        Err(Error::Unavailable {
            why: missed.why.clone(),
            again_in: missed.until - now,
        })
    }

    pub(super) fn heard(&self) {
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if missed.take().is_some() {
            tracing::info!("the signer answers again");
        }
        self.reachable.set(1.0);
    }

    /// It did not answer. Many who asked at once count as one.
    pub(super) fn missed(&self, why: String) -> Error {
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (times, until) = match missed.as_ref() {
            None => {
                tracing::warn!(error = %why, "the signer does not answer: {why}");
                (1, now + RESTS.step(1))
            }
            Some(it) if it.until > now && !it.is_tried => (it.times, it.until),
            Some(it) => {
                let times = it.times.saturating_add(1);
                (times, now + RESTS.step(times))
            }
        };
        *missed = Some(Missed {
            times,
            why: why.clone(),
            until,
            is_tried: false,
        });
        self.reachable.set(0.0);
        Error::Unavailable {
            why,
            again_in: until - now,
        }
    }
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Standing")
    }
}
