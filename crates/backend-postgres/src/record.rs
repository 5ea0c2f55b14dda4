//! Records events: each is inserted at the next sequence number, under the newest lease, and the
//! writer whose id is stored there has won. The same statement writes everything that belongs to
//! the winning events. Events with nothing else to write are in `step.rs`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::transaction::SignedTransaction;
use domain::{EventData, NewEvent, OrderId, Status, Timestamp};
use ports::finality::waits_in;
use ports::order_store::{Lease, Recorded};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::coalesce::{Kind, PACE};
use crate::db::{Connection, Db, Param};
use crate::failure::Failure;
use crate::rows;

mod step;

/// The write of events.
pub(crate) struct Record {
    pub(crate) db: Arc<Db>,
}

/// A proposed event and its lease.
pub(crate) struct Request {
    event: NewEvent,
    data: String,
    fence: i64,
    worker: Uuid,
    transaction: Option<SignedTransaction>,
}

impl Request {
    pub(crate) fn new(
        lease: &Lease,
        event: &NewEvent,
        transaction: Option<&SignedTransaction>,
    ) -> Result<Self, Failure> {
        if transaction.is_some_and(|transaction| transaction.blockhash.is_none()) {
            let of = event.order_id;
            return Err(Failure::unreadable("a submission", of, "it names no block"));
        }
        Ok(Self {
            data: rows::json(&event.data)?,
            event: event.clone(),
            fence: rows::big(lease.fence),
            worker: lease.worker.uuid(),
            transaction: transaction.cloned(),
        })
    }

    /// Whether the event changes nothing else: the lease stays, and there is no transaction.
    fn is_step(&self) -> bool {
        matches!(self.event.data.status(), Status::Routing | Status::Building)
    }

    fn unfinal_in(&self) -> Option<i64> {
        waits_in(&self.event.data).map(rows::big)
    }

    fn retry_delay_ms(&self) -> Option<i64> {
        match self.event.data {
            EventData::RetryScheduled { delay_ms, .. } => Some(rows::big(delay_ms)),
            _ => None,
        }
    }
}

/// Proposed events in the form that the statements take: one array for each field.
struct Proposed<'a> {
    orders: Vec<Uuid>,
    seqs: Vec<i32>,
    events: Vec<Uuid>,
    statuses: Vec<i16>,
    executions: Vec<i32>,
    data: Vec<&'a str>,
    fences: Vec<i64>,
    workers: Vec<Uuid>,
}

impl<'a> Proposed<'a> {
    fn of(requests: &[&'a Request]) -> Self {
        let events = || requests.iter().map(|request| &request.event);
        Self {
            orders: events().map(|event| event.order_id.uuid()).collect(),
            seqs: events().map(|e| rows::integer(e.seq.get())).collect(),
            events: events().map(|event| event.id.uuid()).collect(),
            statuses: events()
                .map(|event| rows::status_code(event.data.status()))
                .collect(),
            executions: events().map(|e| rows::integer(e.executions)).collect(),
            data: requests.iter().map(|r| r.data.as_str()).collect(),
            fences: requests.iter().map(|r| r.fence).collect(),
            workers: requests.iter().map(|r| r.worker).collect(),
        }
    }

    fn params(&self) -> [Param<'_>; 8] {
        [
            (&self.orders, Type::UUID_ARRAY),
            (&self.seqs, Type::INT4_ARRAY),
            (&self.events, Type::UUID_ARRAY),
            (&self.statuses, Type::INT2_ARRAY),
            (&self.executions, Type::INT4_ARRAY),
            (&self.data, Type::TEXT_ARRAY),
            (&self.fences, Type::INT8_ARRAY),
            (&self.workers, Type::UUID_ARRAY),
        ]
    }
}

#[async_trait]
impl Kind for Record {
    type Request = Request;
    type Answer = Recorded;
    type Key = OrderId;

    const PACE: Duration = PACE;

    fn keys(request: &Request) -> Vec<OrderId> {
        vec![request.event.order_id]
    }

