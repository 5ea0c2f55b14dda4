//! What every command about an order reads first: its row and the place of its last event.

use domain::{ClientId, OrderId, Status, Timestamp, WorkerId};
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use super::status_from;
use crate::error::Fault;
use crate::reading::columns;

/// An order's row, without what only a grant needs, and its last event, without its data.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) key: i64,
    pub(super) client: ClientId,
    pub(super) created_at: Timestamp,
    pub(super) due_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) lease_worker: Option<WorkerId>,
    pub(super) fence: i64,
    pub(super) has_ended: bool,
    pub(super) seq: i64,
    pub(super) event_id: Uuid,
    pub(super) status: Status,
    pub(super) executions: u32,
    pub(super) at: Timestamp,
}

/// Reads an order's head.
pub(super) fn head(db: &Connection, order: OrderId) -> Result<Option<Head>, Fault> {
    db.prepare_cached(
        "-- order_head
         select o.key, o.client, o.created_at, o.due_at, o.expires_at, o.lease_worker, o.fence,
             o.end_status is not null, e.seq, e.event_id, e.status, e.executions, e.at
         from orders o join order_events e on e.order_key = o.key
         where o.id = ?1
         order by e.seq desc limit 1",
    )?
    .query_row([order.uuid().as_bytes()], |row| Ok(read(row)))
    .optional()?
    .transpose()
}

fn read(row: &Row<'_>) -> Result<Head, Fault> {
    Ok(Head {
        key: row.get(0)?,
        client: columns::client(row, 1)?,
        created_at: columns::time(row, 2)?,
        due_at: columns::time(row, 3)?,
        expires_at: columns::optional_time(row, 4)?,
        lease_worker: columns::optional_worker(row, 5)?,
        fence: row.get(6)?,
        has_ended: row.get(7)?,
        seq: row.get(8)?,
        event_id: Uuid::from_bytes(row.get(9)?),
        status: status_from(row.get(10)?)?,
        executions: row.get(11)?,
        at: columns::time(row, 12)?,
    })
}
