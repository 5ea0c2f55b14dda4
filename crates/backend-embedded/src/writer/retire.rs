//! A worker retires, or stops naming orders: they are given back, so that they do not count as a
//! death.

use domain::{OrderId, WorkerId};
use rusqlite::params;

use super::head::head;
use super::{Batch, Write};
use crate::error::Fault;

/// A worker stops, or learns that it was declared dead.
#[derive(Debug)]
pub(crate) struct Retire {
    pub(crate) worker: WorkerId,
}

impl Write for Retire {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        // Its orders were claimed and have not ended: an index finds those.
        let given_back = batch
            .db
            .prepare_cached(RETIRE)?
            .execute(params![self.worker.uuid().as_bytes()])?;
        if given_back > 0 {
            // The cached heads name this worker.
            batch.heads.clear();
        }
        batch.changes.retired(self.worker);
        Ok(())
    }
}

pub(crate) const RETIRE: &str = "-- retire_worker
     update orders indexed by orders_begun set lease_worker = null
     where begun = 1 and lease_worker = ?1";

/// A worker's heartbeat did not name these orders.
#[derive(Debug)]
pub(crate) struct Abandon {
    pub(crate) worker: WorkerId,
    pub(crate) orders: Vec<OrderId>,
    /// The heartbeat whose answer the worker had got before.
    pub(crate) heard: u64,
}

impl Write for Abandon {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        for order in &self.orders {
            let Some(head) = head(batch, *order)? else {
                continue;
            };
            // It may have been given back since, or claimed again.
            let is_held = head.row.lease_worker == Some(self.worker);
            if is_held && batch.is_unnamed(self.worker, *order, self.heard) {
                batch
                    .db
                    .prepare_cached(
                        "-- abandon_order
                         update orders set lease_worker = null where key = ?1",
                    )?
                    .execute(params![head.row.key])?;
                batch.changes.given_back(self.worker, *order);
            }
        }
        Ok(())
    }
}
