//! The worker's outermost loop: live under an identity until it is lost or stopping is asked for; then
//! let go of everything in an order that lets others go on at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::context::Context;
use crate::session::{Presence, Session};
use crate::taking::{Taker, reap};

/// How long a worker that stops, or changes its identity, lets its orders come to a point where they can be handed over. The
/// process has 25 s; the gateway beside it and a slow store need some of them.
const DRAIN_LIMIT: Duration = Duration::from_secs(8);
/// How long a stopping worker waits for store and queue to be told.
const FAREWELL_LIMIT: Duration = Duration::from_secs(2);

/// Runs until stopping is asked for.
pub(crate) async fn run(ctx: Arc<Context>, presence: Arc<Presence>) {
    while !ctx.shutdown.is_stopping() {
        let session = tokio::select! {
            biased;
            () = ctx.shutdown.soft() => return,
            session = Session::open(&ctx, &presence) => session,
        };
        serve(&ctx, &session).await;
    }
}

/// Serves under one identity.
async fn serve(ctx: &Arc<Context>, session: &Arc<Session>) {
    let mut runs = JoinSet::new();
    let mut taker = Taker::new(ctx, session);
    let lost = {
        let mut lost = std::pin::pin!(session.keep_alive(ctx));
        let is_lost = tokio::select! {
            biased;
            () = &mut lost => true,
            () = ctx.shutdown.soft() => false,
            () = session.must_renew() => false,
            () = taker.fill_slots(&mut runs) => false,
        };
        // Orders in hand still need their leases while they are brought to an end.
        is_lost
            || tokio::select! {
                biased;
                () = &mut lost => true,
                () = drain(ctx, session, &mut runs) => false,
            }
    };
    // Whatever still runs stops here, before its lease may pass to others.
    runs.shutdown().await;
    if !lost {
        farewell(ctx, session).await;
    }
    let _ = timeout(FAREWELL_LIMIT, ctx.queue.leave(session.queue_name())).await;
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

/// Ends all leases at once, so that nobody has to wait for them to run out.
async fn farewell(ctx: &Context, session: &Session) {
    let worker = session.worker;
    match timeout(FAREWELL_LIMIT, ctx.store.retire(worker)).await {
        Ok(Ok(())) => info!(worker.id = %worker, "worker {worker} has retired"),
        Ok(Err(_)) | Err(_) => {
            warn!(worker.id = %worker, "worker {worker} could not retire; its leases will run out");
        }
    }
}
