//! One entry of the queue, from the moment a worker takes it until the worker has finished with it:
//! claim the order, execute it, tell the queue when it is due again.

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

/// How long an order waits after a panic outside its stages.
const PANIC_REST: Duration = Duration::from_secs(1);

/// How long other workers leave an order alone while one worker empties its slots for it.
const OTHERS_REST: Duration = Duration::from_secs(10);

/// How long an order waits if this worker did not get free of other orders for it.
const COMPANY_REST: Duration = Duration::from_secs(1);

/// Drops an entry whose order is already in this worker's hands, and gives its permission back.
pub(crate) async fn drop_twin(ctx: Arc<Context>, permission: Permission) {
    permission.give_back(&ctx).await;
}

/// Returns an entry to the queue because no slot was left for it.
pub(crate) async fn put_back(ctx: Arc<Context>, job: Job, permission: Permission) {
    permission.give_back(&ctx).await;
    let ending = as_it_was(&job, Duration::ZERO);
    look_again(&ctx, job, ending).await;
}

/// Works on an entry. Whatever it leaves undone is due again in the store.
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

/// The slot is free again when this returns, before the queue is told, because the queue may be
/// slow.
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

/// Workers have died with this order, perhaps because of another one: until its next event this
/// worker has no other order.
async fn alone(
    ctx: &Context,
    session: &Arc<Session>,
    job: &Job,
    permission: &mut Permission,
) -> Ending {
    let id = job.order_id;
    info!(order.id = %id, "workers died with order {id}: it is taken alone");
    ctx.metrics.alone.increment(1);
    // Meanwhile no other worker need wait for it: while the queue knows it, no sweeper brings it.
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
        // If the holder lives, it finishes the order; if it is dead, the sweeper brings the order
        // again.
        Ok(Claim::Held) => Ending::Over,
        // Its worker finds it in the queue.
        Ok(Claim::WalletElsewhere) => as_it_was(job, ctx.foreign.rest(ctx.clock.monotonic())),
        // The store names it again once a worker lives that has its wallet.
        Ok(Claim::WalletNowhere) => {
            ctx.metrics.walletless.increment(1);
            debug!(order.id = %id, "order {id} waits for a worker that has its wallet");
            Ending::Over
        }
        Ok(Claim::Paused) => {
            session.hear_pause(true);
            Ending::Retry {
                delay: HELD_BACK_REST,
            }
        }
        // Another worker died with it between our two claims.
        Ok(Claim::OnlyAlone) => as_it_was(job, COMPANY_REST),
        // An order that went back to waiting needs no entry.
        Ok(Claim::Waiting | Claim::Ended | Claim::Unknown) => Ending::Over,
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

/// Tells the queue when to hand the order out again. If the queue misses that, the sweeper brings
/// the order.
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

/// The ending of an entry that nobody worked on.
const fn as_it_was(job: &Job, delay: Duration) -> Ending {
    if job.starts_execution {
        Ending::Retry { delay }
    } else {
        Ending::Resume { delay }
    }
}
