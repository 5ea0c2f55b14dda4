//! The worker's outermost loop: live under an identity until it is lost or stopping is asked for; then
//! let go of everything in an order that lets others go on at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::WorkerId;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::context::Context;
use crate::recording::answered;
use crate::session::{Presence, Session};
use crate::taking::{Taker, reap};

/// How long a worker that stops, or changes its identity, lets its orders come to a point where they can be handed over. The
/// process has 25 s; the gateway beside it and a slow store need some of them.
const DRAIN_LIMIT: Duration = Duration::from_secs(8);
/// How long a worker waits for the store to be told that an identity is over.
const FAREWELL_LIMIT: Duration = Duration::from_secs(2);
/// Identities that are over and of which the store could not be told. Of what the older ones held everything
/// has passed to others by then.
const UNTOLD_LIMIT: usize = 16;

/// Runs until stopping is asked for.
pub(crate) async fn run(ctx: Arc<Context>, presence: Arc<Presence>) {
    let mut untold = VecDeque::new();
    while !ctx.shutdown.is_stopping() {
        let session = tokio::select! {
            biased;
            () = ctx.shutdown.soft() => return,
            session = Session::open(&ctx, &presence) => session,
        };
        tokio::join!(tell_of(&ctx, &mut untold), serve(&ctx, &session));
        if !farewell(&ctx, session.worker).await {
            untold.push_back(session.worker);
        }
    }
}

/// Tells the store of identities that are over, as far as it hears.
async fn tell_of(ctx: &Context, untold: &mut VecDeque<WorkerId>) {
    while let Some(former) = untold.front() {
        if untold.len() <= UNTOLD_LIMIT && !farewell(ctx, *former).await {
            return;
        }
        untold.pop_front();
    }
}

/// Serves under one identity.
async fn serve(ctx: &Arc<Context>, session: &Arc<Session>) {
    let mut runs = JoinSet::new();
    let mut taker = Taker::new(ctx, session);
    {
        let mut lost = std::pin::pin!(session.keep_alive(ctx));
        let is_lost = tokio::select! {
            biased;
            () = &mut lost => true,
            () = ctx.shutdown.soft() => false,
            () = taker.fill_slots(&mut runs) => false,
        };
        // Orders in hand still need their leases while they are brought to an end.
        if !is_lost {
            tokio::select! {
                biased;
                () = &mut lost => {}
                () = drain(ctx, session, &mut runs) => {}
            }
        }
    }
    // Whatever still runs stops here, before its lease may pass to others.
    runs.shutdown().await;
}

async fn drain(ctx: &Context, session: &Session, runs: &mut JoinSet<()>) {
    let (worker, count) = (session.worker, runs.len());
    info!(worker.id = %worker, count, "worker {worker} takes no more; {count} orders are in its hands");
    tokio::select! {
        () = ctx.clock.sleep(DRAIN_LIMIT) => {}
        () = async { while runs.join_next().await.is_some() {} } => {}
    }
    reap(runs);
    if !runs.is_empty() {
        let count = runs.len();
        info!(count, "{count} orders are left to others");
    }
}

/// Ends all leases of an identity at once, so that nobody has to wait for them to run out, nor takes a worker
/// for dead that is not: one that was given up tells so too. Says whether the store has heard it.
async fn farewell(ctx: &Context, worker: WorkerId) -> bool {
    let retiring = answered(ctx, || ctx.store.retire(worker));
    let retired = timeout(FAREWELL_LIMIT, retiring).await;
    let is_heard = matches!(retired, Ok(Ok(())));
    if is_heard {
        info!(worker.id = %worker, "worker {worker} has retired");
    } else {
        warn!(worker.id = %worker, "worker {worker} could not retire; its leases will run out");
    }
    is_heard
}
