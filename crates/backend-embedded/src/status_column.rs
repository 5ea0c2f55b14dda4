//! Statuses as the tables hold them.

use domain::Status;

use crate::error::Fault;

/// A status as its column holds it.
pub(crate) fn status_code(status: Status) -> i64 {
    i64::try_from(status.index()).expect("invariant: there are eight statuses")
}

/// A status read from its column.
pub(crate) fn status_from(code: i64) -> Result<Status, Fault> {
    let index = usize::try_from(code).ok();
    let status = index.and_then(|index| Status::ALL.get(index));
    status.copied().ok_or(Fault::Senseless { what: "a status" })
}
