//! Orders that wait for a condition.

use domain::waiting::{Highs, Misses};
use domain::{ClientId, Event, EventData, OrderId, Seq, Timestamp};
use ports::waiting::{News, Pair, StoredHighs, Touched, WaitingOrder, WaitingPage};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns;
use crate::error::Fault;

/// The pairs of which orders wait, after this one. It walks from one to the next in the index.
pub(crate) fn pairs(
    db: &Connection,
    after: Option<&Pair>,
    limit: usize,
) -> Result<Vec<Pair>, Fault> {
    let mut statement = db.prepare_cached(
        "-- next_waiting_pair
         select token_in, token_out from waiting_orders
         where (token_in, token_out) > (?1, ?2)
         order by token_in, token_out limit 1",
    )?;
    let mut last = after.cloned();
    let mut pairs = Vec::new();
    while pairs.len() < limit {
        let (sold, bought) = last
            .as_ref()
            .map_or(("", ""), |pair| (&*pair.sold, &*pair.bought));
        let next = statement.query_row([sold, bought], |row| {
            Ok(Pair {
                sold: row.get(0)?,
                bought: row.get(1)?,
            })
        });
        let Some(next) = next.optional()? else {
            break;
        };
        last = Some(next.clone());
        pairs.push(next);
    }
    Ok(pairs)
}

/// A page of a pair's waiting orders, in the order of their keys.
pub(crate) fn of_pair(
    db: &Connection,
    pair: &Pair,
    after: Option<OrderId>,
    limit: usize,
    now: Timestamp,
) -> Result<WaitingPage, Fault> {
    let after = after.map(|order| order.uuid().into_bytes());
    let mut statement = db.prepare_cached(
        "-- waiting_orders_of_pair
         select o.id, o.client, o.terms, w.revision, w.misses, w.rests_until > ?5, o.created_at
         from waiting_orders w join orders o on o.key = w.order_key
         where w.token_in = ?1 and w.token_out = ?2
             and w.order_key > coalesce((select key from orders where id = ?3), 0)
         order by w.order_key limit ?4",
    )?;
    let mut rows = statement.query(params![
        pair.sold,
        pair.bought,
        after,
        columns::limit(limit),
        now.as_millis()
    ])?;
    let (mut page, mut count) = (WaitingPage::default(), 0);
    while let Some(row) = rows.next()? {
        let id = columns::order_id(row, 0)?;
        match waiting_order(row) {
            Ok(order) => page.orders.push(order),
            Err(_) => page.unreadable.push(id),
        }
        count += 1;
        page.next = (count == limit).then_some(id);
    }
    Ok(page)
}

/// Orders that began to wait or were changed from this time on, after this one.
pub(crate) fn touched(
    db: &Connection,
    from: Timestamp,
    after: Option<(Timestamp, OrderId)>,
    limit: usize,
    now: Timestamp,
) -> Result<News, Fault> {
    let last = after.map(|(_, order)| order.uuid().into_bytes());
    let time = after.map_or(from, |(at, _)| at);
    let mut statement = db.prepare_cached(
        "-- touched_orders
         select o.id, o.client, o.terms, w.revision, w.misses, w.rests_until > ?4, o.created_at, w.touched_at
         from waiting_orders w join orders o on o.key = w.order_key
         where (w.touched_at, w.order_key) > (?1, coalesce((select key from orders where id = ?2), 0))
         order by w.touched_at, w.order_key limit ?3",
    )?;
    let rows_max = columns::limit(limit);
    let mut rows = statement.query(params![time.as_millis(), last, rows_max, now.as_millis()])?;
    let mut news = News {
        at: now,
        touched: Vec::new(),
        next: None,
    };
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let (at, id) = (columns::time(row, 7)?, columns::order_id(row, 0)?);
        let readable = waiting_order(row).ok();
        news.touched
            .extend(readable.map(|order| Touched { at, order }));
        count += 1;
        news.next = (count == limit).then_some((at, id));
    }
    Ok(news)
}

/// A pair's highest spots.
pub(crate) fn highs(db: &Connection, pair: &Pair, now: Timestamp) -> Result<StoredHighs, Fault> {
    let mut statement = db.prepare_cached(
        "-- pair_highs
         select version, highs from pair_highs where token_in = ?1 and token_out = ?2",
    )?;
    let found = statement.query_row([&pair.sold, &pair.bought], |row| {
        Ok((row.get(0)?, row.get::<_, String>(1)?))
    });
    let (version, highs) = match found.optional()? {
        Some((version, text)) => (version, serde_json::from_str(&text)?),
        None => (0, Highs::default()),
    };
    Ok(StoredHighs {
        at: now,
        version,
        highs,
    })
}

/// Those of these orders that wait.
pub(crate) fn among(
    db: &Connection,
    orders: &[OrderId],
    now: Timestamp,
) -> Result<Vec<WaitingOrder>, Fault> {
    let snapshot = db.unchecked_transaction()?;
    let mut statement = snapshot.prepare_cached(
        "-- waiting_order
         select o.id, o.client, o.terms, w.revision, w.misses, w.rests_until > ?2, o.created_at
         from orders o join waiting_orders w on w.order_key = o.key
         where o.id = ?1",
    )?;
    let mut found = Vec::new();
    for order in orders {
        let row = statement.query_row(params![order.uuid().as_bytes(), now.as_millis()], |row| {
            Ok(waiting_order(row))
        });
        found.extend(row.optional()?.and_then(Result::ok));
    }
    Ok(found)
}

fn waiting_order(row: &Row<'_>) -> Result<WaitingOrder, Fault> {
    let text = |index| row.get_ref(index)?.as_str().map_err(rusqlite::Error::from);
    let misses: Option<String> = row.get(4)?;
    let misses = misses.as_deref().map(serde_json::from_str::<Misses>);
    Ok(WaitingOrder {
        id: columns::order_id(row, 0)?,
        client: columns::client(row, 1)?,
        terms: serde_json::from_str(text(2)?)?,
        accepted_at: columns::time(row, 6)?,
        revision: row.get(3)?,
        is_resting: row.get(5)?,
        misses: misses.transpose()?.unwrap_or_default(),
    })
}

/// The orders that ended with the confirmation of this one: which they are is said by the reason of their last event.
pub(crate) fn ended_by(
    db: &Connection,
    confirmed: OrderId,
) -> Result<Vec<(Event, ClientId)>, Fault> {
    let mut statement = db.prepare_cached(
        "-- orders_ended_by
         select o.id, o.client, e.seq, e.at, e.executions, e.data
         from orders c
         join oco_groups g on g.client = c.client and g.name = c.oco_group and g.confirmed = c.key
         join orders o on o.client = g.client and o.oco_group = g.name and o.end_status = 6
         join order_events e on e.order_key = o.key
         where c.id = ?1 and e.data = '{\"type\":\"cancelled\",\"reason\":\"oco\"}'
         order by o.key",
    )?;
    let mut rows = statement.query([confirmed.uuid().as_bytes()])?;
    let mut ended = Vec::new();
    while let Some(row) = rows.next()? {
        let data = row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?;
        let event = Event {
            order_id: columns::order_id(row, 0)?,
            seq: Seq::new(row.get(2)?),
            at: columns::time(row, 3)?,
            executions: row.get(4)?,
            data: EventData::read(data, None)?,
        };
        ended.push((event, columns::client(row, 1)?));
    }
    Ok(ended)
}
