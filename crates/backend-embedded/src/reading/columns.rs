//! Reads columns as the domain's types; an invalid value means an unreadable store, never a
//! default.

use std::time::Duration;

use domain::order::WaitsFor;
use domain::transaction::Signature;
use domain::{ClientId, OrderId, Timestamp, WorkerId};
use ports::doubt::Word;
use rusqlite::Row;
use uuid::Uuid;

use crate::error::Fault;

/// A client's name.
pub(crate) fn client(row: &Row<'_>, index: usize) -> Result<ClientId, Fault> {
    let text = row.get_ref(index)?.as_str().map_err(rusqlite::Error::from);
    ClientId::parse(text?).map_err(|_| Fault::Senseless { what: "a client" })
}

/// A transaction's signature.
pub(crate) fn signature(row: &Row<'_>, index: usize) -> Result<Signature, Fault> {
    let text = row.get_ref(index)?.as_str().map_err(rusqlite::Error::from);
    Signature::parse(text?).map_err(|_| Fault::Senseless {
        what: "a signature",
    })
}

/// An order's id.
pub(crate) fn order_id(row: &Row<'_>, index: usize) -> Result<OrderId, Fault> {
    Ok(OrderId::new(Uuid::from_bytes(row.get(index)?)))
}

/// A worker's id, if there is one.
pub(crate) fn optional_worker(row: &Row<'_>, index: usize) -> Result<Option<WorkerId>, Fault> {
    let bytes: Option<[u8; 16]> = row.get(index)?;
    Ok(bytes.map(|bytes| WorkerId::new(Uuid::from_bytes(bytes))))
}

/// What an order waits for.
pub(crate) fn waits_for(row: &Row<'_>, index: usize) -> Result<WaitsFor, Fault> {
    let name: String = row.get(index)?;
    let found = WaitsFor::ALL.into_iter().find(|it| it.name() == name);
    found.ok_or(Fault::Senseless {
        what: "what an order waits for",
    })
}

/// A moment.
pub(crate) fn time(row: &Row<'_>, index: usize) -> Result<Timestamp, Fault> {
    Ok(Timestamp::from_millis(row.get(index)?))
}

/// A moment, if there is one.
pub(crate) fn optional_time(row: &Row<'_>, index: usize) -> Result<Option<Timestamp>, Fault> {
    let millis: Option<i64> = row.get(index)?;
    Ok(millis.map(Timestamp::from_millis))
}

/// A slot of the chain.
pub(crate) fn slot(row: &Row<'_>, index: usize) -> Result<u64, Fault> {
    let slot: i64 = row.get(index)?;
    u64::try_from(slot).map_err(|_| Fault::Senseless { what: "a slot" })
}

/// A slot for its column. Those beyond are in nobody's future.
pub(crate) fn slot_column(slot: u64) -> Result<i64, Fault> {
    i64::try_from(slot).map_err(|_| Fault::Senseless { what: "a slot" })
}

/// A limit for a statement.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A duration for a statement.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// An operator's word from the columns `said_dead_at`, `said_dead_by`, `said_dead_because`, if there is one.
pub(crate) fn word(row: &Row<'_>, first: usize) -> Result<Option<Word>, Fault> {
    let Some(at) = optional_time(row, first)? else {
        return Ok(None);
    };
    Ok(Some(Word {
        at,
        actor: row.get(first + 1)?,
        reason: row.get(first + 2)?,
    }))
}
