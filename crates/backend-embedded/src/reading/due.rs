//! Orders that should be in the queue, and orders whose time has run out.

use std::collections::HashSet;
use std::time::Duration;

use domain::{ClientId, OrderId, Status, Timestamp, WorkerId};
use ports::order_store::{DueOrder, DuePage};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns;
use crate::error::Fault;
use crate::live::wallets::Here;
use crate::status_column::status_from;

/// Clients looked at in one round: there are few keys, and a round follows every second.
const CLIENTS_PER_ROUND: usize = 1_024;

/// What is due at one moment, as two ranges of due times: those that have passed, and those further
/// ahead than the longest delay, which were written before the clock was set back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DueTimes {
    pub(crate) now: Timestamp,
    latest_rest: Timestamp,
}

impl DueTimes {
    /// What is due now.
    pub(crate) fn at(now: Timestamp, longest_rest: Duration) -> Self {
        let latest_rest = now.plus(longest_rest);
        Self { now, latest_rest }
    }

    /// The beginning of each range and its last due time.
    fn ranges(self, passed_until: i64) -> [(i64, i64); 2] {
        let ahead_from = self.latest_rest.as_millis();
        [(i64::MIN, passed_until), (ahead_from, i64::MAX)]
    }
}

/// The age of the oldest waiting order.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Oldest {
    /// Since when the oldest order is due, among those whose due time has passed.
    pub(crate) due_at: Option<Timestamp>,
    /// Whether an order waits whose due time is further ahead than the longest delay.
    pub(crate) is_any_ahead: bool,
}

pub(crate) const DUE: &str = "-- due_orders
     select key, id, client, due_at, lease_worker, begun, wallet, firing is not null from orders
     indexed by orders_due
     where ended_at is null and waits = 0 and due_at <= ?1 and (due_at, key) > (?2, ?3)
     order by due_at, key";

pub(crate) const DUE_OF_CLIENT: &str = "-- due_orders_of_client
     select key, id, client, due_at, lease_worker, begun, wallet, firing is not null from orders
     indexed by orders_due_of_client
     where client = +?1 and ended_at is null and waits = 0 and (due_at <= ?2 or due_at > ?3)
     order by key";

pub(crate) const OLDEST_DUE: &str = "-- oldest_due
     select due_at, lease_worker from orders indexed by orders_due
     where ended_at is null and waits = 0 and due_at > ?1 and due_at <= ?2
     order by due_at";

pub(crate) const OVERDUE: &str = "-- overdue_orders
     select o.id, (select e.status from order_events e where e.order_key = o.key
         order by e.seq desc limit 1)
     from orders o indexed by orders_expiring
     where o.expires_at is not null and o.ended_at is null and o.expires_at <= ?1
     order by o.expires_at";

/// The `+` keeps SQLite from planning this anew with every call; see `writer/head.rs`.
pub(crate) const LAST_STATUS: &str = "-- last_status
     select status from order_events where order_key = +?1 order by seq desc limit 1";

/// The live workers, and the wallets that they may sign for.
#[derive(Debug)]
pub(crate) struct Workers {
    pub(crate) alive: HashSet<WorkerId>,
    pub(crate) wallets: Here,
}

/// A page of due orders on which no live worker has a lease, and that one would get, oldest due time first.
pub(crate) fn due(
    db: &Connection,
    page: &DuePage,
    due: DueTimes,
    workers: &Workers,
) -> Result<Vec<DueOrder>, Fault> {
    let snapshot = db.unchecked_transaction()?;
    let grace = columns::millis(page.grace);
    let after = match page.after {
        Some((due_at, order)) => (due_at.as_millis(), key_of(&snapshot, order)?),
        None => (i64::MIN, i64::MIN),
    };
    let mut orders = Vec::new();
    for (first, last) in due.ranges(due.now.as_millis().saturating_sub(grace)) {
        let (after_due, after_key) = after.max((first, i64::MAX));
        let mut statement = snapshot.prepare_cached(DUE)?;
        let mut rows = statement.query(params![last, after_due, after_key])?;
        while orders.len() < page.limit
            && let Some(row) = rows.next()?
        {
            orders.extend(offered(&snapshot, row, workers)?);
        }
    }
    Ok(orders)
}

fn key_of(db: &Connection, order: OrderId) -> Result<i64, Fault> {
    let key: Option<i64> = db
        .prepare_cached("-- order_key\nselect key from orders where id = ?1")?
        .query_row([order.uuid().as_bytes()], |row| row.get(0))
        .optional()?;
    // Orders are never removed; an unknown id sorts before all others of its due time.
    Ok(key.unwrap_or(i64::MIN))
}

