//! Records events: each is inserted at the next sequence number, under the newest lease, and the
//! writer whose id is stored there has won. The same statement writes everything that belongs to
//! the winning events. Events with nothing else to write are in `step.rs`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::spending::NoRoom;
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
use crate::outbox::Recording;
use crate::rows;

mod spending;
mod statement;
mod step;

use spending::{Counting, Known};
use statement::{RECORD, RECORD_OUTLAYS};

/// The write of events.
pub(crate) struct Record {
    db: Arc<Db>,
    known: Known,
}

impl Record {
    pub(crate) fn new(db: Arc<Db>) -> Self {
        Self {
            db,
            known: Known::default(),
        }
    }
}

/// A proposed event and its lease.
pub(crate) struct Request {
    event: NewEvent,
    data: String,
    fence: i64,
    worker: Uuid,
    transaction: Option<SignedTransaction>,
    /// What of wallets is counted with it.
    counting: Option<Counting>,
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
            counting: Counting::of(lease, event, transaction)?,
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
        let (counting, others): (Vec<_>, Vec<_>) = others
            .into_iter()
            .partition(|r: &&Request| r.counting.is_some());
        let (steps, others, counted) = tokio::join!(
            biased;
            step::insert(connection, self.db.lease_ms(), self.db.outbox(), &steps),
            self.insert_others(connection, &RECORD, &others),
            self.insert_counting(connection, counting),
        );
        let Inserted {
            mut won,
            mut too_late,
            ..
        } = others?;
        won.extend(steps?);
        let counted = counted?;
        won.extend(counted.won);
        too_late.extend(counted.too_late);

        let losers: Vec<&Request> = requests
            .iter()
            .copied()
            .filter(|request| !won.contains_key(&request.event.order_id))
            .collect();
        let mut lost = if losers.is_empty() {
            HashMap::new()
        } else {
            explain(connection, &losers, &too_late, &counted.refused).await?
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
        statement: &'static Recording,
        requests: &[&Request],
    ) -> Result<Inserted, Failure> {
        if requests.is_empty() {
            return Ok(Inserted::default());
        }
        let lane = self.db.lane(connection).await.map_err(Failure::read)?;
        let inserted = insert(connection, &self.db, statement, lane, requests).await;
        self.db.settle_lane(lane, &inserted);
        inserted
    }
}

/// The statement's result for the events of a batch.
#[derive(Debug, Default)]
struct Inserted {
    /// Orders whose events are facts now, and since when.
    won: HashMap<OrderId, Timestamp>,
    /// Submissions of orders whose time has run out. Some may repeat a submission that was won in
    /// time.
    too_late: HashSet<OrderId>,
    /// Submissions for which wallets' rows have no room, by what stood in them; without a reason where a row was not there.
    refused: HashMap<OrderId, Option<NoRoom>>,
}

async fn insert(
    connection: &Connection,
    db: &Db,
    statement: &'static Recording,
    lane: i64,
    requests: &[&Request],
) -> Result<Inserted, Failure> {
    let transactions = || requests.iter().map(|request| request.transaction.as_ref());
    let lease_ms = db.lease_ms();
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
    let counted =
        std::ptr::eq(statement, &raw const RECORD_OUTLAYS).then(|| spending::Columns::of(requests));
    if let Some(counted) = &counted {
        params.extend(counted.params());
    }
    let found = connection.query(statement.sql(db.outbox()), &params).await;
    let found = found.map_err(Failure::write)?;
    let mut inserted = Inserted::default();
    for row in &found {
        let order = rows::order_id(row, "order_id")?;
        let at = rows::timestamp(row, "at")?;
        match rows::column::<Option<bool>>(row, "is_too_late")? {
            Some(true) => {
                inserted.too_late.insert(order);
            }
            Some(false) => {
                inserted.won.insert(order, at);
            }
            None => {
                let request = requests.iter().find(|it| it.event.order_id == order);
                let counting = request.and_then(|it| it.counting.as_ref());
                let no_room = spending::no_room(row, counting, at)?;
                let why = inserted.refused.entry(order).or_default();
                *why = why.or(no_room);
            }
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
    refused: &HashMap<OrderId, Option<NoRoom>>,
) -> Result<HashMap<OrderId, Recorded>, Failure> {
    let proposed = Proposed::of(losers);
    // By order, sequence number and event.
    let found = connection.query(EXPLAIN, &proposed.params()[..3]).await;
    let found = found.map_err(Failure::write)?;
    let mut explained = HashMap::new();
    for row in &found {
        let id = rows::order_id(row, "order_id")?;
        if let Some(loser) = losers.iter().find(|loser| loser.event.order_id == id) {
            let instead = match refused.get(&id) {
                Some(no_room) => spending::refusal(id, *no_room),
                None if too_late.contains(&id) => Ok(Recorded::Expired),
                None => Ok(Recorded::LeaseLost),
            };
            let answer = explained_by(row, &loser.event, instead)?;
            explained.insert(id, answer);
        }
    }
    Ok(explained)
}

fn explained_by(
    row: &Row,
    event: &NewEvent,
    instead: Result<Recorded, Failure>,
) -> Result<Recorded, Failure> {
    if let Some(at) = rows::column::<Option<i64>>(row, "won_at")? {
        let at = Timestamp::from_millis(at);
        return Ok(Recorded::Won(event.clone().recorded(at)));
    }
    let ended = rows::column::<Option<i16>>(row, "end_status")?;
    match ended.map(rows::status).transpose()? {
        Some(Status::Cancelled | Status::Expired) => Ok(Recorded::Withdrawn),
        _ => instead,
    }
}
