//! Lists of orders, newest first: first keys from indexes, step by step, then the orders
//! themselves.
//!
//! Every index ends with the order's key, which grows with acceptance. So a filter becomes one or
//! more ranges of an index, all descending by key, and a page is the newest of their heads. A range
//! may contain orders that do not pass the filter, so the number of keys that one page looks at is
//! bounded: a page that reaches the bound says how far it came, and the next one continues there.
//! If there are two ways to meet a filter, the second is used when the first reaches the bound.

pub(crate) mod pairs;
mod range;

use std::collections::BTreeSet;

use domain::{Order, OrderId};
use ports::order_history::{ListFilter, ListPage};
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::{columns, order};
use crate::error::Fault;

pub(crate) use range::{Range, statement, ways};

/// Keys that one way of a page looks at: few at first, so that a way that needs few is found soon.
const LOOKED_AT: [usize; 2] = [1_000, 10_000];
/// Keys that a step reads in each range beyond those missing, if the range may contain others than
/// the wanted ones.
const STEP: usize = 1_000;

/// The result of one way to fill a page.
struct Outcome {
    page: ListPage,
    /// Whether the bound ended it before the page was full and before the ranges were exhausted.
    is_cut_short: bool,
}

/// Orders that pass the filter, newest first.
pub(crate) fn list(db: &Connection, filter: &ListFilter) -> Result<ListPage, Fault> {
    let snapshot = db.unchecked_transaction()?;
    let before = match filter.before {
        Some(order) => key_bound(&snapshot, order)?,
        None => i64::MAX,
    };
    let mut furthest: Option<ListPage> = None;
    let ways = ways(filter, pairs::pairs(&snapshot, filter)?.as_deref());
    for bound in LOOKED_AT {
        for way in &ways {
            let Outcome { page, is_cut_short } = walk(&snapshot, filter, way, before, bound)?;
            if !is_cut_short {
                return Ok(page);
            }
            // All results are right; the one that came furthest saves a page.
            if furthest.as_ref().is_none_or(|other| page.next < other.next) {
                furthest = Some(page);
            }
        }
    }
    Ok(furthest.unwrap_or_default())
}

fn walk(
    db: &Connection,
    filter: &ListFilter,
    way: &[Range],
    mut before: i64,
    bound: usize,
) -> Result<Outcome, Fault> {
    let mut orders: Vec<Order> = Vec::new();
    let mut looked_at = 0;
    let mut step = match way.iter().all(|range| range.is_exact(filter)) {
        true => 0,
        false => STEP,
    };
    loop {
        let look = filter.limit - orders.len() + step;
        let keys = keys(db, way, filter, before, look)?;
        step = STEP;
        looked_at += keys.count;
        for key in keys.fitting {
            let order = order::by_key(db, key)?;
            // An open order's status is only in its last event.
            if filter.status.is_none_or(|status| status == order.status()) {
                orders.push(order);
            }
            if orders.len() == filter.limit {
                let next = orders.last().map(|order| order.id);
                return Ok(Outcome::whole(orders, next));
            }
        }
        let Some(reached) = keys.reached else {
            return Ok(Outcome::whole(orders, None));
        };
        before = reached;
        if looked_at >= bound {
            let next = Some(id_of(db, reached)?);
            return Ok(Outcome {
                page: ListPage { orders, next },
                is_cut_short: true,
            });
        }
    }
}

impl Outcome {
    const fn whole(orders: Vec<Order>, next: Option<OrderId>) -> Self {
        Self {
            page: ListPage { orders, next },
            is_cut_short: false,
        }
    }
}

/// What one step has read.
struct Keys {
    /// Keys that may pass the filter, newest first.
    fitting: Vec<i64>,
    /// Every key from this one up was looked at; absent if the ranges are exhausted.
    reached: Option<i64>,
    count: usize,
}

/// The newest keys of all ranges below a bound.
fn keys(
    db: &Connection,
    way: &[Range],
    filter: &ListFilter,
    before: i64,
    look: usize,
) -> Result<Keys, Fault> {
    let mut fitting = BTreeSet::new();
    let mut reached: Option<i64> = None;
    let mut count = 0;
    for range in way {
        let (sql, values) = statement(range, filter, before, look);
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let (mut given, mut last) = (0, i64::MAX);
        while let Some(row) = rows.next()? {
            last = row.get(0)?;
            given += 1;
            if row.get::<_, Option<bool>>(1)? == Some(true) {
                fitting.insert(last);
            }
        }
        count += given;
        // A range that gave as many as it was asked for may have more, below its last.
        if given >= look {
            reached = reached.max(Some(last));
        }
    }
    let known = fitting.split_off(&reached.unwrap_or(i64::MIN));
    Ok(Keys {
        fitting: known.into_iter().rev().collect(),
        reached,
        count,
    })
}

pub(super) fn id_of(db: &Connection, key: i64) -> Result<OrderId, Fault> {
    db.prepare_cached("-- id_of_key\nselect id from orders where key = ?1")?
        .query_row([key], |row| Ok(columns::order_id(row, 0)))?
}

/// The key below which a page after this order stays.
pub(super) fn key_bound(db: &Connection, order: OrderId) -> Result<i64, Fault> {
    let exact: Option<i64> = db
        .prepare_cached("-- order_key\nselect key from orders where id = ?1")?
        .query_row([order.uuid().as_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(key) = exact {
        return Ok(key);
    }
    // The id belongs to no order: begin after the orders with older ids.
    let older: Option<i64> = db
        .prepare_cached(
            "-- key_of_older_order
             select key from orders where id < ?1 order by id desc limit 1",
        )?
        .query_row([order.uuid().as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(older.map_or(0, |key| key + 1))
}
