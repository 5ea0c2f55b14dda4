//! What operators read: failed orders, and the audit log.

use domain::{Order, OrderId};
use ports::operations::AuditEntry;
use rusqlite::{Connection, Row, params};

use super::{columns, order};
use crate::error::Fault;

pub(crate) const DEAD: &str = "-- dead_orders
     select key from orders indexed by orders_dead
     where end_status = 5 and retried_as is null
         and key < coalesce((select key from orders where id = ?1), 9223372036854775807)
     order by key desc limit ?2";

/// Failed orders that were not retried, newest first.
pub(crate) fn dead(
    db: &Connection,
    before: Option<OrderId>,
    limit: usize,
) -> Result<Vec<Order>, Fault> {
    let snapshot = db.unchecked_transaction()?;
    let before = before.map(OrderId::uuid);
    let before = before.as_ref().map(uuid::Uuid::as_bytes);
    let mut statement = snapshot.prepare_cached(DEAD)?;
    let mut rows = statement.query(params![before, columns::limit(limit)])?;
    let mut orders = Vec::new();
    while let Some(row) = rows.next()? {
        orders.push(order::by_key(&snapshot, row.get(0)?)?);
    }
    Ok(orders)
}

/// Operators' acts, newest first.
pub(crate) fn audit(
    db: &Connection,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<AuditEntry>, Fault> {
    let before = before.and_then(|id| i64::try_from(id).ok());
    let mut statement = db.prepare_cached(
        "-- audit_log
         select id, at, actor, action, subject, detail from audit
         where id < coalesce(?1, 9223372036854775807)
         order by id desc limit ?2",
    )?;
    let mut rows = statement.query(params![before, columns::limit(limit)])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row)?);
    }
    Ok(entries)
}

fn entry(row: &Row<'_>) -> Result<AuditEntry, Fault> {
    let id: i64 = row.get(0)?;
    Ok(AuditEntry {
        id: u64::try_from(id).map_err(|_| Fault::Senseless {
            what: "the audit log",
        })?,
        at: columns::time(row, 1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        detail: row.get(5)?,
    })
}
