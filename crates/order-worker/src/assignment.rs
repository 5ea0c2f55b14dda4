//! One job, from the moment it is taken until nothing more is done about it: claim the order, let it live,
//! tell the queue when it is due again.

use std::sync::Arc;
use std::time::Duration;

use domain::Status;
use ports::job_queue::Job;
use ports::order_store::{Claim, Lease};
use tracing::{Instrument, debug, error, info, info_span};

use crate::context::Context;
use crate::lifecycle::{self, Ending};
use crate::panics::{Panicked, contain};
use crate::permission::{HELD_BACK_REST, Permission};
use crate::recording::{self, answered};
use crate::session::{Session, Slot, Solitude};

/// How long an order rests whose run panicked outside its stages.
const PANIC_REST: Duration = Duration::from_secs(1);

/// How long others leave an order alone for which a worker empties its slots.
const OTHERS_REST: Duration = Duration::from_secs(10);

/// How long an order rests for which no worker was found that had nothing else to do.
const COMPANY_REST: Duration = Duration::from_secs(1);

/// Drops a job that is in this worker's hands already, with what it would have started with.
pub(crate) async fn drop_twin(ctx: Arc<Context>, permission: Permission) {
    permission.give_back(&ctx).await;
}

/// Puts back a job for which no slot was left after all.
pub(crate) async fn put_back(ctx: Arc<Context>, job: Job, permission: Permission) {
    permission.give_back(&ctx).await;
    let ending = as_it_was(&job, Duration::ZERO);
    look_again(&ctx, job, ending).await;
}

/// Carries a job out. Whatever it leaves undone is due again in the store.
pub(crate) async fn carry_out(
    ctx: Arc<Context>,
    session: Arc<Session>,
    slot: Slot,
    job: Job,
    mut permission: Permission,
) {
    let ending = in_slot(&ctx, &session, slot, &job, &mut permission).await;
    if ending == Ending::LeaseLost {
        session.doubt_lease();
    }
    permission.give_back(&ctx).await;
    look_again(&ctx, job, ending).await;
}

/// The slot is free again when this returns: the queue may be slow to hear of the job.
async fn in_slot(
    ctx: &Context,
    session: &Arc<Session>,
    slot: Slot,
    job: &Job,
    permission: &mut Permission,
) -> Ending {
    let id = job.order_id;
    if ctx.shutdown.is_stopping() {
        return as_it_was(job, Duration::ZERO);
    }
    match answered(ctx, || ctx.store.claim(id, session.worker)).await {
        Ok(Claim::OnlyAlone) => {
            drop(slot);
            alone(ctx, session, job, permission).await
        }
        answer => live(ctx, session, job, answer, permission, Solitude::none()).await,
    }
}

/// Workers have died with this order, perhaps for another one's sake: nothing else is in our hands while it
/// goes on to its next event.
async fn alone(
    ctx: &Context,
    session: &Arc<Session>,
    job: &Job,
    permission: &mut Permission,
) -> Ending {
    let id = job.order_id;
    info!(order.id = %id, "workers died with order {id}: it is taken by itself");
    ctx.metrics.alone.increment(1);
    // Nobody else need wait for it meanwhile: while the queue knows it, no sweeper brings it.
    look_again(ctx, job.clone(), as_it_was(job, OTHERS_REST)).await;
    let Some((slot, solitude)) = session.alone(ctx, id).await else {
        return as_it_was(job, COMPANY_REST);
    };
    let answer = answered(ctx, || ctx.store.claim_alone(id, session.worker)).await;
    let ending = live(ctx, session, job, answer, permission, solitude).await;
    drop(slot);
    ending
}

async fn live(
    ctx: &Context,
    session: &Session,
    job: &Job,
    answer: ports::Result<Claim>,
    permission: &mut Permission,
    solitude: Solitude,
) -> Ending {
    let id = job.order_id;
    match answer {
        Ok(Claim::Granted(lease)) => contained_life(ctx, *lease, permission, solitude).await,
        Ok(Claim::NotDue { due_in, .. }) => as_it_was(job, due_in),
        // A living holder sees to it; a dead one's orders are brought again by the sweeper.
        Ok(Claim::Held) => Ending::Over,
        Ok(Claim::Paused) => {
            session.hear_pause(true);
            Ending::Retry {
                delay: HELD_BACK_REST,
            }
        }
        // Somebody died with it between two claims.
        Ok(Claim::OnlyAlone) => as_it_was(job, COMPANY_REST),
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
    permission: &mut Permission,
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

/// Tells the queue when to hand the order out again. What it does not hear, the sweeper brings.
async fn look_again(ctx: &Context, job: Job, ending: Ending) {
    let (delay, starts_execution) = match ending {
        Ending::Over | Ending::LeaseLost => return,
        Ending::Retry { delay } => (delay, true),
        Ending::Resume { delay } => (delay, false),
    };
    let job = Job {
        starts_execution,
        ..job
    };
    if let Err(error) = ctx.queue.push_delayed(job, delay).await {
        ctx.metrics.queue_failures.increment(1);
        debug!(%error, "the queue was not told when an order is due again: {error}");
    }
}

/// The ending of a job that was not touched.
const fn as_it_was(job: &Job, delay: Duration) -> Ending {
    if job.starts_execution {
        Ending::Retry { delay }
    } else {
        Ending::Resume { delay }
    }
}
