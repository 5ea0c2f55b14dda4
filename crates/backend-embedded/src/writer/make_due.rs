//! Ends the waiting of submitted orders of whose transactions there is news.

use domain::event::SCHEMA_VERSION;
use domain::{OrderId, Status, Timestamp};
use ports::order_store::DueOrder;
use rusqlite::params;

use super::head::{Head, read};
use super::{Batch, Write};
use crate::error::Fault;

/// There is news of these orders.
#[derive(Debug)]
pub(crate) struct MakeDue {
    pub(crate) orders: Vec<OrderId>,
}

impl Write for MakeDue {
    type Answer = Vec<DueOrder>;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Vec<DueOrder>, Fault> {
        let mut due = Vec::new();
        for order in &self.orders {
            due.extend(make_due(batch, *order)?);
        }
        Ok(due)
    }
}

fn make_due(batch: &mut Batch<'_>, id: OrderId) -> Result<Option<DueOrder>, Fault> {
    let Some(head) = read(&batch.db, id)? else {
        return Ok(None);
    };
    let row = &head.row;
    let is_held = row.lease_worker.is_some_and(|it| batch.is_alive(it));
    let is_submitted = head.last.status == Status::Submitted && !row.has_ended;
    if !is_submitted || is_held || row.schema_version > SCHEMA_VERSION {
        return Ok(None);
    }
    Ok(Some(DueOrder {
        due_at: end_waiting(batch, &head)?,
        id,
        client: head.row.client,
        starts_execution: false,
        has_fired: false,
    }))
}

/// Lets an order be due by now; returns since when it is.
pub(super) fn end_waiting(batch: &mut Batch<'_>, head: &Head) -> Result<Timestamp, Fault> {
    let row = &head.row;
    if row.due_at <= batch.now {
        return Ok(row.due_at);
    }
    batch
        .db
        .prepare_cached("-- make_due\nupdate orders set due_at = ?2 where key = ?1")?
        .execute(params![row.key, batch.now.as_millis()])?;
    let status = head.last.status;
    batch.changes.no_longer_delayed_until(row.due_at, status);
    Ok(batch.now)
}
