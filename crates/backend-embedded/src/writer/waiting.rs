//! Moves orders into the table of those that wait for a condition, and out of it.

use std::time::Duration;

use domain::order::WaitsFor;
use domain::{ClientId, OrderId};
use ports::order_store::DueOrder;
use ports::waiting::{Changed, NewFiring, Pair};
use rusqlite::{OptionalExtension, params};

use super::head::{self, Head};
use super::{Batch, Write};
use crate::error::Fault;
use crate::reading::columns;

/// A new order waits.
pub(super) fn enter(
    batch: &mut Batch<'_>,
    key: i64,
    pair: &[String; 2],
    waits_for: WaitsFor,
) -> Result<(), Fault> {
    insert(batch, key, pair, waits_for, (0, None))
}

/// An order that has fired waits again, not before this rest is over, and its group is free.
pub(super) fn enter_again(
    batch: &mut Batch<'_>,
    key: i64,
    pair: &[String; 2],
    rest: Duration,
    misses: &str,
) -> Result<(), Fault> {
    batch
        .db
        .prepare_cached(
            "-- wait_again
             update orders set lease_worker = null, due_at = 0, begun = 0, waits = 1 where key = ?1",
        )?
        .execute([key])?;
    give_group_back(batch, key)?;
    let rests_until = batch.now.plus(rest).as_millis();
    // Only limits go back.
    let rest = (rests_until, Some(misses));
    insert(batch, key, pair, WaitsFor::Price, rest)
}

fn insert(
    batch: &mut Batch<'_>,
    key: i64,
    [sold, bought]: &[String; 2],
    waits_for: WaitsFor,
    (rests_until, misses): (i64, Option<&str>),
) -> Result<(), Fault> {
    batch
        .db
        .prepare_cached(
            "-- enter_waiting_order
             insert into waiting_orders
                 (order_key, token_in, token_out, revision, rests_until, misses, touched_at, waits_for)
             values (?1, ?2, ?3,
                     -- Whoever looked at it before it fired must not fire it again.
                     coalesce((select max(seq) from order_events where order_key = ?1), 0) * 1000, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            key,
            sold,
            bought,
            rests_until,
            misses,
            batch.now.as_millis(),
            waits_for.name()
        ])?;
    batch.changes.begun_to_wait(waits_for, 1);
    Ok(())
}

/// An order waits no longer, if it did.
pub(super) fn leave(batch: &mut Batch<'_>, key: i64) -> Result<(), Fault> {
    let left = batch
        .db
        .prepare_cached(
            "-- leave_waiting_orders
             delete from waiting_orders where order_key = ?1 returning waits_for",
        )?
        .query_row([key], |row| Ok(columns::waits_for(row, 0)))
        .optional()?;
    if let Some(waited_for) = left.transpose()? {
        batch.changes.begun_to_wait(waited_for, -1);
    }
    Ok(())
}

/// The group of an order that has fired is free, if it has one.
pub(super) fn give_group_back(batch: &Batch<'_>, key: i64) -> Result<(), Fault> {
    batch
        .db
        .prepare_cached(
            "-- give_oco_group_back
             update oco_groups set holder = null
             where (client, name) = (select client, oco_group from orders where key = ?1) and holder = ?1",
        )?
        .execute([key])?;
    Ok(())
}

/// Conditions were seen to hold.
#[derive(Debug)]
pub(crate) struct Fire {
    /// With what was seen, as JSON.
    pub(crate) firings: Vec<(NewFiring, String)>,
}

impl Write for Fire {
    type Answer = Vec<DueOrder>;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Vec<DueOrder>, Fault> {
        let mut fired = Vec::new();
        for (firing, text) in &self.firings {
            fired.extend(fire(batch, firing, text)?);
        }
        Ok(fired)
    }
}

fn fire(batch: &mut Batch<'_>, firing: &NewFiring, text: &str) -> Result<Option<DueOrder>, Fault> {
    let Some(head) = head::read(&batch.db, firing.order)? else {
        return Ok(None);
    };
    let key = head.row.key;
    if head.has_expired(batch) || !take_group(batch, key)? {
        return Ok(None);
    }
    let left = batch
        .db
        .prepare_cached(
            "-- fire_waiting_order
             delete from waiting_orders where order_key = ?1 and revision = ?2 returning waits_for",
        )?
        .query_row(params![key, firing.revision], |row| {
            Ok(columns::waits_for(row, 0))
        })
        .optional()?;
    let Some(waited_for) = left.transpose()? else {
        give_group_back(batch, key)?;
        return Ok(None);
    };
    batch.changes.begun_to_wait(waited_for, -1);
    batch
        .db
        .prepare_cached(
            "-- make_fired_order_due
             update orders set waits = 0, due_at = ?2, firing = ?3 where key = ?1",
        )?
        .execute(params![key, batch.now.as_millis(), text])?;
    batch.heads.take(firing.order);
    Ok(Some(DueOrder {
        id: firing.order,
        client: head.row.client,
        due_at: batch.now,
        starts_execution: true,
        has_fired: true,
    }))
}

