//! Works on the landing list for as long as the worker does, and brings back orders whose transactions have news while
//! they wait outside their slots.
//!
//! The store is told first, which alone says that they are due; then the queue. What it misses, the sweeper brings, and
//! an order of which nothing is told is looked at after a while in any case.

use std::sync::Arc;

use domain::OrderId;
use ports::job_queue::Job;
use ports::order_store::MADE_DUE_MAX;
use tokio::sync::oneshot;
use tracing::error;

use crate::context::Context;
use crate::halting;
use crate::recording::answered;

/// Works until the other end is dropped: orders that the worker finishes before it stops need the list, which needs to
/// hear of halts. `looked` is told once it is known whether one stands.
pub(crate) async fn run(
    ctx: Arc<Context>,
    looked: oneshot::Sender<()>,
    ended: oneshot::Receiver<()>,
) {
    tokio::select! {
        biased;
        _ = ended => {}
        () = halting::watch(&ctx, looked) => {}
        () = ctx.chain.landing.attend() => {}
        () = bring_back(&ctx) => {}
    }
}

async fn bring_back(ctx: &Context) {
    loop {
        let orders = ctx.chain.landing.news().await;
        for some in orders.chunks(MADE_DUE_MAX) {
            make_due(ctx, some).await;
        }
    }
}

async fn make_due(ctx: &Context, orders: &[OrderId]) {
    match answered(ctx, || ctx.store.make_due(orders)).await {
        Ok(due) => {
            for order in due {
                ctx.announcer.enqueue(Job::from(order));
            }
        }
        Err(error) => {
            let count = orders.len();
            error!(%error, count, "{count} orders with news cannot be made due: {error}");
        }
    }
}
