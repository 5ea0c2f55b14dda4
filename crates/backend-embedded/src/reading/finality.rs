//! Confirmed orders that may be undone yet, what is known of transactions beside events, and transactions that nobody
//! can prove dead.

use std::time::Duration;

use domain::transaction::SignedTransaction;
use domain::{OrderId, Timestamp};
use ports::doubt::{Doubt, Doubted, LongSubmitted};
use ports::finality::{Finality, Standing, Unfinal, UnfinalPage, Vanished, Waiting};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::columns;
use super::transaction::StoredTransaction;
use crate::error::Fault;

/// Beyond that it makes no difference how many there are.
const COUNTED_MAX: i64 = 100_000;

/// All that wait, from a slot on.
pub(crate) fn waiting(db: &Connection, from_slot: u64, now: Timestamp) -> Result<Waiting, Fault> {
    let from = columns::slot_column(from_slot)?;
    let oldest: Option<i64> = db
        .prepare_cached(
            "-- oldest_unfinal
             select o.ended_at from unfinal u join orders o on o.key = u.order_key
             where u.slot >= ?1 order by u.slot limit 1",
        )?
        .query_row([from], |row| row.get(0))
        .optional()?
        .flatten();
    let Some(oldest) = oldest else {
        return Ok(Waiting::default());
    };
    let (count, vanished): (u32, u32) = db
        .prepare_cached(
            "-- count_unfinal
             select (select count(*) from (select 1 from unfinal where slot >= ?1 limit ?2)),
                 (select count(*) from vanished where dead_at is null)",
        )?
        .query_row([from, COUNTED_MAX], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Waiting {
        count: u64::from(count),
        oldest_for: now.since(Timestamp::from_millis(oldest)),
        vanished: u64::from(vanished),
    })
}

/// A page of them.
pub(crate) fn unfinal(db: &Connection, page: UnfinalPage) -> Result<Vec<Unfinal>, Fault> {
    let after = page.after.map(|(slot, order)| (slot, order.uuid()));
    let (slot, order) = after.unwrap_or((page.from, Uuid::nil()));
    let mut statement = db.prepare_cached(
        "-- list_unfinal
         select u.order_id, a.signature, u.slot, v.at is not null
         from unfinal u
         join order_attempts a on a.order_key = u.order_key and a.dead_at is null
         left join vanished v on v.order_key = u.order_key
         where u.slot <= ?1 and (u.slot, u.order_id) > (?2, ?3)
         order by u.slot, u.order_id limit ?4",
    )?;
    let mut rows = statement.query(params![
        columns::slot_column(page.up_to)?,
        columns::slot_column(slot)?,
        order.as_bytes(),
        columns::limit(page.limit),
    ])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Unfinal {
            order: columns::order_id(row, 0)?,
            signature: columns::signature(row, 1)?,
            slot: columns::slot(row, 2)?,
            has_vanished: row.get(3)?,
        });
    }
    Ok(found)
}

/// The transaction of an order that has landed or may land.
pub(crate) fn transaction_of(
    db: &Connection,
    order: OrderId,
) -> Result<Option<SignedTransaction>, Fault> {
    db.prepare_cached(
        "-- transaction_of_order
         select a.signature, a.bytes, a.last_valid_height, a.blockhash, a.outlay
         from orders o join order_attempts a on a.order_key = o.key and a.dead_at is null
         where o.id = ?1",
    )?
    .query_row([order.uuid().as_bytes()], |row| {
        Ok(StoredTransaction::read(row, 0))
    })
    .optional()?
    .transpose()?
    .map(StoredTransaction::parse)
    .transpose()
}

/// What is known of the transactions of orders.
pub(crate) fn standings(db: &Connection, orders: &[OrderId]) -> Result<Vec<Standing>, Fault> {
    let snapshot = db.unchecked_transaction()?;
    let mut statement = snapshot.prepare_cached(
        "-- standing_of_order
         select f.slot, f.at, f.fill, v.at, v.dead_at, d.at, d.reason,
             a.said_dead_at, a.said_dead_by, a.said_dead_because, a.landing
         from orders o
         left join finalities f on f.order_key = o.key
         left join vanished v on v.order_key = o.key
         left join order_attempts a on a.order_key = o.key and a.dead_at is null
         left join doubts d on d.order_key = o.key and d.attempt = a.attempt
         where o.id = ?1",
    )?;
    let mut standings = Vec::with_capacity(orders.len());
    for order in orders {
        let found = statement
            .query_row([order.uuid().as_bytes()], |row| Ok(standing(row)))
            .optional()?
            .transpose()?;
        standings.push(found.unwrap_or_default());
    }
    Ok(standings)
}

fn standing(row: &Row<'_>) -> Result<Standing, Fault> {
    let finality = match columns::optional_time(row, 1)? {
        Some(at) => Some(Finality {
            slot: columns::slot(row, 0)?,
            at,
            fill: text(row, 2)?.map(serde_json::from_str).transpose()?,
        }),
        None => None,
    };
    let vanished = columns::optional_time(row, 3)?;
    let dead_at = columns::optional_time(row, 4)?;
    let doubt = match columns::optional_time(row, 5)? {
        Some(since) => Some(Doubt {
            since,
            reason: row.get(6)?,
        }),
        None => None,
    };
    Ok(Standing {
        finality,
        vanished: vanished.map(|at| Vanished { at, dead_at }),
        doubt,
        word: columns::word(row, 7)?,
        landing: text(row, 10)?.map(serde_json::from_str).transpose()?,
    })
}

pub(super) fn text<'r>(row: &'r Row<'_>, index: usize) -> Result<Option<&'r str>, Fault> {
    let text = row.get_ref(index)?.as_str_or_null();
    Ok(text.map_err(rusqlite::Error::from)?)
}

/// Orders that have been submitted since this moment or longer, and are not doubted.
pub(crate) fn long_submitted(
    db: &Connection,
    since: Timestamp,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<LongSubmitted>, Fault> {
    let mut statement = db.prepare_cached(
        "-- long_submitted
         select a.signature, a.bytes, a.last_valid_height, a.blockhash, a.outlay,
             o.id, a.attempt, e.at
         from orders o indexed by orders_begun
         join order_attempts a on a.order_key = o.key and a.dead_at is null
         join order_events e on e.order_key = o.key
             and e.seq = (select max(seq) from order_events where order_key = o.key)
         where o.begun = 1 and e.status = 3 and e.at <= ?1
             and not exists (select 1 from doubts d
                             where d.order_key = o.key and d.attempt = a.attempt)
         order by e.at limit ?2",
    )?;
    let mut rows = statement.query(params![since.as_millis(), columns::limit(limit)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(LongSubmitted {
            transaction: StoredTransaction::read(row, 0)?.parse()?,
            order: columns::order_id(row, 5)?,
            attempt: row.get(6)?,
            submitted_for: now.since(columns::time(row, 7)?),
        });
    }
    Ok(found)
}

/// All doubts together.
pub(crate) fn doubted(db: &Connection, now: Timestamp) -> Result<Doubted, Fault> {
    let (count, oldest): (u32, Option<i64>) = db
        .prepare_cached("-- count_doubts\nselect count(*), min(at) from doubts")?
        .query_row((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let for_how_long = |at| now.since(Timestamp::from_millis(at));
    Ok(Doubted {
        count: u64::from(count),
        oldest_for: oldest.map_or(Duration::ZERO, for_how_long),
    })
}
