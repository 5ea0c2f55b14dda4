//! Events whose writer was stopped before it heard what became of them: a worker that loses its lease, or stops,
//! drops what it does at once, a write under way included.

use domain::{Order, OrderId, Seq};
use ports::unconfirmed::Made;

use crate::context::Context;

/// A write that its writer waits for. Dropped before it was heard of, its event is looked for.
pub(crate) struct Unheard<'a> {
    ctx: &'a Context,
    sought: Option<(OrderId, Seq)>,
}

impl<'a> Unheard<'a> {
    /// The write of the order's next event begins.
    pub(crate) const fn after(ctx: &'a Context, order: &Order) -> Self {
        Self {
            ctx,
            sought: Some((order.id, order.seq.next())),
        }
    }

    /// The store has answered.
    pub(crate) fn heard(mut self) {
        self.sought = None;
    }
}

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        if let Some((order, seq)) = self.sought {
            self.ctx.unconfirmed.look_for(order, Made::At(seq));
        }
    }
}