    async fn write(
        &self,
        connection: &Connection,
        requests: &[&Request],
    ) -> Result<Vec<Recorded>, Failure> {
        // `routing` and `building` need nothing else written, and half of all events are of that
        // kind.
        let (steps, others): (Vec<_>, Vec<_>) = requests.iter().partition(|r| r.is_step());
        let (steps, others) = tokio::join!(
            biased;
            step::insert(connection, self.db.lease_ms(), &steps),
            self.insert_others(connection, &others),
        );
        let Inserted { mut won, too_late } = others?;
        won.extend(steps?);

        let losers: Vec<&Request> = requests
            .iter()
            .copied()
            .filter(|request| !won.contains_key(&request.event.order_id))
            .collect();
        let mut lost = if losers.is_empty() {
            HashMap::new()
        } else {
            explain(connection, &losers, &too_late).await?
        };
        Ok(requests
            .iter()
            .map(|request| {
                let id = request.event.order_id;
                match won.get(&id) {
                    Some(at) => Recorded::Won(request.event.clone().recorded(*at)),
                    None => lost.remove(&id).unwrap_or(Recorded::LeaseLost),
                }
            })
            .collect())
    }
}

impl Record {
    async fn insert_others(
        &self,
        connection: &Connection,
        requests: &[&Request],
    ) -> Result<Inserted, Failure> {
        if requests.is_empty() {
            return Ok(Inserted::default());
        }
        let lane = self.db.lane(connection).await.map_err(Failure::read)?;
        let inserted = insert(connection, lane, self.db.lease_ms(), requests).await;
        self.db.settle_lane(lane, &inserted);
        inserted
    }
}

/// `held` locks the rows, so that a grant to another worker comes before or after this, never
/// between. It locks them in the order of the ids, so that two batches do not wait for each other.
const RECORD: &str = "-- record_events
with clock as materialized (
    select now_ms() as now
),
proposed as materialized (
    select * from unnest($3::uuid[], $4::int4[], $5::uuid[], $6::int2[], $7::int4[], $8::text[],
                         $9::int8[], $10::uuid[], $11::int8[], $12::text[], $13::bytea[], $14::int8[],
                         $15::bytea[], $16::int8[])
        with ordinality as p(order_id, seq, event_id, status, executions, data, fence, worker,
                             delay_ms, signature, bytes, last_valid_height, blockhash, unfinal_in, place)
    where place = place + 0
),
held as materialized (
    select p.*, o.created_at, o.expires_at, prev.status as former, prev.at as former_at
    from proposed p
    cross join clock
    join workers w on w.id = p.worker and w.seen_at > clock.now - $2
    join orders o on o.id = p.order_id
    join order_events prev on prev.order_id = p.order_id and prev.seq = p.seq - 1 and prev.status <= 3
    where o.fence = p.fence and o.lease_worker = p.worker
    order by o.id
    for no key update of o
),
-- Reads the time once the row is locked, when no event can come before this one any more. If the
-- clock was set back behind the last event, the event gets the last event's time.
timed as materialized (
    select h.*, now_ms() as now from held h
),
placed as materialized (
    select t.*, greatest(t.now, t.former_at) as at,
           t.signature is not null and coalesce(t.expires_at <= greatest(t.now, t.former_at), false)
               as is_too_late
    from timed t
),
inserted as (
    insert into order_events (order_id, seq, event_id, status, executions, at, data)
    select order_id, seq, event_id, status, executions, at, data
    from placed
    where not is_too_late
    order by order_id
    on conflict (order_id, seq) do nothing
    returning order_id
),
won as materialized (
    -- Not a plain `in`, which would become a row-by-row join of two lists: this becomes a look-up.
    select p.* from placed p where (p.order_id in (select order_id from inserted)) is true
),
let_go as (
    update orders o
    set lease_worker = null,
        due_at = w.now + w.delay_ms,
        ended_at = case when w.status >= 4 then w.at end,
        end_status = case when w.status >= 4 then w.status end
    from won w
    where o.id = w.order_id and (w.status >= 4 or w.delay_ms is not null)
),
finished as (
    delete from orders_begun b
    using won w
    where b.order_id = w.order_id and (w.status = 0 or w.status >= 4)
),
died as (
    update order_attempts a
    set dead_at = w.at
    from won w
    where a.order_id = w.order_id and a.dead_at is null and w.former = 3 and w.status in (0, 5)
),
stored as (
    insert into order_attempts (order_id, attempt, signature, bytes, last_valid_height, stored_at,
                                blockhash)
    select order_id, executions, signature, bytes, last_valid_height, at, blockhash
    from won
    where signature is not null
    order by order_id
),
waits as (
    insert into unfinal (slot, order_id)
    select unfinal_in, order_id from won where unfinal_in is not null
),
moved as materialized (
    -- Open orders are counted as pending; orders_begun tells which of them are under way.
    select count_moved($1, max(now), array_agg(0::int2), array_agg(status)) as lane
    from won
    where status >= 4
    having count(*) > 0
),
ended as materialized (
    select count_ended($1, max(now), count(*),
                       array_agg(at - created_at) filter (where status = 4)) as lane
    from won
    where status >= 4
    having count(*) > 0
)
select w.order_id, w.at, false as is_too_late,
       (select lane from moved), (select lane from ended)
from won w
union all
select p.order_id, p.at, true, null, null from placed p where p.is_too_late";

/// The statement's result for the events of a batch.
#[derive(Debug, Default)]
struct Inserted {
    /// Orders whose events are facts now, and since when.
    won: HashMap<OrderId, Timestamp>,
    /// Submissions of orders whose time has run out. Some may repeat a submission that was won in
    /// time.
    too_late: HashSet<OrderId>,
}

async fn insert(
    connection: &Connection,
    lane: i64,
    lease_ms: i64,
    requests: &[&Request],
) -> Result<Inserted, Failure> {
    let transactions = || requests.iter().map(|request| request.transaction.as_ref());
    let proposed = Proposed::of(requests);
    let delays: Vec<Option<i64>> = requests.iter().map(|r| r.retry_delay_ms()).collect();
    let signatures: Vec<Option<&str>> = transactions()
        .map(|t| t.map(|t| t.signature.as_str()))
        .collect();
    let bytes: Vec<Option<&[u8]>> = transactions().map(|t| t.map(|t| &*t.bytes)).collect();
    let heights: Vec<Option<i64>> = transactions()
        .map(|t| t.map(|t| rows::big(t.last_valid_height.get())))
        .collect();
    let blockhashes: Vec<Option<&[u8]>> = transactions()
        .map(|t| t?.blockhash.as_ref().map(|hash| hash.bytes().as_slice()))
        .collect();
    let mut params: Vec<Param<'_>> = vec![(&lane, Type::INT8), (&lease_ms, Type::INT8)];
    params.extend(proposed.params());
    let unfinal: Vec<Option<i64>> = requests.iter().map(|r| r.unfinal_in()).collect();
    params.extend::<[Param<'_>; 6]>([
        (&delays, Type::INT8_ARRAY),
        (&signatures, Type::TEXT_ARRAY),
        (&bytes, Type::BYTEA_ARRAY),
        (&heights, Type::INT8_ARRAY),
        (&blockhashes, Type::BYTEA_ARRAY),
        (&unfinal, Type::INT8_ARRAY),
    ]);
    let found = connection.query(RECORD, &params).await;
    let found = found.map_err(Failure::write)?;
    let mut inserted = Inserted::default();
    for row in &found {
        let order = rows::order_id(row, "order_id")?;
        if rows::column(row, "is_too_late")? {
            inserted.too_late.insert(order);
        } else {
            let at = rows::timestamp(row, "at")?;
            inserted.won.insert(order, at);
        }
    }
    Ok(inserted)
}

