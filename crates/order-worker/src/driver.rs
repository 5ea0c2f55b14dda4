//! The worker's outermost loop: work under an identity until it is lost or the process shall stop;
//! then give everything up in an order that lets other workers continue at once.

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

/// How long a worker that stops, or changes its identity, waits for its orders to reach a point
/// where another worker can take over. The process has 25 s; the gateway in the same process and a
/// slow store need some of them.
const DRAIN_LIMIT: Duration = Duration::from_secs(8);
/// How long a worker tries to tell the store that an identity has ended.
const FAREWELL_LIMIT: Duration = Duration::from_secs(2);
/// How many ended identities a worker remembers while it cannot tell the store about them. By then
/// all orders of the older ones have passed to other workers.
const UNTOLD_LIMIT: usize = 16;

/// Works until somebody asks to stop.
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

/// Tells the store about ended identities, until it fails to answer.
async fn tell_of(ctx: &Context, untold: &mut VecDeque<WorkerId>) {
    while let Some(former) = untold.front() {
        if untold.len() <= UNTOLD_LIMIT && !farewell(ctx, *former).await {
            return;
        }
        untold.pop_front();
    }
}

/// Works under one identity.
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
        // Orders in this worker's hands still need their leases while it finishes them.
        if !is_lost {
            tokio::select! {
                biased;
                () = &mut lost => {}
                () = drain(ctx, session, &mut runs) => {}
            }
        }
    }
    // Whatever is still under way stops here, before its lease may pass to another worker.
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

/// Ends all leases of an identity at once, so that nobody has to wait until they run out or counts
/// a living worker as dead; an identity that was declared dead retires too. Returns whether the
/// store has confirmed it.
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
