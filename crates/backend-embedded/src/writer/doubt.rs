//! Doubts about transactions, and operators' words on them.

use domain::{OrderId, Status};
use ports::doubt::{Spoken, Word};
use rusqlite::{OptionalExtension, params};

use super::head::head;
use super::make_due::end_waiting;
use super::operate::log;
use super::{Batch, Write};
use crate::error::Fault;
use crate::reading::columns;

/// Nobody can prove this transaction dead.
#[derive(Debug)]
pub(crate) struct NoteDoubt {
    pub(crate) order: OrderId,
    pub(crate) attempt: u32,
    pub(crate) reason: String,
}

impl Write for NoteDoubt {
    type Answer = bool;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<bool, Fault> {
        let noted = batch
            .db
            .prepare_cached(
                "-- note_doubt
                 insert into doubts (order_key, attempt, at, reason)
                 select key, ?2, ?3, ?4 from orders where id = ?1 and end_status is null
                 on conflict do nothing",
            )?
            .execute(params![
                self.order.uuid().as_bytes(),
                self.attempt,
                batch.now.as_millis(),
                self.reason,
            ])?;
        Ok(noted > 0)
    }
}

/// Doubts about orders that have gone on are worth nothing any more.
#[derive(Debug)]
pub(crate) struct ForgetDoubts;

impl Write for ForgetDoubts {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        batch
            .db
            .prepare_cached(
                "-- forget_doubts
                 delete from doubts
                 where not exists (
                     select 1 from order_attempts a join orders o on o.key = a.order_key
                     where a.order_key = doubts.order_key and a.attempt = doubts.attempt
                         and a.dead_at is null and o.end_status is null)",
            )?
            .execute(())?;
        Ok(())
    }
}

/// An operator says that an order's transaction is dead.
#[derive(Debug)]
pub(crate) struct SayDead {
    pub(crate) order: OrderId,
    pub(crate) actor: String,
    pub(crate) reason: String,
}

impl Write for SayDead {
    type Answer = Spoken;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Spoken, Fault> {
        let Some(head) = head(batch, self.order)? else {
            return Ok(Spoken::Unknown);
        };
        let status = head.last.status;
        if status != Status::Submitted {
            return Ok(Spoken::NotSubmitted { status });
        }
        let spoken = batch
            .db
            .prepare_cached(
                "-- say_dead
                 update order_attempts
                 set said_dead_at = ?2, said_dead_by = ?3, said_dead_because = ?4
                 where order_key = ?1 and dead_at is null and said_dead_at is null",
            )?
            .execute(params![
                head.row.key,
                batch.now.as_millis(),
                self.actor,
                self.reason,
            ])?;
        if spoken > 0 {
            let detail = Some(self.reason.as_str());
            log(batch, &self.actor, "dead", Some(self.order), detail)?;
        }
        let word = word(batch, head.row.key)?;
        // What nobody holds need not wait for its next look.
        if head.row.lease_worker.is_none() {
            end_waiting(batch, &head)?;
        }
        Ok(word.map_or(Spoken::NotSubmitted { status }, Spoken::Taken))
    }
}

fn word(batch: &Batch<'_>, key: i64) -> Result<Option<Word>, Fault> {
    batch
        .db
        .prepare_cached(
            "-- word_on_transaction
             select said_dead_at, said_dead_by, said_dead_because from order_attempts
             where order_key = ?1 and dead_at is null",
        )?
        .query_row([key], |row| Ok(columns::word(row, 0)))
        .optional()?
        .transpose()
        .map(Option::flatten)
}
