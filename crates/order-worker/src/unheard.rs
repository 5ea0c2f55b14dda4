//! Looks for events whose writer was stopped before it had the store's answer.
//!
//! A worker that loses its lease, or stops, drops its work at once, even a write under way. The
//! store may have made that write, or may still make it, and the worker that continues the order
//! announces only later events. So this module asks the store for the event, and announces it as
//! soon as it appears.

use std::sync::Arc;
use std::time::Duration;

use domain::{ClientId, Order, OrderId, Seq};
use ports::{Announcer, Clock, Shutdown, Store};
use tracing::info;

use crate::context::Context;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// If a store that answers has not shown the event after so many looks, the write was not made: a
/// statement takes at most 5 s.
const FRUITLESS_LOOKS_MAX: u32 = 20;
/// After so many looks without an answer, some minutes, the search ends.
const LOOKS_MAX: u32 = 1_000;

/// A write whose answer its writer awaits. If it is dropped before the answer, a search for its
/// event begins.
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

/// Looks until the event appears, and at least once if the process stops.
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
    // The event may still appear, and nobody looks any more.
    announcer.lost();
}
