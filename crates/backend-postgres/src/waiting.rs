//! Orders that wait for a condition. What moves them into their table and out of it is in the schema, in triggers and
//! functions (migrations 18 and 19).

use domain::waiting::{Highs, Misses};
use domain::{ClientId, Event, OrderId, Terms, Timestamp};
use ports::order_store::DueOrder;
use ports::waiting::{
    Changed, NewFiring, News, Pair, StoredHighs, Touched, WaitingOrder, WaitingPage,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::{Db, Param};
use crate::failure::Failure;
use crate::history;
use crate::rows;

/// The walk jumps from one pair to the next in the index, however many orders each has.
const PAIRS: &str = "-- list_waiting_pairs
with recursive pairs as (
    (select w.token_in, w.token_out, 1 as place from waiting_orders w
     where (w.token_in, w.token_out) > ($1, $2)
     order by w.token_in, w.token_out limit 1)
    union all
    select n.token_in, n.token_out, p.place + 1
    from pairs p
    cross join lateral (
        select w.token_in, w.token_out from waiting_orders w
        where (w.token_in, w.token_out) > (p.token_in, p.token_out)
        order by w.token_in, w.token_out limit 1
    ) as n
    where p.place < $3
)
select token_in, token_out from pairs order by token_in, token_out";

/// The pairs of which orders wait.
pub(crate) async fn pairs(
    db: &Db,
    after: Option<&Pair>,
    limit: usize,
) -> Result<Vec<Pair>, Failure> {
    let (sold, bought) = after.map_or(("", ""), |pair| (&*pair.sold, &*pair.bought));
    let limit = rows::integer(u32::try_from(limit).unwrap_or(u32::MAX));
    let params: [Param<'_>; 3] = [
        (&sold, Type::TEXT),
        (&bought, Type::TEXT),
        (&limit, Type::INT4),
    ];
    let found = db.read(PAIRS, &params).await?;
    let pair = |row| {
        Ok(Pair {
            sold: rows::column(row, "token_in")?,
            bought: rows::column(row, "token_out")?,
        })
    };
    found.iter().map(pair).collect()
}

const OF_PAIR: &str = "-- list_waiting_of_pair
select w.order_id, o.id is not null as is_known, o.client, o.terms, o.created_at, w.revision, w.misses,
       w.rests_until > now_ms() as is_resting
from (select * from waiting_orders w
      where w.token_in = $1 and w.token_out = $2 and w.order_id > $3
      order by w.order_id
      limit $4) as w
left join orders o on o.id = w.order_id and o.schema_version <= $5
order by w.order_id";

/// A page of a pair's waiting orders.
pub(crate) async fn of_pair(
    db: &Db,
    pair: &Pair,
    after: Option<OrderId>,
    limit: usize,
) -> Result<WaitingPage, Failure> {
    let (sold, bought) = (&*pair.sold, &*pair.bought);
    let after = after.map_or(Uuid::nil(), OrderId::uuid);
    let (rows_max, version) = (rows::limit(limit), rows::schema_version());
    let params: [Param<'_>; 5] = [
        (&sold, Type::TEXT),
        (&bought, Type::TEXT),
        (&after, Type::UUID),
        (&rows_max, Type::INT8),
        (&version, Type::INT2),
    ];
    let found = db.read(OF_PAIR, &params).await?;
    let mut page = WaitingPage::default();
    for row in &found {
        match known(row)? {
            Some(order) => page.orders.push(order),
            None => page.unreadable.push(rows::order_id(row, "order_id")?),
        }
    }
    if let Some(last) = found.last().filter(|_| found.len() == limit) {
        page.next = Some(rows::order_id(last, "order_id")?);
    }
    Ok(page)
}

/// The order of a row, unless it cannot be read or a newer version has written it.
fn known(row: &Row) -> Result<Option<WaitingOrder>, Failure> {
    let is_known: bool = rows::column(row, "is_known")?;
    Ok(match is_known {
        true => waiting_order(row).ok(),
        false => None,
    })
}

/// One row without an order where nothing was touched, which tells the time.
const TOUCHED: &str = "-- list_touched_orders
select clock.at, w.order_id, o.id is not null as is_known, o.client, o.terms, o.created_at, w.touched_at, w.revision,
       w.misses, w.rests_until > clock.at as is_resting
from (select now_ms() as at) as clock
left join lateral (
    select * from waiting_orders w
    where (w.touched_at, w.order_id) > ($1, $2)
    order by w.touched_at, w.order_id
    limit $3
) as w on true
left join orders o on o.id = w.order_id and o.schema_version <= $4
order by w.touched_at, w.order_id";

/// Orders that began to wait or were changed from this time on, after this one.
pub(crate) async fn touched(
    db: &Db,
    from: Timestamp,
    after: Option<(Timestamp, OrderId)>,
    limit: usize,
) -> Result<News, Failure> {
    let (time, id) = after.map_or((from.as_millis() - 1, Uuid::max()), |(at, order)| {
        (at.as_millis(), order.uuid())
    });
    let (rows_max, version) = (rows::limit(limit), rows::schema_version());
    let params: [Param<'_>; 4] = [
        (&time, Type::INT8),
        (&id, Type::UUID),
        (&rows_max, Type::INT8),
        (&version, Type::INT2),
    ];
    let found = db.read(TOUCHED, &params).await?;
    let mut news = News {
        at: time_of(&found)?,
        touched: Vec::new(),
        next: None,
    };
    for row in &found {
        if let Some(order) = known(row)? {
            let at = rows::timestamp(row, "touched_at")?;
            news.touched.push(Touched { at, order });
        }
    }
    let is_order = |row: &&Row| !matches!(row.try_get("order_id"), Ok(None::<Uuid>));
    let last = found.last().filter(|_| found.len() == limit);
    if let Some(last) = last.filter(is_order) {
        let at = rows::timestamp(last, "touched_at")?;
        news.next = Some((at, rows::order_id(last, "order_id")?));
    }
    Ok(news)
}

fn time_of(rows: &[Row]) -> Result<Timestamp, Failure> {
    let clock = rows.first().map(|row| rows::timestamp(row, "at"));
    clock.unwrap_or_else(|| Err(Failure::unreadable("the clock", "the store", "no row")))
}

const HIGHS: &str = "-- read_pair_highs
select clock.at, h.version, h.highs
from (select now_ms() as at) as clock
left join pair_highs h on h.token_in = $1 and h.token_out = $2";

/// A pair's highest spots.
pub(crate) async fn highs(db: &Db, pair: &Pair) -> Result<StoredHighs, Failure> {
    let (sold, bought) = (&*pair.sold, &*pair.bought);
    let found = db
        .read(HIGHS, &[(&sold, Type::TEXT), (&bought, Type::TEXT)])
        .await?;
    let stored = |row: &Row| -> Result<Option<(u32, Highs)>, Failure> {
        let Some(text) = rows::column::<Option<&str>>(row, "highs")? else {
            return Ok(None);
        };
        let highs = serde_json::from_str(text)
            .map_err(|error| Failure::unreadable("the highs of", &*pair.sold, error))?;
        Ok(Some((rows::number(row, "version")?, highs)))
    };
    let row = found.first().map(stored).transpose()?.flatten();
    let (version, highs) = row.unwrap_or_default();
    Ok(StoredHighs {
        at: time_of(&found)?,
        version,
        highs,
    })
}

const STORE_HIGHS: &str = "-- store_pair_highs
insert into pair_highs as h (token_in, token_out, version, highs)
select $1, $2, $3 + 1, $4
where $3 = 0 or exists (select from pair_highs where token_in = $1 and token_out = $2)
on conflict (token_in, token_out) do update set version = excluded.version, highs = excluded.highs
where h.version = $3
returning version";

/// Stores a pair's highest spots in place of those of this version.
pub(crate) async fn store_highs(
    db: &Db,
    pair: &Pair,
    version: u32,
    highs: &Highs,
) -> Result<bool, Failure> {
    let (sold, bought) = (&*pair.sold, &*pair.bought);
    let (version, text) = (rows::big(version.into()), rows::json(highs)?);
    let params: [Param<'_>; 4] = [
        (&sold, Type::TEXT),
        (&bought, Type::TEXT),
        (&version, Type::INT8),
        (&text, Type::TEXT),
    ];
    Ok(!db.write(STORE_HIGHS, &params).await?.is_empty())
}

const AMONG: &str = "-- list_waiting_among
select o.id as order_id, o.client, o.terms, o.created_at, w.revision, w.misses, w.rests_until > now_ms() as is_resting
from unnest($1::uuid[]) with ordinality as named(id, place)
join waiting_orders w on w.order_id = named.id
join orders o on o.id = w.order_id
where place = place + 0 and o.schema_version <= $2";

/// Those of these orders that wait.
pub(crate) async fn among(db: &Db, orders: &[OrderId]) -> Result<Vec<WaitingOrder>, Failure> {
    let ids: Vec<Uuid> = orders.iter().map(|order| order.uuid()).collect();
    let version = rows::schema_version();
    let found = db
        .read(AMONG, &[(&ids, Type::UUID_ARRAY), (&version, Type::INT2)])
        .await?;
    let readable = found.iter().filter_map(|row| waiting_order(row).ok());
    Ok(readable.collect())
}

fn waiting_order(row: &Row) -> Result<WaitingOrder, Failure> {
    let id = rows::order_id(row, "order_id")?;
    let terms: &str = rows::column(row, "terms")?;
    let unreadable = |error| Failure::unreadable("a waiting order", id, error);
    let misses = rows::column::<Option<&str>>(row, "misses")?
        .map(serde_json::from_str::<Misses>)
        .transpose();
    Ok(WaitingOrder {
        id,
        client: rows::client(row)?,
        terms: serde_json::from_str::<Terms>(terms).map_err(unreadable)?,
        accepted_at: rows::timestamp(row, "created_at")?,
        revision: rows::small_number(row, "revision")?,
        is_resting: rows::column(row, "is_resting")?,
        misses: misses.map_err(unreadable)?.unwrap_or_default(),
    })
}

/// In one order, so that two who fire the same do not take turns at finding each other's.
const FIRE: &str = "-- fire_waiting_orders
select f.id, f.client, f.due_at, 0::int2 as last_status, true as has_fired
from (select * from unnest($1::uuid[], $2::int4[], $3::text[]) as g(id, revision, firing) order by g.id) as g
cross join lateral fire_waiting(g.id, g.revision, g.firing) as f";

/// Fires those of these orders that still wait as they were looked at.
pub(crate) async fn fire(db: &Db, firings: &[NewFiring]) -> Result<Vec<DueOrder>, Failure> {
    let ids: Vec<Uuid> = firings.iter().map(|it| it.order.uuid()).collect();
    let revisions: Vec<i32> = firings
        .iter()
        .map(|it| rows::integer(it.revision))
        .collect();
    let seen: Result<Vec<String>, Failure> =
        firings.iter().map(|it| rows::json(&it.firing)).collect();
    let seen = seen?;
    let params: [Param<'_>; 3] = [
        (&ids, Type::UUID_ARRAY),
        (&revisions, Type::INT4_ARRAY),
        (&seen, Type::TEXT_ARRAY),
    ];
    let fired = db.write(FIRE, &params).await?;
    fired.iter().map(rows::due_order).collect()
}

/// How often one has missed before anything was sent begins anew as well.
const END_RESTS: &str = "-- end_rests_of_waiting_orders
update waiting_orders w
set rests_until = 0, misses = (w.misses::jsonb || '{\"routed\":0}')::text
where w.order_id = any($1) and w.misses is not null";

/// The price of these orders was seen not to hold.
pub(crate) async fn end_rests(db: &Db, orders: &[OrderId]) -> Result<(), Failure> {
    let ids: Vec<Uuid> = orders.iter().map(|order| order.uuid()).collect();
    db.write(END_RESTS, &[(&ids, Type::UUID_ARRAY)]).await?;
    Ok(())
}

const CHANGE: &str = "-- change_waiting_order
select change_waiting($1, $2, $3, $4, $5) as changed";

/// Gives a waiting order other terms.
pub(crate) async fn change(
    db: &Db,
    order: OrderId,
    client: Option<&ClientId>,
    revision: u32,
    terms: &Terms,
) -> Result<Changed, Failure> {
    let id = order.uuid();
    let owner = client.map(ClientId::as_str);
    let revision = rows::integer(revision);
    let text = rows::json(terms)?;
    let valid_for = rows::valid_for_ms(terms);
    let params: [Param<'_>; 5] = [
        (&id, Type::UUID),
        (&owner, Type::TEXT),
        (&revision, Type::INT4),
        (&text, Type::TEXT),
        (&valid_for, Type::INT8),
    ];
    let answer = db.write(CHANGE, &params).await?;
    let answer = answer
        .first()
        .map(|row| rows::column::<&str>(row, "changed"));
    match answer.transpose()? {
        Some("done") => Ok(Changed::Done),
        Some("stale") => Ok(Changed::Stale),
        Some("late") => {
            let found = history::order(db, order, client).await;
            let found = found.map_err(Failure::after_a_write)?;
            Ok(found.map_or(Changed::Unknown, |order| Changed::TooLate {
                status: order.status(),
            }))
        }
        _ => Ok(Changed::Unknown),
    }
}

/// Which orders ended so is said by the reason of their last event, which nothing else gives.
const ENDED_BY: &str = "-- list_orders_ended_by
select o.id as order_id, o.client, o.terms, last.seq, last.executions, last.at, last.data
from orders confirmed
join oco_groups g on g.client = confirmed.client and g.name = confirmed.oco_group and g.confirmed = confirmed.id
join orders o on o.client = g.client and o.oco_group = g.name and o.end_status = 6
cross join lateral (
    select * from order_events e where e.order_id = o.id order by e.seq desc limit 1
) as last
where confirmed.id = $1 and last.data = '{\"type\":\"cancelled\",\"reason\":\"oco\"}'
order by o.id";

/// The orders that ended with the confirmation of this one.
pub(crate) async fn ended_by(
    db: &Db,
    confirmed: OrderId,
) -> Result<Vec<(Event, ClientId)>, Failure> {
    let id = confirmed.uuid();
    let found = db.read(ENDED_BY, &[(&id, Type::UUID)]).await?;
    found
        .iter()
        .map(|row| Ok((rows::event(row)?, rows::client(row)?)))
        .collect()
}
