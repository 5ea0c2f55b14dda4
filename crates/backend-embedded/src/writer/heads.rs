//! The heads of orders that workers hold, so that a step of an order is one insert and no look-up.
//!
//! Nobody but the writer changes the file, so what it put there last is what stands there. A head is taken
//! out to be used and put back only by what has changed it; whatever else happens, the next command
//! reads the file. A batch that is rolled back forgets all of them.

use std::collections::HashMap;

use domain::OrderId;

use super::head::Head;

/// More than the orders in execution at once of any sensible worker; at a few hundred bytes each, a MiB.
const KEPT: usize = 4_096;

/// Heads by order.
#[derive(Debug, Default)]
pub(super) struct Heads(HashMap<OrderId, Head>);

impl Heads {
    /// Takes an order's head out.
    pub(super) fn take(&mut self, order: OrderId) -> Option<Head> {
        self.0.remove(&order)
    }

    /// Puts in the head as it stands in the file once the batch is committed. Those that nobody came for
    /// again would fill the room for ever: where there is none, all are forgotten.
    pub(super) fn put(&mut self, order: OrderId, head: Head) {
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        self.0.insert(order, head);
    }

    /// Forgets all: what they say was not committed.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
