//! The events of lately accepted orders.

use domain::{OrderId, Seq, Timestamp};
use ports::order_history::{Recent, RecentPage};
use rusqlite::{Connection, params};

use super::{columns, list, order};
use crate::error::Fault;

pub(crate) const RECENT: &str = "-- recent_orders
     select id, key, created_at from orders where key < ?1 order by key desc limit ?2";

/// A page of them. Keys grow with acceptance, so that the first order that is too old ends the reading.
pub(crate) fn recent(db: &Connection, page: RecentPage, since: Timestamp) -> Result<Recent, Fault> {
    let snapshot = db.unchecked_transaction()?;
    let before = match page.before {
        Some(order) => list::key_bound(&snapshot, order)?,
        None => i64::MAX,
    };
    let mut statement = snapshot.prepare_cached(RECENT)?;
    let mut rows = statement.query(params![before, columns::limit(page.limit)])?;
    let mut ids: Vec<OrderId> = Vec::new();
    while let Some(row) = rows.next()? {
        if columns::time(row, 2)? < since {
            break;
        }
        ids.push(columns::order_id(row, 0)?);
    }
    let mut recent = Recent {
        next: ids.last().copied().filter(|_| ids.len() == page.limit),
        ..Recent::default()
    };
    for id in ids {
        if let Err(error) = order::events_into(&snapshot, id, Seq::FIRST, &mut recent.events) {
            tracing::debug!(?error, "an event cannot be read and is left out");
        }
    }
    Ok(recent)
}
