//! Rows of the event log: inserts one, and finds out whose event has a sequence number.

use domain::{NewEvent, Status, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::Batch;
use crate::error::Fault;
use crate::status_column::status_code;

/// A proposed event as its row will store it, serialised before the writer sees it.
#[derive(Debug)]
pub(crate) struct EventRow {
    pub(super) event_id: Uuid,
    pub(super) seq: i64,
    pub(super) status: Status,
    pub(super) executions: u32,
    pub(super) data: String,
}

impl EventRow {
    /// The row of this event.
    pub(crate) fn new(event: &NewEvent) -> Result<Self, Fault> {
        Ok(Self {
            event_id: event.id.uuid(),
            seq: i64::from(event.seq.get()),
            status: event.data.status(),
            executions: event.executions,
            data: serde_json::to_string(&event.data)?,
        })
    }

    /// Appends it to the log, and its webhook to the outbox if it becomes one; the caller has made sure that its sequence number is free.
    pub(super) fn insert(
        &self,
        batch: &Batch<'_>,
        order_key: i64,
        at: Timestamp,
    ) -> Result<(), Fault> {
        batch
            .db
            .prepare_cached(
                "-- insert_event
                 insert into order_events (order_key, seq, event_id, status, executions, at, data)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                order_key,
                self.seq,
                self.event_id.as_bytes(),
                status_code(self.status),
                self.executions,
                at.as_millis(),
                self.data,
            ])?;
        if batch.outbox.takes(self.status) {
            self.tell(batch, order_key)?;
        }
        Ok(())
    }

    fn tell(&self, batch: &Batch<'_>, order_key: i64) -> Result<(), Fault> {
        batch
            .db
            .prepare_cached(
                "-- add_webhook
                 insert into webhooks (order_key, seq, due_at) values (?1, ?2, ?3)",
            )?
            .execute(params![order_key, self.seq, batch.now.as_millis()])?;
        Ok(())
    }
}

/// When the event with this id was recorded at this sequence number, if it is the one stored there.
pub(super) fn recorded_at(
    db: &Connection,
    order_key: i64,
    seq: i64,
    event_id: Uuid,
) -> Result<Option<Timestamp>, Fault> {
    let at: Option<i64> = db
        .prepare_cached(
            "-- event_at_place
             select at from order_events where order_key = ?1 and seq = ?2 and event_id = ?3",
        )?
        .query_row(params![order_key, seq, event_id.as_bytes()], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(at.map(Timestamp::from_millis))
}
