//! What a job may start with: a token of a limiter, or nothing that anybody counts.

use std::sync::Arc;
use std::time::Duration;

use tracing::debug;

use crate::context::Context;
use crate::limiter::{Limiter, Token};

/// How long a start rests that operators hold back.
pub(crate) const HELD_BACK_REST: Duration = Duration::from_millis(500);

/// A start recorded this long after the queue's limiter let it pass is late. The limiter refills 1 %
/// slower than asked, which makes up for six tenths of a second in a minute.
const LATE: Duration = Duration::from_millis(250);

/// Whether the job may start an execution, should it turn out to be a start.
#[derive(Debug)]
pub(crate) enum Permission {
    /// Nobody counts.
    Free,
    /// The queue's limiter has counted it, when it was asked for at this time.
    CountedByQueue { asked_at: Duration, is_spent: bool },
    /// It has a token, or may ask for one.
    Counted {
        limiter: Arc<Limiter>,
        token: Option<Token>,
    },
    /// It may only resume: operators want no new executions, or the queue has counted no start.
    ResumeOnly { look_again_in: Duration },
}

impl Permission {
    /// Makes sure that an execution may start now, or says when to try again.
    pub(crate) fn obtain(&mut self) -> Result<(), Duration> {
        match self {
            Self::Free | Self::CountedByQueue { .. } => Ok(()),
            Self::Counted { limiter, token } => {
                let token = match token {
                    Some(token) => token,
                    None => token.insert(limiter.take()?),
                };
                token.begin();
                Ok(())
            }
            Self::ResumeOnly { look_again_in } => Err(*look_again_in),
        }
    }

    /// The start is recorded: its token counts from now on.
    pub(crate) async fn spend(&mut self, ctx: &Context) {
        match self {
            Self::Counted { token, .. } => drop(token.take()),
            Self::CountedByQueue { asked_at, is_spent } => {
                *is_spent = true;
                let by = ctx.clock.monotonic().saturating_sub(*asked_at);
                if by > LATE
                    && let Err(error) = ctx.queue.began_late(by).await
                {
                    debug!(%error, "the queue does not know of a late start: {error}");
                }
            }
            Self::Free | Self::ResumeOnly { .. } => {}
        }
    }

    /// Nothing started: what the queue's limiter has counted may start in its place.
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
            debug!(%error, "the queue does not know of a start that was none: {error}");
        }
    }
}
