//! One job, from the moment it is taken until it is given back: claim the order, let it live, tell the
//! queue what became of it.

use std::sync::Arc;
use std::time::Duration;

use domain::Status;
use ports::job_queue::{Delivery, Job};
use ports::order_store::{Claim, Lease};
use tracing::{Instrument, debug, error, info, info_span};

use crate::context::Context;
use crate::crash_point::{self, CrashPoint};
use crate::lifecycle::{self, Ending};
use crate::limiter::{Limiter, Token};
use crate::panics::{Panicked, contain};
use crate::recording::{self, Answered, repeated};
use crate::session::{Session, Slot, Solitude};

/// How long an order rests whose run panicked outside its stages.
const PANIC_REST: Duration = Duration::from_secs(1);

/// How long an order rests for which no worker was found that had nothing else to do.
const COMPANY_REST: Duration = Duration::from_secs(1);

/// How long a start rests that operators hold back.
pub(crate) const HELD_BACK_REST: Duration = Duration::from_millis(500);

/// A start recorded this long after the queue's limiter let it pass is late. The limiter refills 1 %
/// slower than asked, which makes up for six tenths of a second in a minute.
const LATE: Duration = Duration::from_millis(250);

/// Where a job was found.
#[derive(Debug)]
pub(crate) enum Source {
    Queue(Delivery),
    /// In the store itself, while the queue is away.
    Store(Job),
}

