//! Ends many orders whose time has run out, in one statement: thousands may expire in the same
//! second.

use std::collections::HashMap;

use domain::{Event, EventData, OrderId, Seq};
use ports::order_store::{Expired, Expiry};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::Db;
use crate::failure::Failure;
use crate::outbox::{Recording, Records};
use crate::rows;

/// Like the withdrawal of one order. A row that another transaction is writing is skipped: the next
/// round meets it again, and a transaction that hangs keeps no other order from ending.
static EXPIRE: Recording = Recording::new(
    "-- expire_orders
with clock as materialized (
    select now_ms() as now
),
proposed as materialized (
    select * from unnest($2::uuid[], $3::uuid[]) with ordinality as p(order_id, event_id, place)
    where place = place + 0
),
target as materialized (
    select o.id, o.client, p.event_id, last.seq, last.status as former,
           last.executions, greatest(clock.now, last.at) as at
    from proposed p
    cross join clock
    join orders o on o.id = p.order_id
    cross join lateral (
        select * from order_events e where e.order_id = o.id order by e.seq desc limit 1
    ) as last
    where o.expires_at <= clock.now and last.status <= 2
    order by o.id
    for no key update of o skip locked
),
inserted as (
    insert into order_events (order_id, seq, event_id, status, executions, at, data)
    select id, seq + 1, event_id, $4, executions, at, $5
    from target
    order by id
    on conflict (order_id, seq) do nothing
    returning order_id
),
won as materialized (
    -- Not a plain `in`, which would become a row-by-row join of two lists: this becomes a look-up.
    select t.* from target t where (t.id in (select order_id from inserted)) is true
),
-- Webhooks go here.
let_go as (
    update orders o
    set lease_worker = null, due_at = null, ended_at = w.at, end_status = $4
    from won w
    where o.id = w.id
),
finished as (
    delete from orders_begun b using won w where b.order_id = w.id and w.former > 0
),
moved as materialized (
    select count_moved($1, max(at), array_agg(0::int2), array_agg($4)) as lane
    from won
    having count(*) > 0
),
ended as materialized (
    select count_ended($1, max(at), count(*), '{}') as lane
    from won
    having count(*) > 0
)
select w.id as order_id, w.client, w.seq + 1 as seq, w.executions, w.at,
       (select lane from moved), (select lane from ended)
from won w",
    Records::Ends,
    "select id, seq + 1, now_ms() from won",
);

/// The orders that an earlier call of this caller ended, whose answer was lost.
const EXPIRED_BEFORE: &str = "-- read_earlier_expiries
select o.id as order_id, o.client, e.seq, e.executions, e.at
from unnest($1::uuid[], $2::uuid[]) with ordinality as p(order_id, event_id, place)
join orders o on o.id = p.order_id
cross join lateral (
    select * from order_events e where e.order_id = o.id order by e.seq desc limit 1
) as e
where place = place + 0 and e.event_id = p.event_id";

/// Ends those of these orders whose time has run out.
pub(crate) async fn expire(
    db: &Db,
    expiries: &[Expiry],
    reason: &str,
) -> Result<Vec<Expired>, Failure> {
    let data = EventData::Expired {
        reason: reason.to_owned(),
    };
    let mut ended = insert(db, expiries, &data).await?;
    let others: Vec<Expiry> = expiries
        .iter()
        .filter(|expiry| !ended.contains_key(&expiry.order))
        .copied()
        .collect();
    if !others.is_empty() {
        let before = ended_before(db, &others, &data).await;
        ended.extend(before.map_err(Failure::after_a_write)?);
    }
    // In the order in which the caller named them.
    let named = expiries.iter().map(|expiry| expiry.order);
    Ok(named.filter_map(|order| ended.remove(&order)).collect())
}

async fn insert(
    db: &Db,
    expiries: &[Expiry],
    data: &EventData,
) -> Result<HashMap<OrderId, Expired>, Failure> {
    let (orders, events) = columns(expiries);
    let status = rows::status_code(data.status());
    let text = rows::json(data)?;
    let lane = db.single_lane().await?;
    let found = db
        .write(
            EXPIRE.sql(db.outbox()),
            &[
                (&lane, Type::INT8),
                (&orders, Type::UUID_ARRAY),
                (&events, Type::UUID_ARRAY),
                (&status, Type::INT2),
                (&text, Type::TEXT),
            ],
        )
        .await;
    db.settle_lane(lane, &found);
    found?.iter().map(|row| expired(row, data)).collect()
}

async fn ended_before(
    db: &Db,
    expiries: &[Expiry],
    data: &EventData,
) -> Result<HashMap<OrderId, Expired>, Failure> {
    let (orders, events) = columns(expiries);
    let found = db
        .read(
            EXPIRED_BEFORE,
            &[(&orders, Type::UUID_ARRAY), (&events, Type::UUID_ARRAY)],
        )
        .await?;
    found.iter().map(|row| expired(row, data)).collect()
}

fn columns(expiries: &[Expiry]) -> (Vec<Uuid>, Vec<Uuid>) {
    expiries
        .iter()
        .map(|expiry| (expiry.order.uuid(), expiry.event.uuid()))
        .unzip()
}

fn expired(row: &Row, data: &EventData) -> Result<(OrderId, Expired), Failure> {
    let order_id = rows::order_id(row, "order_id")?;
    let event = Event {
        order_id,
        seq: Seq::new(rows::small_number(row, "seq")?),
        at: rows::timestamp(row, "at")?,
        executions: rows::small_number(row, "executions")?,
        data: data.clone(),
    };
    let client = rows::client(row)?;
    Ok((order_id, Expired { event, client }))
}
