//! What every command about an order reads first: its row and the sequence number of its last
//! event.

use domain::{ClientId, OrderId, Status, Timestamp, WorkerId};
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use super::Batch;
use crate::error::Fault;
use crate::reading::columns;
use crate::status_column::status_from;

/// An order's row, without what only a grant needs, and its last event, without its data.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) row: OrderRow,
    pub(super) last: LastEvent,
}

impl Head {
    /// The time for the order's next event: that of its last event if the clock was set back behind
    /// it.
    pub(super) fn time(&self, batch: &Batch<'_>) -> Timestamp {
        batch.now.max(self.last.at)
    }

    /// Whether it is too late to submit the order.
    pub(super) fn has_expired(&self, batch: &Batch<'_>) -> bool {
        self.row.expires_at.is_some_and(|at| at <= self.time(batch))
    }
}

/// What the row says.
#[derive(Debug, Clone)]
pub(super) struct OrderRow {
    pub(super) key: i64,
    pub(super) client: ClientId,
    pub(super) created_at: Timestamp,
    pub(super) due_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) lease_worker: Option<WorkerId>,
    pub(super) fence: i64,
    pub(super) has_ended: bool,
    pub(super) schema_version: u16,
    /// Whether it has a condition to wait for, or had one.
    pub(super) is_conditional: bool,
}

/// Where the log stands.
#[derive(Debug, Clone)]
pub(super) struct LastEvent {
    pub(super) seq: i64,
    pub(super) event_id: Uuid,
    pub(super) status: Status,
    pub(super) executions: u32,
    pub(super) at: Timestamp,
}

/// The `+` keeps SQLite from planning the statement anew with every call: it does so if the value
/// of a parameter might change how an `order by` is met.
pub(crate) const LAST_EVENT_PLACE: &str = "-- last_event_place
     select seq, event_id, status, executions, at from order_events
     where order_key = +?1 order by seq desc limit 1";

/// An order's head. It is not cached here: a command that changes the order and leaves it with its
/// worker puts the new head into the batch's heads.
pub(super) fn head(batch: &mut Batch<'_>, order: OrderId) -> Result<Option<Head>, Fault> {
    match batch.heads.take(order) {
        Some(head) => Ok(Some(head)),
        None => read(&batch.db, order),
    }
}

pub(super) fn read(db: &Connection, order: OrderId) -> Result<Option<Head>, Fault> {
    let row = db
        .prepare_cached(
            "-- order_row
             select key, client, created_at, due_at, expires_at, lease_worker, fence,
                 end_status is not null, schema_version, kind is not null
             from orders where id = ?1",
        )?
        .query_row([order.uuid().as_bytes()], |row| Ok(order_row(row)))
        .optional()?
        .transpose()?;
    let Some(row) = row else { return Ok(None) };
    let last = db
        .prepare_cached(LAST_EVENT_PLACE)?
        .query_row([row.key], |row| Ok(last_event(row, 0)))??;
    Ok(Some(Head { row, last }))
}

/// The row from its first ten columns.
pub(super) fn order_row(row: &Row<'_>) -> Result<OrderRow, Fault> {
    Ok(OrderRow {
        key: row.get(0)?,
        client: columns::client(row, 1)?,
        created_at: columns::time(row, 2)?,
        due_at: columns::time(row, 3)?,
        expires_at: columns::optional_time(row, 4)?,
        lease_worker: columns::optional_worker(row, 5)?,
        fence: row.get(6)?,
        has_ended: row.get(7)?,
        schema_version: row.get(8)?,
        is_conditional: row.get(9)?,
    })
}

/// The last event from five columns beginning at this one.
pub(super) fn last_event(row: &Row<'_>, first: usize) -> Result<LastEvent, Fault> {
    Ok(LastEvent {
        seq: row.get(first)?,
        event_id: Uuid::from_bytes(row.get(first + 1)?),
        status: status_from(row.get(first + 2)?)?,
        executions: row.get(first + 3)?,
        at: columns::time(row, first + 4)?,
    })
}
