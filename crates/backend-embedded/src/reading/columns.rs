//! Reads columns as the domain's types; an invalid value means an unreadable store, never a
//! default.

use domain::transaction::Signature;
use domain::{ClientId, OrderId, Timestamp, WorkerId};
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

/// A moment.
pub(crate) fn time(row: &Row<'_>, index: usize) -> Result<Timestamp, Fault> {
    Ok(Timestamp::from_millis(row.get(index)?))
}

/// A moment, if there is one.
pub(crate) fn optional_time(row: &Row<'_>, index: usize) -> Result<Option<Timestamp>, Fault> {
    let millis: Option<i64> = row.get(index)?;
    Ok(millis.map(Timestamp::from_millis))
}
