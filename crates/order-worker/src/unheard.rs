//! Events whose writer was stopped before it heard what became of them.
//!
//! A worker that loses its lease, or stops, drops what it does at once, a write under way included. The store
//! may have made that write, or make it yet, and whoever goes on with the order tells of later events alone.
//! So the store is asked for the event, which is told as soon as it shows.

use std::sync::Arc;
use std::time::Duration;

use domain::{ClientId, Order, OrderId, Seq};
use ports::{Announcer, Clock, Shutdown, Store};
use tracing::info;

use crate::context::Context;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// What a store that answers has not shown for so many looks was not made: a statement takes 5 s at the most.
const FRUITLESS_LOOKS_MAX: u32 = 20;
/// A store that answers nothing for so many looks, some minutes, is asked no more.
const LOOKS_MAX: u32 = 1_000;

/// A write that its writer waits for. Dropped before it was heard of, its event is looked for.
pub(crate) struct Unheard<'a> {
    ctx: &'a Context,
    sought: Option<Sought>,
}

struct Sought {
    order: OrderId,
    client: ClientId,
    seq: Seq,
}

impl<'a> Unheard<'a> {
    /// The write of the order's next event begins.
    pub(crate) fn after(ctx: &'a Context, order: &Order) -> Self {
        Self {
            ctx,
            sought: Some(Sought {
                order: order.id,
                client: order.client.clone(),
                seq: order.seq.next(),
            }),
        }
    }

    /// The store has answered.
    pub(crate) fn heard(mut self) {
        self.sought = None;
    }
}

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        let Some(sought) = self.sought.take() else {
            return;
        };
        let ctx = self.ctx;
        let (store, clock) = (Arc::clone(&ctx.store), Arc::clone(&ctx.clock));
        let (announcer, shutdown) = (ctx.announcer.clone(), ctx.shutdown.clone());
        ctx.shutdown.spawn(async move {
            look_for(&sought, &*store, &*clock, &announcer, &shutdown).await;
        });
    }
}

/// Looks until the event shows, or at least once where the process stops.
async fn look_for(
    sought: &Sought,
    store: &dyn Store,
    clock: &dyn Clock,
    announcer: &Announcer,
    shutdown: &Shutdown,
) {
    let mut fruitless = 0;
    for _ in 0..LOOKS_MAX {
        if let Ok(events) = store.events(sought.order, sought.seq).await {
            if let Some(event) = events.iter().find(|event| event.seq == sought.seq) {
                announcer.publish(&sought.client, event);
                let (order, seq) = (sought.order, sought.seq.get());
                info!(
                    order.id = %order,
                    order.seq = seq,
                    "event {seq} of order {order} was stored although its writer did not hear of it"
                );
                return;
            }
            fruitless += 1;
        }
        if fruitless >= FRUITLESS_LOOKS_MAX {
            return;
        }
        if shutdown.is_stopping() {
            break;
        }
        tokio::select! {
            biased;
            () = shutdown.soft() => {}
            () = clock.sleep(LOOK_EVERY) => {}
        }
    }
    // It may yet show, and nobody looks any more.
    announcer.lost();
}
