//! Operators' acts, each with its line in the audit log.

use domain::{OrderId, Status};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::accept::{Accept, Outcome};
use super::{Batch, Write};
use crate::error::Fault;
use crate::status_column::status_code;

/// Pauses or resumes the engine.
#[derive(Debug)]
pub(crate) struct SetPaused {
    pub(crate) paused: bool,
    pub(crate) actor: String,
}

impl Write for SetPaused {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        batch
            .db
            .prepare_cached("-- set_paused\nupdate engine set paused = ?1 where id = 1")?
            .execute([self.paused])?;
        if !self.paused {
            end_halt(&batch.db)?;
        }
        let action = if self.paused { "pause" } else { "resume" };
        log(batch, &self.actor, action, None, None)?;
        batch.changes.paused = Some(self.paused);
        Ok(())
    }
}

/// Whoever resumes ends a halt too, and a new count of reverts begins.
fn end_halt(db: &Connection) -> Result<(), Fault> {
    db.prepare_cached(
        "-- end_halt
         update engine set halted_at = null, halted_by = null, halt_reason = null, reverts_in_row = 0 where id = 1",
    )?
    .execute([])?;
    Ok(())
}

/// Notes an act that is done elsewhere.
#[derive(Debug)]
pub(crate) struct NoteAct {
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) detail: String,
}

impl Write for NoteAct {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        log(batch, &self.actor, &self.action, None, Some(&self.detail))
    }
}

/// Accepts an order in place of a failed one.
#[derive(Debug)]
pub(crate) struct RetryDead {
    pub(crate) dead: OrderId,
    pub(crate) replacement: OrderId,
    pub(crate) accept: Accept,
    pub(crate) actor: String,
}

/// The outcome of a retry.
#[derive(Debug)]
pub(crate) enum Retried {
    Accepted { at: domain::Timestamp },
    NotDead,
}

impl Write for RetryDead {
    type Answer = Retried;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Retried, Fault> {
        let Some((key, retried_as)) = dead_order(&batch.db, self.dead)? else {
            return Ok(Retried::NotDead);
        };
        let replacement = self.replacement.uuid();
        if retried_as.is_some_and(|earlier| earlier != replacement) {
            return Ok(Retried::NotDead);
        }
        let Outcome::Stored { at } = self.accept.run(batch)? else {
            return Ok(Retried::NotDead);
        };
        // An earlier identical call has done it.
        if retried_as.is_none() {
            batch
                .db
                .prepare_cached(
                    "-- take_off_dead_list\nupdate orders set retried_as = ?2 where key = ?1",
                )?
                .execute(params![key, replacement.as_bytes()])?;
            log(batch, &self.actor, "retry", Some(self.dead), None)?;
        }
        Ok(Retried::Accepted { at })
    }
}

fn dead_order(db: &Connection, dead: OrderId) -> Result<Option<(i64, Option<Uuid>)>, Fault> {
    let found = db
        .prepare_cached(
            "-- dead_order
             select key, retried_as from orders where id = ?1 and end_status = ?2",
        )?
        .query_row(
            params![dead.uuid().as_bytes(), status_code(Status::Failed)],
            |row| {
                let retried_as: Option<[u8; 16]> = row.get(1)?;
                Ok((row.get(0)?, retried_as.map(Uuid::from_bytes)))
            },
        )
        .optional()?;
    Ok(found)
}

/// A readiness check that really writes: a full or read-only disk shows here.
#[derive(Debug)]
pub(crate) struct Ping;

impl Write for Ping {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        batch
            .db
            .prepare_cached("-- check_write\nupdate engine set checked_at = ?1 where id = 1")?
            .execute([batch.now.as_millis()])?;
        Ok(())
    }
}

pub(super) fn log(
    batch: &Batch<'_>,
    actor: &str,
    action: &str,
    subject: Option<OrderId>,
    detail: Option<&str>,
) -> Result<(), Fault> {
    batch
        .db
        .prepare_cached(
            "-- log_act\ninsert into audit (at, actor, action, subject, detail)
             values (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            batch.now.as_millis(),
            actor,
            action,
            subject.map(|order| order.to_string()),
            detail,
        ])?;
    Ok(())
}
