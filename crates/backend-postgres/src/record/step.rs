//! Records `routing` and `building`: as in `record.rs`, but with nothing else to write.

use std::collections::HashMap;

use domain::{OrderId, Timestamp};
use ports::webhooks::Outbox;
use tokio_postgres::types::Type;

use crate::db::{Connection, Param};
use crate::failure::Failure;
use crate::outbox::{Recording, Records};
use crate::rows;

use super::{Proposed, Request};

static STEP: Recording = Recording::new("-- record_steps
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
    returning order_id, seq, status, at
),
-- Webhooks go here.
begun as (
    insert into orders_begun (order_id)
    select order_id from won where status = 1
    on conflict do nothing
)
select order_id, at from won", Records::Steps, "select order_id, seq, now_ms() from won");

/// Records them; returns those that are facts now, and since when.
pub(crate) async fn insert(
    connection: &Connection,
    lease_ms: i64,
    outbox: Outbox,
    requests: &[&Request],
) -> Result<HashMap<OrderId, Timestamp>, Failure> {
    if requests.is_empty() {
        return Ok(HashMap::new());
    }
    let proposed = Proposed::of(requests);
    let mut params: Vec<Param<'_>> = vec![(&lease_ms, Type::INT8)];
    params.extend(proposed.params());
    let found = connection.query(STEP.sql(outbox), &params).await;
    let found = found.map_err(Failure::write)?;
    let won = found.iter().map(|row| {
        let at = rows::timestamp(row, "at")?;
        Ok((rows::order_id(row, "order_id")?, at))
    });
    won.collect()
}
