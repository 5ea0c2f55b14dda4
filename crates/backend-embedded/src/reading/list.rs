//! Lists of orders, newest first: ranges of one index, merged, each page read from where the last ended.
//!
//! Every index ends with the order's key, which grows with acceptance. So a filter becomes one or more
//! ranges of an index, all descending by key, and a page is the newest of their heads; no list sorts or
//! scans what it does not show, but for tokens within one client's or one status' orders.

use std::collections::BTreeSet;

use domain::{Order, OrderId, Status, Token};
use ports::order_history::ListFilter;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::order;
use crate::error::Fault;
use crate::writer::status_code;

/// A range of an index, as a condition and its values.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    index: Option<&'static str>,
    condition: &'static str,
    values: Vec<Value>,
}

/// Orders that pass the filter, newest first.
pub(crate) fn list(db: &Connection, filter: &ListFilter) -> Result<Vec<Order>, Fault> {
    let snapshot = db.unchecked_transaction()?;
    let mut before = match filter.before {
        Some(order) => key_bound(&snapshot, order)?,
        None => i64::MAX,
    };
    let ranges = ranges(filter);
    let mut orders = Vec::new();
    while orders.len() < filter.limit {
        let keys = newest(&snapshot, &ranges, filter, before)?;
        for key in &keys {
            let order = order::by_key(&snapshot, *key)?;
            // An open order's status is only in its last event.
            if filter.status.is_none_or(|status| status == order.status()) {
                orders.push(order);
            }
            if orders.len() == filter.limit {
                break;
            }
        }
        match keys.last() {
            Some(last) if keys.len() == filter.limit => before = *last,
            _ => break,
        }
    }
    Ok(orders)
}

/// The key that a page after this order stays below.
fn key_bound(db: &Connection, order: OrderId) -> Result<i64, Fault> {
    let exact: Option<i64> = db
        .prepare_cached("-- order_key\nselect key from orders where id = ?1")?
        .query_row([order.uuid().as_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(key) = exact {
        return Ok(key);
    }
    // An id of no order: after the orders whose ids are older.
    let older: Option<i64> = db
        .prepare_cached(
            "-- key_of_older_order
             select key from orders where id < ?1 order by id desc limit 1",
        )?
        .query_row([order.uuid().as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(older.map_or(0, |key| key + 1))
}

/// The ranges whose union holds every order that passes the filter, and little else.
pub(crate) fn ranges(filter: &ListFilter) -> Vec<Range> {
    let begun = [Status::Routing, Status::Building, Status::Submitted];
    match (&filter.client, filter.status) {
        (_, Some(status)) if begun.contains(&status) => vec![Range {
            index: Some("orders_begun"),
            condition: "begun = 1",
            values: Vec::new(),
        }],
        (Some(client), status) => {
            let ends = status.map_or_else(every_end, |status| vec![end_code(status)]);
            ends.into_iter()
                .map(|end| Range {
                    index: Some("orders_by_client"),
                    condition: "client = +? and end_status is +?",
                    values: vec![Value::from(client.as_str().to_owned()), end],
                })
                .collect()
        }
        (None, Some(status)) => vec![Range {
            index: Some("orders_by_end"),
            condition: "end_status is +?",
            values: vec![end_code(status)],
        }],
        (None, None) => by_tokens(filter),
    }
}

fn by_tokens(filter: &ListFilter) -> Vec<Range> {
    if filter.token_in.is_none() && filter.token_out.is_none() {
        return vec![Range {
            index: None,
            condition: "true",
            values: Vec::new(),
        }];
    }
    let choices = |token: Option<Token>| match token {
        Some(token) => vec![token],
        None => Token::all().collect(),
    };
    let mut ranges = Vec::new();
    for token_in in choices(filter.token_in) {
        for token_out in choices(filter.token_out) {
            ranges.push(Range {
                index: Some("orders_by_pair"),
                condition: "token_in = +? and token_out = +?",
                values: vec![
                    Value::from(token_in.symbol().to_owned()),
                    Value::from(token_out.symbol().to_owned()),
                ],
            });
        }
    }
    ranges
}

fn every_end() -> Vec<Value> {
    let ended = Status::ALL
        .into_iter()
        .filter(|status| status.is_terminal());
    let mut ends: Vec<_> = ended.map(end_code).collect();
    ends.push(Value::Null);
    ends
}

/// The end status of a row at this status: none for an open one.
fn end_code(status: Status) -> Value {
    if status.is_terminal() {
        Value::from(status_code(status))
    } else {
        Value::Null
    }
}

/// The newest keys of all ranges below a bound, as many as the filter wants.
fn newest(
    db: &Connection,
    ranges: &[Range],
    filter: &ListFilter,
    before: i64,
) -> Result<Vec<i64>, Fault> {
    let mut keys = BTreeSet::new();
    for range in ranges {
        let (sql, values) = statement(range, filter, before);
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            keys.insert(row.get::<_, i64>(0)?);
            if keys.len() > filter.limit {
                keys.pop_first();
            }
        }
    }
    Ok(keys.into_iter().rev().collect())
}

/// One range's newest keys below a bound: the statement and its values.
pub(crate) fn statement(range: &Range, filter: &ListFilter, before: i64) -> (String, Vec<Value>) {
    let index = range
        .index
        .map_or(String::new(), |index| format!("indexed by {index} "));
    let mut sql = format!(
        "-- list_keys\nselect key from orders {index}where {} and key < ?",
        range.condition
    );
    let mut values = range.values.clone();
    values.push(Value::from(before));
    // Where the index is of something else, what it does not tell is asked of the row.
    if let Some(client) = &filter.client {
        sql.push_str(" and client = +?");
        values.push(Value::from(client.as_str().to_owned()));
    }
    for (column, token) in [
        ("token_in", filter.token_in),
        ("token_out", filter.token_out),
    ] {
        if let Some(token) = token {
            sql.push_str(&format!(" and +{column} = ?"));
            values.push(Value::from(token.symbol().to_owned()));
        }
    }
    sql.push_str(" order by key desc limit ?");
    values.push(Value::from(i64::try_from(filter.limit).unwrap_or(i64::MAX)));
    (sql, values)
}