/// Whether the order's group, if it has one, was free and is the order's now.
fn take_group(batch: &Batch<'_>, key: i64) -> Result<bool, Fault> {
    let is_held: Option<bool> = batch
        .db
        .prepare_cached(
            "-- is_oco_group_held
             select holder is not null or confirmed is not null from oco_groups
             where (client, name) = (select client, oco_group from orders where key = ?1)",
        )?
        .query_row([key], |row| row.get(0))
        .optional()?;
    if is_held != Some(false) {
        return Ok(is_held.is_none());
    }
    batch
        .db
        .prepare_cached(
            "-- take_oco_group
             update oco_groups set holder = ?1
             where (client, name) = (select client, oco_group from orders where key = ?1)",
        )?
        .execute([key])?;
    Ok(true)
}

/// Prices were seen not to hold.
#[derive(Debug)]
pub(crate) struct EndRests {
    pub(crate) orders: Vec<OrderId>,
}

impl Write for EndRests {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        for order in &self.orders {
            batch
                .db
                .prepare_cached(
                    "-- end_rest_of_waiting_order
                     update waiting_orders set rests_until = 0, misses = json_set(misses, '$.routed', 0)
                     where order_key = (select key from orders where id = ?1) and misses is not null",
                )?
                .execute([order.uuid().as_bytes()])?;
        }
        Ok(())
    }
}

/// Somebody has seen a pair's spot.
#[derive(Debug)]
pub(crate) struct StoreHighs {
    pub(crate) pair: Pair,
    /// Of what was read.
    pub(crate) version: u32,
    /// As JSON.
    pub(crate) highs: String,
}

impl Write for StoreHighs {
    type Answer = bool;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<bool, Fault> {
        let Pair { sold, bought } = &self.pair;
        let stored = batch
            .db
            .prepare_cached(
                "-- store_pair_highs
                 insert into pair_highs (token_in, token_out, version, highs)
                 select ?1, ?2, ?3 + 1, ?4
                 where ?3 = 0 or exists (select 1 from pair_highs where token_in = ?1 and token_out = ?2)
                 on conflict (token_in, token_out)
                 do update set version = excluded.version, highs = excluded.highs
                 where pair_highs.version = ?3",
            )?
            .execute(params![sold, bought, self.version, self.highs])?;
        Ok(stored == 1)
    }
}

/// A client gives a waiting order other terms.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) order: OrderId,
    /// Only if it is this client's.
    pub(crate) client: Option<ClientId>,
    pub(crate) revision: u32,
    pub(crate) terms: String,
    pub(crate) valid_for: Option<Duration>,
}

impl Write for Change {
    type Answer = Changed;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Changed, Fault> {
        let found = head::read(&batch.db, self.order)?;
        let is_own = |head: &Head| {
            let owner = self.client.as_ref();
            owner.is_none_or(|client| *client == head.row.client)
        };
        let Some(head) = found.filter(is_own) else {
            return Ok(Changed::Unknown);
        };
        let key = head.row.key;
        let revision: Option<u32> = batch
            .db
            .prepare_cached(
                "-- revision_of_waiting_order
                 select revision from waiting_orders where order_key = ?1",
            )?
            .query_row([key], |row| row.get(0))
            .optional()?;
        match revision {
            None => {
                let status = head.last.status;
                return Ok(Changed::TooLate { status });
            }
            Some(revision) if revision != self.revision => return Ok(Changed::Stale),
            Some(_) => {}
        }
        batch
            .db
            .prepare_cached(
                "-- change_waiting_order
                 update waiting_orders set revision = revision + 1, rests_until = 0, touched_at = ?2
                 where order_key = ?1",
            )?
            .execute(params![key, batch.now.as_millis()])?;
        let expires_at = self.valid_for.map(|valid| head.row.created_at.plus(valid));
        batch
            .db
            .prepare_cached(
                "-- change_terms\nupdate orders set terms = ?2, expires_at = ?3 where key = ?1",
            )?
            .execute(params![
                key,
                self.terms,
                expires_at.map(domain::Timestamp::as_millis)
            ])?;
        batch.heads.take(self.order);
        Ok(Changed::Done)
    }
}
