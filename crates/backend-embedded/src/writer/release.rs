//! Gives an order back without an event.

use std::time::Duration;

use domain::{OrderId, WorkerId};
use rusqlite::params;

use super::head::head;
use super::{Batch, Write};
use crate::error::Fault;

/// A worker gives an order back, due again after a delay.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) order: OrderId,
    pub(crate) worker: WorkerId,
    pub(crate) fence: i64,
    pub(crate) delay: Duration,
    /// How the transaction fares, as JSON.
    pub(crate) landing: Option<String>,
}

impl Write for Release {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        let Some(head) = head(batch, self.order)? else {
            return Ok(());
        };
        if head.row.fence != self.fence || head.row.lease_worker != Some(self.worker) {
            return Ok(());
        }
        let due_at = batch.now.plus(self.delay);
        batch
            .db
            .prepare_cached(
                "-- release_order
                 update orders set lease_worker = null, due_at = ?2 where key = ?1",
            )?
            .execute(params![head.row.key, due_at.as_millis()])?;
        if let Some(landing) = &self.landing {
            batch
                .db
                .prepare_cached(
                    "-- tell_landing
                     update order_attempts set landing = ?2 where order_key = ?1 and dead_at is null",
                )?
                .execute(params![head.row.key, landing])?;
        }
        batch.changes.given_back(self.worker, self.order);
        if due_at > batch.now {
            batch.changes.delayed_until(due_at, head.last.status);
        }
        Ok(())
    }
}