const EXPLAIN: &str = "-- explain_lost_events
select p.order_id, mine.at as won_at, o.end_status
from unnest($1::uuid[], $2::int4[], $3::uuid[]) with ordinality as p(order_id, seq, event_id, place)
join orders o on o.id = p.order_id
left join order_events mine
    on mine.order_id = p.order_id and mine.seq = p.seq and mine.event_id = p.event_id
where place = place + 0";

/// Finds out why an event did not win: an earlier call of this caller whose answer was lost, a
/// withdrawal, or another worker.
async fn explain(
    connection: &Connection,
    losers: &[&Request],
    too_late: &HashSet<OrderId>,
) -> Result<HashMap<OrderId, Recorded>, Failure> {
    let proposed = Proposed::of(losers);
    // By order, sequence number and event.
    let found = connection.query(EXPLAIN, &proposed.params()[..3]).await;
    let found = found.map_err(Failure::write)?;
    let mut explained = HashMap::new();
    for row in &found {
        let id = rows::order_id(row, "order_id")?;
        if let Some(loser) = losers.iter().find(|loser| loser.event.order_id == id) {
            let answer = explained_by(row, &loser.event, too_late.contains(&id))?;
            explained.insert(id, answer);
        }
    }
    Ok(explained)
}

fn explained_by(row: &Row, event: &NewEvent, is_too_late: bool) -> Result<Recorded, Failure> {
    if let Some(at) = rows::column::<Option<i64>>(row, "won_at")? {
        let at = Timestamp::from_millis(at);
        return Ok(Recorded::Won(event.clone().recorded(at)));
    }
    let ended = rows::column::<Option<i16>>(row, "end_status")?;
    Ok(match ended.map(rows::status).transpose()? {
        Some(Status::Cancelled | Status::Expired) => Recorded::Withdrawn,
        _ if is_too_late => Recorded::Expired,
        _ => Recorded::LeaseLost,
    })
}
