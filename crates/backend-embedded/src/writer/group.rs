//! Ends the other orders of an OCO group with the confirmation of one.

use domain::{EventData, OrderId, Status};
use uuid::Uuid;

use super::Batch;
use super::ending::end_order;
use super::event_row::EventRow;
use super::head::{self, Head};
use crate::error::Fault;
use crate::reading::columns;

/// The reason of those that end because another of their group was confirmed.
const OCO: &str = "oco";

/// An order was confirmed: the others of its group end, and the group takes in no more.
pub(super) fn end_group(batch: &mut Batch<'_>, key: i64, event: Uuid) -> Result<(), Fault> {
    let had_group = batch
        .db
        .prepare_cached(
            "-- confirm_oco_group
             update oco_groups set holder = null, confirmed = ?1
             where (client, name) = (select client, oco_group from orders where key = ?1)",
        )?
        .execute([key])?;
    if had_group == 0 {
        return Ok(());
    }
    for other in others_of_group(batch, key)? {
        // Nobody has it in his hands: it waits.
        let Some(head) = head::read(&batch.db, other)? else {
            continue;
        };
        cancel(batch, other, &head, event)?;
    }
    Ok(())
}

fn others_of_group(batch: &Batch<'_>, key: i64) -> Result<Vec<OrderId>, Fault> {
    let mut statement = batch.db.prepare_cached(
        "-- others_of_oco_group
         select id from orders indexed by orders_of_group
         where (client, oco_group) = (select client, oco_group from orders where key = ?1)
             and oco_group is not null and ended_at is null
         order by key",
    )?;
    let mut rows = statement.query([key])?;
    let mut others = Vec::new();
    while let Some(row) = rows.next()? {
        others.push(columns::order_id(row, 0)?);
    }
    Ok(others)
}

fn cancel(
    batch: &mut Batch<'_>,
    order: OrderId,
    head: &Head,
    confirmation: Uuid,
) -> Result<(), Fault> {
    let data = EventData::Cancelled {
        reason: OCO.to_owned(),
    };
    let at = head.time(batch);
    let row = EventRow {
        // Of its own, and the same if the batch is applied again.
        event_id: Uuid::from_u128(confirmation.as_u128() ^ order.uuid().as_u128()),
        seq: head.last.seq + 1,
        status: Status::Cancelled,
        executions: head.last.executions,
        data: serde_json::to_string(&data)?,
    };
    row.insert(batch, head.row.key, at)?;
    batch.changes.moved(head.last.status, Status::Cancelled);
    end_order(batch, order, head, Status::Cancelled, at)
}
