//! Ends an order's row, whoever ends the order.

use domain::{OrderId, Status, Timestamp};
use rusqlite::params;

use super::head::Head;
use super::{Batch, waiting};
use crate::error::Fault;
use crate::status_column::status_code;

/// Ends the order's row, its lease and its waiting.
pub(super) fn end_order(
    batch: &mut Batch<'_>,
    order: OrderId,
    head: &Head,
    status: Status,
    at: Timestamp,
) -> Result<(), Fault> {
    batch
        .db
        .prepare_cached(
            "-- end_order
             update orders set lease_worker = null, begun = 0, waits = 0, ended_at = ?2, end_status = ?3
             where key = ?1",
        )?
        .execute(params![head.row.key, at.as_millis(), status_code(status)])?;
    if head.row.is_conditional {
        waiting::leave(batch, head.row.key)?;
        waiting::give_group_back(batch, head.row.key)?;
    }
    if let Some(worker) = head.row.lease_worker {
        batch.changes.given_back(worker, order);
    }
    if head.row.due_at > batch.now {
        batch
            .changes
            .no_longer_delayed_until(head.row.due_at, head.last.status);
    }
    let latency = (status == Status::Confirmed).then(|| at.since(head.row.created_at));
    batch.changes.ended(head.row.client.clone(), latency);
    Ok(())
}
