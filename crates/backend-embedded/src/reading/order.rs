//! One order, and the events of one or many.

use domain::{ClientId, ClientOrderId, Event, EventData, Order, OrderId, Seq};
use ports::order_history::Watch;
use ports::order_store::Idempotency;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns;
use crate::error::Fault;

/// The `+` keeps SQLite from planning this anew with every call; see `writer/head.rs`.
pub(crate) const LAST_EVENT: &str = "-- last_event
     select seq, at, executions, data from order_events
     where order_key = +?1 order by seq desc limit 1";

/// An order by its key in the store.
pub(crate) fn by_key(db: &Connection, key: i64) -> Result<Order, Fault> {
    db.prepare_cached(
        "-- order_by_key
         select id, client, terms, created_at, key from orders where key = ?1",
    )?
    .query_row([key], |row| Ok(order(db, row)))?
}

/// An order, if it is this client's.
pub(crate) fn by_id(
    db: &Connection,
    id: OrderId,
    client: Option<&ClientId>,
) -> Result<Option<Order>, Fault> {
    let found = db
        .prepare_cached(
            "-- order_by_id
             select id, client, terms, created_at, key from orders where id = ?1",
        )?
        .query_row([id.uuid().as_bytes()], |row| Ok(order(db, row)))
        .optional()?
        .transpose()?;
    Ok(found.filter(|order| client.is_none_or(|client| *client == order.client)))
}

/// An order by its client's name for it.
pub(crate) fn by_client_id(
    db: &Connection,
    client: &ClientId,
    client_order_id: &ClientOrderId,
) -> Result<Option<Order>, Fault> {
    let id = db
        .prepare_cached(
            "-- order_called
             select order_id from client_order_ids where client = ?1 and client_order_id = ?2",
        )?
        .query_row(params![client.as_str(), client_order_id.as_str()], |row| {
            Ok(columns::order_id(row, 0))
        })
        .optional()?
        .transpose()?;
    match id {
        Some(id) => by_id(db, id, Some(client)),
        None => Ok(None),
    }
}

/// The answer stored for a client's key.
pub(crate) fn answer_for(
    db: &Connection,
    client: &ClientId,
    key: &domain::IdempotencyKey,
) -> Result<Option<(OrderId, Idempotency)>, Fault> {
    let kept = db
        .prepare_cached(
            "-- kept_answer
             select order_id, fingerprint, answer from idempotency_keys
             where client = ?1 and key = ?2",
        )?
        .query_row(params![client.as_str(), key.as_str()], |row| {
            let answer: Vec<u8> = row.get(2)?;
            let fingerprint: [u8; 32] = row.get(1)?;
            Ok(columns::order_id(row, 0).map(|order| (order, fingerprint, answer)))
        })
        .optional()?
        .transpose()?;
    Ok(kept.map(|(order, fingerprint, answer)| {
        let kept = Idempotency {
            key: key.clone(),
            fingerprint,
            answer: answer.into(),
        };
        (order, kept)
    }))
}

fn order(db: &Connection, row: &Row<'_>) -> Result<Order, Fault> {
    let id = columns::order_id(row, 0)?;
    let client = columns::client(row, 1)?;
    let stored = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
    let terms = serde_json::from_str(stored)?;
    let created_at = columns::time(row, 3)?;
    let last = last_event(db, id, row.get(4)?, stored)?;
    Ok(Order::from_last_event(client, terms, created_at, last))
}

fn last_event(db: &Connection, id: OrderId, key: i64, terms: &str) -> Result<Event, Fault> {
    db.prepare_cached(LAST_EVENT)?
        .query_row([key], |row| Ok(event(row, id, Some(terms))))?
}

/// An event from `seq, at, executions, data`. Version 1 needs its order's terms.
fn event(row: &Row<'_>, order_id: OrderId, terms: Option<&str>) -> Result<Event, Fault> {
    let data = row.get_ref(3)?.as_str();
    Ok(Event {
        order_id,
        seq: Seq::new(row.get(0)?),
        at: columns::time(row, 1)?,
        executions: row.get(2)?,
        data: EventData::read(data.map_err(rusqlite::Error::from)?, terms)?,
    })
}

/// An order's events from a sequence number on.
pub(crate) fn events(db: &Connection, id: OrderId, from: Seq) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::new();
    events_into(db, id, from, &mut events)?;
    Ok(events)
}

/// The events that followers have missed.
pub(crate) fn events_for(db: &Connection, watches: &[Watch]) -> Result<Vec<Event>, Fault> {
    let snapshot = db.unchecked_transaction()?;
    let mut events = Vec::new();
    for watch in watches {
        events_into(&snapshot, watch.order_id, watch.next, &mut events)?;
    }
    Ok(events)
}

pub(super) fn events_into(
    db: &Connection,
    id: OrderId,
    from: Seq,
    events: &mut Vec<Event>,
) -> Result<(), Fault> {
    let mut statement = db.prepare_cached(
        "-- events_of_order
         select e.seq, e.at, e.executions, e.data,
             case when o.schema_version = 1 then o.terms end
         from orders o join order_events e on e.order_key = o.key
         where o.id = ?1 and e.seq >= ?2
         order by e.seq",
    )?;
    let mut rows = statement.query(params![id.uuid().as_bytes(), from.get()])?;
    while let Some(row) = rows.next()? {
        let terms = row.get_ref(4)?.as_str_or_null();
        let terms = terms.map_err(rusqlite::Error::from)?;
        events.push(event(row, id, terms)?);
    }
    Ok(())
}
