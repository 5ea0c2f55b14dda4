//! What is read once, when the store is opened.

use std::collections::BTreeMap;

use domain::{ClientId, Timestamp};
use rusqlite::Connection;

use super::columns;
use crate::error::Fault;
use crate::live::Stored;
use crate::schema::STORE_FILE;

/// The counts and settings with which the process begins.
pub(crate) fn stored(db: &Connection, now: Timestamp) -> Result<Stored, Fault> {
    Ok(Stored {
        by_status: counters(db)?,
        on_condition: on_condition(db)?,
        open_by_client: open_by_client(db)?,
        delayed: by_due_time(db, DELAYED, now)?,
        resting: by_due_time(db, RESTING, now)?,
        paused: db.query_row(
            "-- is_paused\nselect paused from engine where id = 1",
            [],
            |row| row.get(0),
        )?,
    })
}

/// The first schema of stores that belong to a cluster.
const FIRST_WITH_CLUSTER: usize = 4;

/// How many orders of a file have a transaction that only the chain of version 0.1.0 can judge. Looked at before the
/// file is brought up to date, after which 0.1.0 could not open it any more.
pub(crate) fn unfinished_of_first_release(db: &Connection) -> Result<u64, Fault> {
    match STORE_FILE.version(db)? {
        1..FIRST_WITH_CLUSTER => unfinished(db),
        _ => Ok(0),
    }
}

/// How many open orders have a transaction that may still land.
pub(crate) fn unfinished(db: &Connection) -> Result<u64, Fault> {
    let orders: i64 = db.query_row(
        "-- count_unfinished
         select count(*) from orders o indexed by orders_by_end
         where o.end_status is null and exists (
             select 1 from order_attempts a where a.order_key = o.key and a.dead_at is null)",
        [],
        |row| row.get(0),
    )?;
    Ok(u64::try_from(orders).unwrap_or(0))
}

fn counters(db: &Connection) -> Result<[u64; 8], Fault> {
    let mut counters = [0; 8];
    db.query_row(
        "-- read_counters
         select pending, routing, building, submitted, confirmed, failed, cancelled, expired
         from counters where id = 1",
        [],
        |row| {
            for (index, counter) in counters.iter_mut().enumerate() {
                let count: i64 = row.get(index)?;
                *counter = u64::try_from(count).unwrap_or(0);
            }
            Ok(())
        },
    )?;
    Ok(counters)
}

fn on_condition(db: &Connection) -> Result<[u64; 3], Fault> {
    let mut statement = db.prepare(
        "-- count_waiting_orders
         select waits_for, count(*) from waiting_orders group by waits_for",
    )?;
    let mut rows = statement.query([])?;
    let mut counts = [0; 3];
    while let Some(row) = rows.next()? {
        let count: i64 = row.get(1)?;
        counts[columns::waits_for(row, 0)?.index()] = u64::try_from(count).unwrap_or(0);
    }
    Ok(counts)
}

fn open_by_client(db: &Connection) -> Result<BTreeMap<ClientId, u64>, Fault> {
    let mut statement = db.prepare(
        "-- open_orders_by_client
         select client, count(*) from orders indexed by orders_by_end
         where end_status is null group by client",
    )?;
    let mut rows = statement.query([])?;
    let mut counts = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let count: i64 = row.get(1)?;
        counts.insert(columns::client(row, 0)?, u64::try_from(count).unwrap_or(0));
    }
    Ok(counts)
}

const DELAYED: &str = "-- delayed_orders
     select due_at, count(*) from orders indexed by orders_due
     where ended_at is null and waits = 0 and due_at > ?1 group by due_at";

/// Statuses that come after pending have greater codes.
const RESTING: &str = "-- resting_orders
     select due_at, count(*) from orders indexed by orders_due
     where ended_at is null and waits = 0 and due_at > ?1 and begun = 1
         and (select status from order_events where order_key = key order by seq desc limit 1) > 0
     group by due_at";

fn by_due_time(
    db: &Connection,
    sql: &str,
    now: Timestamp,
) -> Result<BTreeMap<Timestamp, u64>, Fault> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([now.as_millis()])?;
    let mut counts = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let count: i64 = row.get(1)?;
        counts.insert(columns::time(row, 0)?, u64::try_from(count).unwrap_or(0));
    }
    Ok(counts)
}