/// Whether the job may start an execution, should it turn out to be a start.
#[derive(Debug)]
pub(crate) enum Permission {
    /// Nobody counts.
    Free,
    /// The queue's limiter has counted it, when it was asked for at this time.
    CountedByQueue { asked_at: Duration },
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
            Self::CountedByQueue { asked_at } => {
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
}

/// Carries a job out and gives it back.
pub(crate) async fn carry_out(
    ctx: Arc<Context>,
    session: Arc<Session>,
    slot: Slot,
    source: Source,
    permission: Permission,
) {
    let ending = in_slot(&ctx, &session, slot, &source, permission).await;
    if ending == Ending::LeaseLost {
        session.doubt_lease();
    }
    crash_point::reached(CrashPoint::PublishedNotAcknowledged);
    give_back(&ctx, &session, source, ending).await;
}

/// The slot is free again when this returns: the queue may be slow to take the job back.
async fn in_slot(
    ctx: &Context,
    session: &Arc<Session>,
    slot: Slot,
    source: &Source,
    permission: Permission,
) -> Ending {
    let id = source.job().order_id;
    if ctx.shutdown.is_stopping() {
        return source.as_it_was(Duration::ZERO);
    }
    let claim = || ctx.store.claim(id, session.worker);
    match heard(ctx, session, claim).await {
        Ok(Claim::OnlyAlone) => {
            drop(slot);
            alone(ctx, session, source, permission).await
        }
        answer => live(ctx, session, source, answer, permission, Solitude::none()).await,
    }
}

/// Workers have died with this order, perhaps for another one's sake: nothing else is in our hands while it
/// goes on to its next event.
async fn alone(
    ctx: &Context,
    session: &Arc<Session>,
    source: &Source,
    permission: Permission,
) -> Ending {
    let id = source.job().order_id;
    info!(order.id = %id, "workers died with order {id}: it is taken by itself");
    ctx.metrics.alone.increment(1);
    let Some((slot, solitude)) = session.alone(ctx, id).await else {
        return source.as_it_was(COMPANY_REST);
    };
    let claim = || ctx.store.claim_alone(id, session.worker);
    let answer = heard(ctx, session, claim).await;
    let ending = live(ctx, session, source, answer, permission, solitude).await;
    drop(slot);
    ending
}

/// Claims until the store answers.
async fn heard<F>(ctx: &Context, session: &Session, claim: impl Fn() -> F) -> ports::Result<Claim>
where
    F: Future<Output = ports::Result<Claim>>,
{
    let Answered { answer, unheard } = repeated(ctx, claim).await;
    if unheard > 0 {
        // Perhaps granted, perhaps to be granted when the order is due again: without our knowing.
        session.renew();
    }
    answer
}

async fn live(
    ctx: &Context,
    session: &Session,
    source: &Source,
    answer: ports::Result<Claim>,
    permission: Permission,
    solitude: Solitude,
) -> Ending {
    let id = source.job().order_id;
    match answer {
        Ok(Claim::Granted(lease)) => contained_life(ctx, *lease, permission, solitude).await,
        Ok(Claim::NotDue { due_in, .. }) => source.as_it_was(due_in),
        // A living holder sees to it; a dead one's orders are brought again by the sweeper.
        Ok(Claim::Held) => Ending::Over,
        Ok(Claim::Paused) => {
            session.hear_pause(true);
            Ending::Retry {
                delay: HELD_BACK_REST,
            }
        }
        // Somebody died with it between two claims.
        Ok(Claim::OnlyAlone) => source.as_it_was(COMPANY_REST),
        Ok(Claim::Ended | Claim::Unknown) => Ending::Over,
        Err(error) => {
            error!(order.id = %id, %error, "order {id} cannot be claimed: {error}");
            Ending::Over
        }
    }
}

async fn contained_life(
    ctx: &Context,
    lease: Lease,
    permission: Permission,
    solitude: Solitude,
) -> Ending {
    let order = &lease.order;
    let id = order.id;
    if order.status() != Status::Pending {
        ctx.metrics.rescued.increment(1);
    }
    let trace = lease.trace_context.as_deref();
    let span = info_span!("order.run", order.id = %id, trace);
    let life = lifecycle::live(ctx, lease.clone(), permission, solitude);
    match contain(life.instrument(span)).await {
        Ok(ending) => ending,
        Err(Panicked(error)) => {
            ctx.metrics.panics.increment(1);
            error!(order.id = %id, error, "the run of order {id} met a defect: {error}");
            recording::release(ctx, &lease, PANIC_REST).await;
            Ending::Resume { delay: PANIC_REST }
        }
    }
}

/// Tells the queue what became of a job. What was in our hands and is not heard to be taken back is in
/// doubt: the sweeper cannot bring anew what the queue takes to be worked on.
pub(crate) async fn give_back(ctx: &Context, session: &Session, source: Source, ending: Ending) {
    let is_ours = matches!(source, Source::Queue(_));
    let answer = match (source, ending) {
        (Source::Queue(delivery), Ending::Over | Ending::LeaseLost) => {
            ctx.queue.ack(delivery).await
        }
        (Source::Queue(mut delivery), Ending::Retry { delay }) => {
            delivery.job.starts_execution = true;
            ctx.queue.retry(delivery, delay).await
        }
        (Source::Queue(mut delivery), Ending::Resume { delay }) => {
            delivery.job.starts_execution = false;
            ctx.queue.retry(delivery, delay).await
        }
        (Source::Store(job), Ending::Retry { delay }) => {
            let job = Job {
                starts_execution: true,
                ..job
            };
            ctx.queue.push_delayed(job, delay).await
        }
        (Source::Store(job), Ending::Resume { delay }) => {
            let job = Job {
                starts_execution: false,
                ..job
            };
            ctx.queue.push_delayed(job, delay).await
        }
        (Source::Store(_), Ending::Over | Ending::LeaseLost) => Ok(()),
    };
    if let Err(error) = answer {
        ctx.metrics.queue_failures.increment(1);
        if is_ours {
            session.doubt_queue();
        }
        debug!(%error, "the queue was not told what became of a job: {error}");
    }
}

impl Source {
    /// The job itself.
    pub(crate) const fn job(&self) -> &Job {
        match self {
            Self::Queue(delivery) => &delivery.job,
            Self::Store(job) => job,
        }
    }

    /// The ending of a job that was not touched.
    pub(crate) const fn as_it_was(&self, delay: Duration) -> Ending {
        if self.job().starts_execution {
            Ending::Retry { delay }
        } else {
            Ending::Resume { delay }
        }
    }
}
