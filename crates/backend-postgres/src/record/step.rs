//! Recording the events of an order that goes on, `routing` and `building`: as in `record.rs`, with nothing to be
//! written beside them.

use std::collections::HashMap;

use domain::{OrderId, Timestamp};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::Connection;
use crate::failure::Failure;
use crate::rows;

use super::Request;

const STEP: &str = "-- record_steps
with held as materialized (
    select p.*, prev.at as former_at
    from unnest($2::uuid[], $3::int4[], $4::uuid[], $5::int2[], $6::int4[], $7::text[], $8::int8[], $9::uuid[])
        with ordinality as p(order_id, seq, event_id, status, executions, data, fence, worker, place)
    join workers w on w.id = p.worker and w.seen_at > (select now_ms()) - $1
    join orders o on o.id = p.order_id
    join order_events prev on prev.order_id = p.order_id and prev.seq = p.seq - 1 and prev.status <= 3
    where place = place + 0
      and o.fence = p.fence and o.lease_worker = p.worker
    order by o.id
    for no key update of o
),
won as (
    insert into order_events (order_id, seq, event_id, status, executions, at, data)
    select order_id, seq, event_id, status, executions, greatest(now_ms(), former_at), data
    from held
    on conflict (order_id, seq) do nothing
    returning order_id, status, at
),
begun as (
    insert into orders_begun (order_id)
    select order_id from won where status = 1
    on conflict do nothing
)
select order_id, at from won";

/// Records them; returns those that are facts now, and since when.
pub(crate) async fn insert(
    connection: &Connection,
    lease_ms: i64,
    requests: &[&Request],
) -> Result<HashMap<OrderId, Timestamp>, Failure> {
    if requests.is_empty() {
        return Ok(HashMap::new());
    }
    let events = || requests.iter().map(|request| &request.event);
    let ids: Vec<Uuid> = events().map(|event| event.order_id.uuid()).collect();
    let seqs: Vec<i32> = events().map(|e| rows::integer(e.seq.get())).collect();
    let event_ids: Vec<Uuid> = events().map(|event| event.id.uuid()).collect();
    let statuses: Vec<i16> = events()
        .map(|event| rows::status_code(event.data.status()))
        .collect();
    let executions: Vec<i32> = events().map(|e| rows::integer(e.executions)).collect();
    let data: Vec<&str> = requests.iter().map(|r| r.data.as_str()).collect();
    let fences: Vec<i64> = requests.iter().map(|r| r.fence).collect();
    let workers: Vec<Uuid> = requests.iter().map(|r| r.worker).collect();
    let found = connection
        .query(
            STEP,
            &[
                (&lease_ms, Type::INT8),
                (&ids, Type::UUID_ARRAY),
                (&seqs, Type::INT4_ARRAY),
                (&event_ids, Type::UUID_ARRAY),
                (&statuses, Type::INT2_ARRAY),
                (&executions, Type::INT4_ARRAY),
                (&data, Type::TEXT_ARRAY),
                (&fences, Type::INT8_ARRAY),
                (&workers, Type::UUID_ARRAY),
            ],
        )
        .await
        .map_err(Failure::write)?;
    let won = found.iter().map(|row| {
        let at = rows::timestamp(row, "at")?;
        Ok((rows::order_id(row, "order_id")?, at))
    });
    won.collect()
}