fn is_held(row: &Row<'_>, index: usize, alive: &HashSet<WorkerId>) -> Result<bool, Fault> {
    let holder = columns::optional_worker(row, index)?;
    Ok(holder.is_some_and(|holder| alive.contains(&holder)))
}

/// The order of a row, where a live worker would get it.
fn offered(db: &Connection, row: &Row<'_>, workers: &Workers) -> Result<Option<DueOrder>, Fault> {
    if is_held(row, 4, &workers.alive)? {
        return Ok(None);
    }
    let wallet = row.get_ref(6)?.as_str_or_null();
    let is_here = workers.wallets.has(wallet.map_err(rusqlite::Error::from)?);
    // Whoever settles an order needs no key. One that nobody has begun is not submitted, and costs no other look.
    let is_settled_by_all = || {
        let begun: bool = row.get(5)?;
        Ok::<_, Fault>(begun && last_status(db, row.get(0)?)? == Status::Submitted)
    };
    match is_here || is_settled_by_all()? {
        true => due_order(db, row).map(Some),
        false => Ok(None),
    }
}

fn due_order(db: &Connection, row: &Row<'_>) -> Result<DueOrder, Fault> {
    let begun: bool = row.get(5)?;
    Ok(DueOrder {
        id: columns::order_id(row, 1)?,
        client: columns::client(row, 2)?,
        due_at: columns::time(row, 3)?,
        // A row that was granted may still be pending.
        starts_execution: !begun || last_status(db, row.get(0)?)? == Status::Pending,
        has_fired: row.get(7)?,
    })
}

fn last_status(db: &Connection, key: i64) -> Result<Status, Fault> {
    let status = db
        .prepare_cached(LAST_STATUS)?
        .query_row([key], |row| row.get(0))?;
    status_from(status)
}

/// Due orders in turn between these clients, at most `per_client` of each.
pub(crate) fn due_fairly(
    db: &Connection,
    clients: &[ClientId],
    (per_client, limit): (usize, usize),
    due: DueTimes,
    workers: &Workers,
) -> Result<Vec<DueOrder>, Fault> {
    let snapshot = db.unchecked_transaction()?;
    let mut turns = Vec::new();
    for client in clients.iter().take(CLIENTS_PER_ROUND) {
        let mut statement = snapshot.prepare_cached(DUE_OF_CLIENT)?;
        let (passed_until, ahead_from) = (due.now.as_millis(), due.latest_rest.as_millis());
        let mut rows = statement.query(params![client.as_str(), passed_until, ahead_from])?;
        let mut turn = 0;
        while turn < per_client
            && let Some(row) = rows.next()?
        {
            if let Some(order) = offered(&snapshot, row, workers)? {
                turns.push((turn, order));
                turn += 1;
            }
        }
    }
    // The first order of every client before anybody's second; within a turn the one that has
    // waited longest.
    turns.sort_by_key(|(turn, order)| (*turn, order.due_at, order.id));
    turns.truncate(limit);
    Ok(turns.into_iter().map(|(_, order)| order).collect())
}

/// Open, unsubmitted orders whose expiry has passed.
pub(crate) fn overdue(
    db: &Connection,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<OrderId>, Fault> {
    let mut statement = db.prepare_cached(OVERDUE)?;
    let mut rows = statement.query([now.as_millis()])?;
    let mut orders = Vec::new();
    while orders.len() < limit
        && let Some(row) = rows.next()?
    {
        if status_from(row.get(1)?)?.is_withdrawable() {
            orders.push(columns::order_id(row, 0)?);
        }
    }
    Ok(orders)
}

/// The age of the oldest due order without a lease.
pub(crate) fn oldest_waiting(
    db: &Connection,
    due: DueTimes,
    alive: &HashSet<WorkerId>,
) -> Result<Oldest, Fault> {
    let [passed, ahead] = due.ranges(due.now.as_millis());
    Ok(Oldest {
        due_at: first_waiting(db, passed, alive)?,
        is_any_ahead: first_waiting(db, ahead, alive)?.is_some(),
    })
}

/// The first due time in a range of an order without a lease.
fn first_waiting(
    db: &Connection,
    (after, last): (i64, i64),
    alive: &HashSet<WorkerId>,
) -> Result<Option<Timestamp>, Fault> {
    let mut statement = db.prepare_cached(OLDEST_DUE)?;
    let mut rows = statement.query([after, last])?;
    while let Some(row) = rows.next()? {
        if !is_held(row, 1, alive)? {
            return columns::time(row, 0).map(Some);
        }
    }
    Ok(None)
}
