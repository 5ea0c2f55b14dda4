//! Caches the heads of leased orders, so that a step of an order is one insert and no look-up.
//!
//! Only the writer changes the file, so what it wrote last is what the file contains. A command
//! takes a head out to use it, and only a command that changed it puts it back; in every other case
//! the next command reads the file. A batch that is rolled back drops all heads.

use std::collections::HashMap;

use domain::OrderId;

use super::head::Head;

/// More than any sensible worker executes at once; at a few hundred bytes each, a MiB.
const KEPT: usize = 4_096;

/// Heads by order.
#[derive(Debug, Default)]
pub(super) struct Heads(HashMap<OrderId, Head>);

impl Heads {
    /// Takes an order's head out.
    pub(super) fn take(&mut self, order: OrderId) -> Option<Head> {
        self.0.remove(&order)
    }

    /// Puts in the head as the file will have it once the batch is committed. Heads that nobody
    /// takes out again would fill the cache for ever: if it is full, all are dropped.
    pub(super) fn put(&mut self, order: OrderId, head: Head) {
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        self.0.insert(order, head);
    }

    /// Drops all: what they contain was not committed.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
