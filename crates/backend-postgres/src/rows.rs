//! The only place where rows become the domain's values.

use std::collections::HashSet;
use std::sync::Arc;

use domain::event::SCHEMA_VERSION;
use domain::spending::Outlay;
use domain::transaction::{Blockhash, Height, Signature, SignedTransaction};
use domain::waiting::Firing;
use domain::{ClientId, Event, EventData, Order, OrderId, Seq, Status, Terms, Timestamp, WorkerId};
use ports::doubt::Word;
use ports::order_store::DueOrder;
use serde::Serialize;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use uuid::Uuid;

use crate::failure::Failure;

/// A column by its name.
pub(crate) fn column<'a, T: FromSql<'a>>(row: &'a Row, name: &'static str) -> Result<T, Failure> {
    row.try_get(name)
        .map_err(|error| Failure::unreadable("a column", name, error))
}

/// A moment of the store's clock.
pub(crate) fn timestamp(row: &Row, name: &'static str) -> Result<Timestamp, Failure> {
    Ok(Timestamp::from_millis(column(row, name)?))
}

/// A moment of the store's clock, if there is one.
pub(crate) fn optional_timestamp(
    row: &Row,
    name: &'static str,
) -> Result<Option<Timestamp>, Failure> {
    Ok(column::<Option<i64>>(row, name)?.map(Timestamp::from_millis))
}

/// A column with a number that is never negative.
pub(crate) fn number<T: TryFrom<i64>>(row: &Row, name: &'static str) -> Result<T, Failure> {
    natural(column::<i64>(row, name)?, name)
}

/// The same for the smaller column type.
pub(crate) fn small_number<T: TryFrom<i64>>(row: &Row, name: &'static str) -> Result<T, Failure> {
    natural(i64::from(column::<i32>(row, name)?), name)
}

fn natural<T: TryFrom<i64>>(value: i64, name: &'static str) -> Result<T, Failure> {
    T::try_from(value).map_err(|_| Failure::unreadable("a number", name, "out of range"))
}

/// An order's id.
pub(crate) fn order_id(row: &Row, name: &'static str) -> Result<OrderId, Failure> {
    Ok(OrderId::new(column(row, name)?))
}

/// A worker's id.
pub(crate) fn worker_id(row: &Row, name: &'static str) -> Result<WorkerId, Failure> {
    Ok(WorkerId::new(column(row, name)?))
}

/// A client's name.
pub(crate) fn client(row: &Row) -> Result<ClientId, Failure> {
    let text: &str = column(row, "client")?;
    ClientId::parse(text).map_err(|error| Failure::unreadable("the client", text, error))
}

/// A status from its column.
pub(crate) fn status(code: i16) -> Result<Status, Failure> {
    usize::try_from(code)
        .ok()
        .and_then(|index| Status::ALL.get(index).copied())
        .ok_or_else(|| Failure::unreadable("a status", code, "no such status"))
}

/// A status for its column.
pub(crate) fn status_code(status: Status) -> i16 {
    i16::try_from(status.index()).unwrap_or(i16::MAX)
}

/// An event of columns `order_id`, `seq`, `executions`, `at`, `data`, and the order's `terms`, which
/// version 1 needs.
pub(crate) fn event(row: &Row) -> Result<Event, Failure> {
    let order_id = order_id(row, "order_id")?;
    let (data, terms) = (column(row, "data")?, column(row, "terms")?);
    Ok(Event {
        order_id,
        seq: Seq::new(small_number(row, "seq")?),
        at: timestamp(row, "at")?,
        executions: small_number(row, "executions")?,
        data: EventData::read(data, terms)
            .map_err(|error| Failure::unreadable("an event", order_id, error))?,
    })
}

/// An order of columns `client`, `terms`, `created_at` and those of its last event.
pub(crate) fn order(row: &Row) -> Result<Order, Failure> {
    let last = event(row)?;
    let terms: &str = column(row, "terms")?;
    let terms: Terms = serde_json::from_str(terms)
        .map_err(|error| Failure::unreadable("the terms", last.order_id, error))?;
    let created_at = timestamp(row, "created_at")?;
    Ok(Order::from_last_event(
        client(row)?,
        terms,
        created_at,
        last,
    ))
}

/// All rows as events.
pub(crate) fn events(rows: &[Row]) -> Result<Vec<Event>, Failure> {
    rows.iter().map(event).collect()
}

