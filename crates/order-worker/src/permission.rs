//! What allows an entry to start an execution: a permit of a limiter, or the absence of a limit.

use std::sync::Arc;
use std::time::Duration;

use tracing::debug;

use crate::context::Context;
use crate::limiter::{Limiter, Permit};

/// How long a start waits that operators hold back.
pub(crate) const HELD_BACK_REST: Duration = Duration::from_millis(500);

/// A start recorded this long after the queue's limiter allowed it is late. The limiter refills 1 %
/// slower than configured, which makes up for 0.6 seconds per minute.
const LATE: Duration = Duration::from_millis(250);

/// Whether the entry may start an execution, if it turns out to be a start.
#[derive(Debug)]
pub(crate) enum Permission {
    /// There is no limit.
    Free,
    /// The queue's limiter has counted it; the worker asked for it at this time.
    CountedByQueue { asked_at: Duration, is_spent: bool },
    /// It has a permit, or may ask for one.
    Counted {
        limiter: Arc<Limiter>,
        permit: Option<Permit>,
    },
    /// It may only resume: operators want no new executions, or the queue's limiter has not counted
    /// a start.
    ResumeOnly { look_again_in: Duration },
}

impl Permission {
    /// Makes sure that an execution may start now, or says when to try again.
    pub(crate) fn obtain(&mut self) -> Result<(), Duration> {
        match self {
            Self::Free | Self::CountedByQueue { .. } => Ok(()),
            Self::Counted { limiter, permit } => {
                let permit = match permit {
                    Some(permit) => permit,
                    None => permit.insert(limiter.take()?),
                };
                permit.begin();
                Ok(())
            }
            Self::ResumeOnly { look_again_in } => Err(*look_again_in),
        }
    }

    /// The start is recorded: its permit counts from now on.
    pub(crate) async fn spend(&mut self, ctx: &Context) {
        match self {
            Self::Counted { permit, .. } => drop(permit.take()),
            Self::CountedByQueue { asked_at, is_spent } => {
                *is_spent = true;
                let by = ctx.clock.monotonic().saturating_sub(*asked_at);
                if by > LATE
                    && let Err(error) = ctx.queue.began_late(by).await
                {
                    debug!(%error, "the queue did not learn of a late start: {error}");
                }
            }
            Self::Free | Self::ResumeOnly { .. } => {}
        }
    }

    /// Nothing was started: another start may use what the queue's limiter has counted.
    pub(crate) async fn give_back(&self, ctx: &Context) {
        let Self::CountedByQueue {
            asked_at,
            is_spent: false,
        } = self
        else {
            return;
        };
        let since = ctx.clock.monotonic().saturating_sub(*asked_at);
        if let Err(error) = ctx.queue.unspent(since).await {
            debug!(%error, "the queue did not learn that a start did not happen: {error}");
        }
    }
}
