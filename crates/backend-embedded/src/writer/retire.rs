//! A worker's farewell: what it holds is given back, so that nobody takes it for a death.

use domain::WorkerId;
use rusqlite::params;

use super::{Batch, Write};
use crate::error::Fault;

/// A worker stops, or learns that it was given up.
#[derive(Debug)]
pub(crate) struct Retire {
    pub(crate) worker: WorkerId,
}

impl Write for Retire {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        // Whatever is held was claimed and has not ended: an index knows those.
        let given_back = batch
            .db
            .prepare_cached(RETIRE)?
            .execute(params![self.worker.uuid().as_bytes()])?;
        if given_back > 0 {
            // What was kept of them names this worker.
            batch.heads.clear();
        }
        batch.changes.retired(self.worker);
        Ok(())
    }
}

pub(crate) const RETIRE: &str = "-- retire_worker
     update orders indexed by orders_begun set lease_worker = null
     where begun = 1 and lease_worker = ?1";
