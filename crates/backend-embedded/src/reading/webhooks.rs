//! Which webhooks are due, and which are dead.

use domain::{Event, EventData, Order, OrderId, Seq, Timestamp};
use ports::webhooks::{
    DeadWebhook, DueWebhook, DueWebhooks, LONGEST_PAUSE, WebhookCounts, WebhookId,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::columns;
use crate::error::Fault;
use crate::status_column::status_from;

/// What is due now. A due time further ahead than the longest pause was written before the clock was set back.
pub(crate) fn due(db: &Connection, now: Timestamp, limit: usize) -> Result<DueWebhooks, Fault> {
    let mut due = DueWebhooks::default();
    let ahead = now.as_millis() + columns::millis(LONGEST_PAUSE);
    for (from, to) in [(i64::MIN, now.as_millis()), (ahead + 1, i64::MAX)] {
        let left = limit.saturating_sub(due.webhooks.len() + due.unreadable.len());
        read_due(db, (from, to), left, &mut due)?;
    }
    Ok(due)
}

fn read_due(
    db: &Connection,
    (from, to): (i64, i64),
    limit: usize,
    due: &mut DueWebhooks,
) -> Result<(), Fault> {
    let mut statement = db.prepare_cached(
        "-- due_webhooks
         select o.id, e.seq, e.at, e.executions, e.data, o.client, o.terms, o.created_at, w.refusals
         from webhooks w
         join orders o on o.key = w.order_key
         join order_events e on e.order_key = w.order_key and e.seq = w.seq
         where w.due_at between ?1 and ?2
             and not exists (select 1 from webhooks f where f.order_key = w.order_key and f.seq < w.seq)
         order by w.due_at limit ?3",
    )?;
    let mut rows = statement.query(params![from, to, columns::limit(limit)])?;
    while let Some(row) = rows.next()? {
        let id = WebhookId {
            order: columns::order_id(row, 0)?,
            seq: Seq::new(row.get(1)?),
        };
        match webhook(row, id.order) {
            Ok(webhook) => due.webhooks.push(webhook),
            Err(error) => {
                tracing::debug!(%error, "the webhook {id} cannot be read");
                due.unreadable.push(id);
            }
        }
    }
    Ok(())
}

fn webhook(row: &Row<'_>, order_id: OrderId) -> Result<DueWebhook, Fault> {
    let data = row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?;
    let terms = row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?;
    let event = Event {
        order_id,
        seq: Seq::new(row.get(1)?),
        at: columns::time(row, 2)?,
        executions: row.get(3)?,
        data: EventData::read(data, Some(terms))?,
    };
    let order = Order::from_last_event(
        columns::client(row, 5)?,
        serde_json::from_str(terms)?,
        columns::time(row, 7)?,
        event.clone(),
    );
    Ok(DueWebhook {
        order,
        event,
        refusals: row.get(8)?,
    })
}

/// How many there are.
pub(crate) fn counts(db: &Connection) -> Result<WebhookCounts, Fault> {
    let (pending, dead): (i64, i64) = db
        .prepare_cached(
            "-- count_webhooks
             select (select count(*) from webhooks), (select count(*) from dead_webhooks)",
        )?
        .query_row((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let oldest: Option<i64> = db
        .prepare_cached(
            "-- oldest_webhook
             select e.at from webhooks w
             join order_events e on e.order_key = w.order_key and e.seq = w.seq
             order by w.order_key, w.seq limit 1",
        )?
        .query_row((), |row| row.get(0))
        .optional()?;
    Ok(WebhookCounts {
        pending: u64::try_from(pending).unwrap_or(0),
        dead: u64::try_from(dead).unwrap_or(0),
        oldest_pending: oldest.map(Timestamp::from_millis),
    })
}

/// Dead ones, the newest order's first.
pub(crate) fn dead(
    db: &Connection,
    before: Option<WebhookId>,
    limit: usize,
) -> Result<Vec<DeadWebhook>, Fault> {
    let (order, seq) = before.map_or((None, 0), |id| {
        (Some(*id.order.uuid().as_bytes()), id.seq.get())
    });
    let mut statement = db.prepare_cached(
        "-- dead_webhooks
         select o.id, d.seq, e.status, e.at, d.dead_at, d.refusals, d.error
         from dead_webhooks d
         join orders o on o.key = d.order_key
         join order_events e on e.order_key = d.order_key and e.seq = d.seq
         where ?1 is null or (d.order_key, d.seq) < ((select key from orders where id = ?1), ?2)
         order by d.order_key desc, d.seq desc limit ?3",
    )?;
    let mut rows = statement.query(params![order, seq, columns::limit(limit)])?;
    let mut dead = Vec::new();
    while let Some(row) = rows.next()? {
        dead.push(DeadWebhook {
            id: WebhookId {
                order: columns::order_id(row, 0)?,
                seq: Seq::new(row.get(1)?),
            },
            status: status_from(row.get(2)?)?,
            at: columns::time(row, 3)?,
            dead_at: columns::time(row, 4)?,
            refusals: row.get(5)?,
            error: row.get(6)?,
        });
    }
    Ok(dead)
}
