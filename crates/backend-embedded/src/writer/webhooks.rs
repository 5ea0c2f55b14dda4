//! The outbox of webhooks: what becomes of those that were tried, and of those for which there is no room.

use ports::webhooks::{
    BOUNDED_AT_ONCE, Bounded, LONGEST_PAUSE, NO_ROOM, Refusal, Refused, Retry, WebhookId,
};
use rusqlite::{OptionalExtension as _, params};

use super::operate::log;
use super::{Batch, Write};
use crate::error::Fault;
use crate::reading::columns::millis;

/// The key of an order in the store.
fn key_of(batch: &Batch<'_>, id: WebhookId) -> Result<Option<i64>, Fault> {
    let found = batch
        .db
        .prepare_cached("-- key_of_webhook\nselect key from orders where id = ?1")?
        .query_row([id.order.uuid().as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found)
}

/// The receiver has it.
#[derive(Debug)]
pub(crate) struct Taken(pub(crate) WebhookId);

impl Write for Taken {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        if let Some(key) = key_of(batch, self.0)? {
            remove(batch, key, self.0)?;
        }
        Ok(())
    }
}

fn remove(batch: &Batch<'_>, key: i64, id: WebhookId) -> Result<(), Fault> {
    batch
        .db
        .prepare_cached("-- take_webhook\ndelete from webhooks where order_key = ?1 and seq = ?2")?
        .execute(params![key, id.seq.get()])?;
    Ok(())
}

/// The receiver has not taken it.
#[derive(Debug)]
pub(crate) struct Refuse {
    pub(crate) id: WebhookId,
    pub(crate) refusal: Refusal,
}

impl Write for Refuse {
    type Answer = Refused;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Refused, Fault> {
        let Some(key) = key_of(batch, self.id)? else {
            return Ok(Refused::Gone);
        };
        let now = batch.now.as_millis();
        let found: Option<(Option<i64>, u32)> = batch
            .db
            .prepare_cached(
                "-- refused_webhook
                 select first_refused, refusals from webhooks where order_key = ?1 and seq = ?2",
            )?
            .query_row(params![key, self.id.seq.get()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((first, refusals)) = found else {
            return Ok(Refused::Gone);
        };
        // A clock that was set back begins the time anew.
        let first = first.unwrap_or(now).min(now);
        let refusals = refusals.saturating_add(1);
        let end = first.saturating_add(millis(self.refusal.give_up_after));
        if now >= end {
            remove(batch, key, self.id)?;
            bury(batch, key, self.id, refusals, &self.refusal.error)?;
            put_off(batch, key, now)?;
            return Ok(Refused::Dead);
        }
        let due_at = now + millis(self.refusal.pause.min(LONGEST_PAUSE));
        let due_at = due_at.min(end);
        batch
            .db
            .prepare_cached(
                "-- refuse_webhook
                 update webhooks set first_refused = ?3, refusals = ?4 where order_key = ?1 and seq = ?2",
            )?
            .execute(params![key, self.id.seq.get(), first, refusals])?;
        put_off(batch, key, due_at)?;
        Ok(Refused::Resting)
    }
}

/// All of an order's are due at this time: the first one goes before the others.
fn put_off(batch: &Batch<'_>, key: i64, due_at: i64) -> Result<(), Fault> {
    batch
        .db
        .prepare_cached(
            "-- put_webhooks_off\nupdate webhooks set due_at = ?2 where order_key = ?1",
        )?
        .execute(params![key, due_at])?;
    Ok(())
}

fn bury(
    batch: &Batch<'_>,
    key: i64,
    id: WebhookId,
    refusals: u32,
    error: &str,
) -> Result<(), Fault> {
    batch
        .db
        .prepare_cached(
            "-- bury_webhook
             insert or replace into dead_webhooks (order_key, seq, dead_at, refusals, error)
             values (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            key,
            id.seq.get(),
            batch.now.as_millis(),
            refusals,
            error
        ])?;
    Ok(())
}

/// Keeps to the bounds.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) pending: u64,
    pub(crate) dead: u64,
}

impl Write for Bound {
    type Answer = Bounded;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Bounded, Fault> {
        let died = beyond(batch, "webhooks", self.pending)?;
        if died > 0 {
            batch
                .db
                .prepare_cached(
                    "-- bury_oldest_webhooks
                     insert or replace into dead_webhooks (order_key, seq, dead_at, refusals, error)
                     select order_key, seq, ?2, refusals, ?3 from webhooks order by order_key, seq limit ?1",
                )?
                .execute(params![died, batch.now.as_millis(), NO_ROOM])?;
            batch
                .db
                .prepare_cached(
                    "-- remove_oldest_webhooks
                     delete from webhooks where (order_key, seq) in
                         (select order_key, seq from webhooks order by order_key, seq limit ?1)",
                )?
                .execute([died])?;
        }
        let forgotten = beyond(batch, "dead_webhooks", self.dead)?;
        if forgotten > 0 {
            batch
                .db
                .prepare_cached(
                    "-- forget_dead_webhooks
                     delete from dead_webhooks where (order_key, seq) in
                         (select order_key, seq from dead_webhooks order by order_key, seq limit ?1)",
                )?
                .execute([forgotten])?;
        }
        Ok(Bounded {
            died: u64::from(died),
            forgotten: u64::from(forgotten),
        })
    }
}

/// How many rows of this table are beyond the bound, as far as one call moves them.
fn beyond(batch: &Batch<'_>, table: &'static str, bound: u64) -> Result<u32, Fault> {
    let count: i64 = batch
        .db
        .prepare_cached(&format!("-- rows_beyond\nselect count(*) from {table}"))?
        .query_row((), |row| row.get(0))?;
    let beyond = u64::try_from(count).unwrap_or(0).saturating_sub(bound);
    Ok(u32::try_from(beyond).map_or(BOUNDED_AT_ONCE, |beyond| beyond.min(BOUNDED_AT_ONCE)))
}

/// Makes dead ones pending.
#[derive(Debug)]
pub(crate) struct RetryWebhooks {
    pub(crate) which: Retry,
    pub(crate) actor: String,
}

impl Write for RetryWebhooks {
    type Answer = u64;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<u64, Fault> {
        let (key, seq) = match self.which {
            Retry::All => (None, None),
            Retry::One(id) => match key_of(batch, id)? {
                Some(key) => (Some(key), Some(id.seq.get())),
                None => return Ok(0),
            },
        };
        let retried = batch
            .db
            .prepare_cached(
                "-- retry_webhooks
                 insert or ignore into webhooks (order_key, seq, due_at)
                 select order_key, seq, ?3 from dead_webhooks
                 where (?1 is null or order_key = ?1) and (?2 is null or seq = ?2)
                 order by order_key, seq limit ?4",
            )?
            .execute(params![key, seq, batch.now.as_millis(), BOUNDED_AT_ONCE])?;
        if retried == 0 {
            return Ok(0);
        }
        batch
            .db
            .prepare_cached(
                "-- raise_webhooks
                 delete from dead_webhooks where (order_key, seq) in
                     (select order_key, seq from dead_webhooks
                      where (?1 is null or order_key = ?1) and (?2 is null or seq = ?2)
                      order by order_key, seq limit ?3)",
            )?
            .execute(params![key, seq, BOUNDED_AT_ONCE])?;
        let (subject, detail) = match self.which {
            Retry::One(id) => (Some(id.order), id.to_string()),
            Retry::All => (None, format!("{retried} webhooks")),
        };
        log(batch, &self.actor, "retry webhooks", subject, Some(&detail))?;
        Ok(u64::try_from(retried).unwrap_or(u64::MAX))
    }
}
