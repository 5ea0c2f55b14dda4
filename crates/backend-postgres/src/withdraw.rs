//! Ends orders that have not been submitted: an event at the next sequence number, without a lease.
//! The unique index on the sequence number decides between it and an event of the worker.

use domain::{ClientId, Event, EventData, EventId, OrderId, Seq};
use ports::order_store::{Withdrawal, Withdrawn};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::Db;
use crate::failure::Failure;
use crate::outbox::{Recording, Records};
use crate::rows;

static WITHDRAW: Recording = Recording::new(
    "-- withdraw_order
with clock as materialized (
    select now_ms() as now
),
target as materialized (
    -- If the clock was set back behind the last event, the event gets the last event's time.
    select o.id, o.client, last.seq, last.status as former, last.executions,
           greatest(clock.now, last.at) as at, clock.now
    from orders o
    cross join clock
    cross join lateral (
        select * from order_events e where e.order_id = o.id order by e.seq desc limit 1
    ) as last
    where o.id = $2
      and ($3::text is null or o.client = $3)
      and last.status <= 2
      and ($6::int2 <> 7 or o.expires_at <= greatest(clock.now, last.at))
    for no key update of o
),
inserted as (
    insert into order_events (order_id, seq, event_id, status, executions, at, data)
    select id, seq + 1, $4, $6, executions, at, $5
    from target
    on conflict (order_id, seq) do nothing
    returning order_id
),
won as materialized (
    select t.* from target t where t.id in (select order_id from inserted)
),
-- Webhooks go here.
let_go as (
    update orders o
    set lease_worker = null, due_at = null, ended_at = w.at, end_status = $6
    from won w
    where o.id = w.id
),
finished as (
    delete from orders_begun b using won w where b.order_id = w.id and w.former > 0
),
moved as materialized (
    select count_moved($1, now, '{0}', array[$6]) as lane from won
),
ended as materialized (
    select count_ended($1, now, 1, '{}') as lane from won
)
select w.client, w.seq + 1 as seq, w.executions, w.at,
       (select lane from moved), (select lane from ended)
from won w",
    Records::Ends,
    "select id, seq + 1, now_ms() from won",
);

const EXPLAIN: &str = "-- explain_withdrawal
select o.client, o.expires_at <= greatest(now_ms(), last.at) as has_expired, last.event_id, last.status,
       last.seq, last.executions, last.at
from orders o
cross join lateral (
    select * from order_events e where e.order_id = o.id order by e.seq desc limit 1
) as last
where o.id = $1 and ($2::text is null or o.client = $2)";

/// A worker records at most four events between two of our looks, and then it is too late.
const TRIES: u32 = 16;

/// A requested withdrawal.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) order: OrderId,
    pub(crate) client: Option<&'a ClientId>,
    pub(crate) event: EventId,
    pub(crate) withdrawal: Withdrawal,
    pub(crate) reason: &'a str,
}

impl Request<'_> {
    fn data(&self) -> EventData {
        let reason = self.reason.to_owned();
        match self.withdrawal {
            Withdrawal::Cancelled => EventData::Cancelled { reason },
            Withdrawal::Expired => EventData::Expired { reason },
        }
    }
}

/// Ends an order, or returns why not.
pub(crate) async fn withdraw(db: &Db, request: &Request<'_>) -> Result<Withdrawn, Failure> {
    for _ in 0..TRIES {
        if let Some(won) = insert(db, request).await? {
            return Ok(won);
        }
        if let Some(answer) = explain(db, request).await? {
            return Ok(answer);
        }
        // The worker recorded something between the two looks, and the order may still be
        // withdrawn.
    }
    Err(Failure::unreadable(
        "the last event",
        request.order,
        "it changes faster than an order can",
    ))
}

async fn insert(db: &Db, request: &Request<'_>) -> Result<Option<Withdrawn>, Failure> {
    let lane = db.single_lane().await?;
    let data = request.data();
    let text = rows::json(&data)?;
    let status = rows::status_code(data.status());
    let (order, event) = (request.order.uuid(), request.event.uuid());
    let client = request.client.map(ClientId::as_str);
    let found = db
        .write(
            WITHDRAW.sql(db.outbox()),
            &[
                (&lane, Type::INT8),
                (&order, Type::UUID),
                (&client, Type::TEXT),
                (&event, Type::UUID),
                (&text, Type::TEXT),
                (&status, Type::INT2),
            ],
        )
        .await;
    db.settle_lane(lane, &found);
    match found?.first() {
        None => Ok(None),
        Some(row) => won(row, request).map(Some),
    }
}

fn won(row: &tokio_postgres::Row, request: &Request<'_>) -> Result<Withdrawn, Failure> {
    Ok(Withdrawn::Won {
        event: Event {
            order_id: request.order,
            seq: Seq::new(rows::small_number(row, "seq")?),
            at: rows::timestamp(row, "at")?,
            executions: rows::small_number(row, "executions")?,
            data: request.data(),
        },
        client: rows::client(row)?,
    })
}

async fn explain(db: &Db, request: &Request<'_>) -> Result<Option<Withdrawn>, Failure> {
    let order = request.order.uuid();
    let client = request.client.map(ClientId::as_str);
    let found = db
        .read(EXPLAIN, &[(&order, Type::UUID), (&client, Type::TEXT)])
        .await?;
    let Some(row) = found.first() else {
        return Ok(Some(Withdrawn::Unknown));
    };
    // An earlier call of this caller, whose answer was lost, has withdrawn it.
    if rows::column::<Uuid>(row, "event_id")? == request.event.uuid() {
        return won(row, request).map(Some);
    }
    let status = rows::status(rows::column(row, "status")?)?;
    let has_expired = rows::column::<Option<bool>>(row, "has_expired")?.unwrap_or(false);
    let in_time = request.withdrawal == Withdrawal::Cancelled || has_expired;
    if status.is_withdrawable() && in_time {
        return Ok(None);
    }
    Ok(Some(Withdrawn::TooLate { status }))
}