/// The events of several orders, each order in sequence and up to the first unreadable event: a
/// newer version may have written it.
pub(crate) fn readable_events(rows: &[Row]) -> Vec<Event> {
    let mut unreadable = HashSet::new();
    let mut events = Vec::new();
    for row in rows {
        let id: Option<Uuid> = row.try_get("order_id").ok();
        if unreadable.contains(&id) {
            continue;
        }
        match event(row) {
            Ok(event) => events.push(event),
            Err(error) => {
                tracing::debug!(?error, "an event cannot be read and is not passed on");
                unreadable.insert(id);
            }
        }
    }
    events
}

/// A due order from the columns `id`, `client`, `due_at`, `last_status`, `has_fired`.
pub(crate) fn due_order(row: &Row) -> Result<DueOrder, Failure> {
    Ok(DueOrder {
        id: order_id(row, "id")?,
        client: client(row)?,
        due_at: timestamp(row, "due_at")?,
        starts_execution: status(column(row, "last_status")?)? == Status::Pending,
        has_fired: column(row, "has_fired")?,
    })
}

/// The live transaction from the columns `signature`, `bytes`, `last_valid_height`, `blockhash`,
/// `outlay`, if there is one.
pub(crate) fn live_transaction(row: &Row) -> Result<Option<SignedTransaction>, Failure> {
    if column::<Option<&str>>(row, "signature")?.is_none() {
        return Ok(None);
    }
    Ok(Some(SignedTransaction {
        signature: signature(row)?,
        bytes: Arc::from(column::<&[u8]>(row, "bytes")?),
        last_valid_height: Height::new(number(row, "last_valid_height")?),
        blockhash: column::<Option<&[u8]>>(row, "blockhash")?
            .map(blockhash)
            .transpose()?,
        outlay: column::<Option<&str>>(row, "outlay")?
            .map(outlay)
            .transpose()?,
    }))
}

fn outlay(text: &str) -> Result<Box<Outlay>, Failure> {
    let read = serde_json::from_str(text);
    read.map_err(|error| Failure::unreadable("what a transaction may spend", text, error))
}

/// An operator's word from the columns `said_dead_at`, `said_dead_by`, `said_dead_because`, if there
/// is one.
pub(crate) fn word(row: &Row) -> Result<Option<Word>, Failure> {
    let Some(at) = optional_timestamp(row, "said_dead_at")? else {
        return Ok(None);
    };
    Ok(Some(Word {
        at,
        actor: column(row, "said_dead_by")?,
        reason: column(row, "said_dead_because")?,
    }))
}

/// What fired the order, from the column `firing`, if it has waited.
pub(crate) fn firing(row: &Row) -> Result<Option<Box<Firing>>, Failure> {
    let Some(text) = column::<Option<&str>>(row, "firing")? else {
        return Ok(None);
    };
    let read = serde_json::from_str(text);
    read.map(Some)
        .map_err(|error| Failure::unreadable("what fired an order", text, error))
}

/// A transaction's signature.
pub(crate) fn signature(row: &Row) -> Result<Signature, Failure> {
    let text: &str = column(row, "signature")?;
    Signature::parse(text).map_err(|error| Failure::unreadable("a signature", text, error))
}

/// A block's hash from its column.
pub(crate) fn blockhash(bytes: &[u8]) -> Result<Blockhash, Failure> {
    let bytes = bytes
        .try_into()
        .map_err(|error| Failure::unreadable("a hash", bytes.len(), error))?;
    Ok(Blockhash::new(bytes))
}

/// The stored form of terms and event data.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::unreadable("a value", "a request", error))
}

/// The newest version of the stored form that is known here.
pub(crate) fn schema_version() -> i16 {
    i16::try_from(SCHEMA_VERSION).unwrap_or(i16::MAX)
}

/// The version of an order's stored form, for its column.
pub(crate) fn version_of(terms: &Terms) -> i16 {
    i16::try_from(terms.schema_version()).unwrap_or(i16::MAX)
}

/// The kind of an order that waits for a condition.
pub(crate) fn kind_of(terms: &Terms) -> Option<&'static str> {
    let kind = terms.order_type;
    kind.waits().then(|| kind.name())
}

/// How long an order is valid, in milliseconds.
pub(crate) fn valid_for_ms(terms: &Terms) -> Option<i64> {
    terms
        .valid_for_seconds
        .map(|seconds| i64::from(seconds) * 1_000)
}

/// A count or a limit for a statement; no real one is too large for its type.
pub(crate) fn limit(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A 32-bit number for its column.
pub(crate) fn integer(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// A 64-bit number for its column.
pub(crate) fn big(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A duration for a statement.
pub(crate) fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A time that has passed; none where the clock was set back meanwhile.
pub(crate) fn duration(millis: i64) -> std::time::Duration {
    std::time::Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
