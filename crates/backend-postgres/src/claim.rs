//! Claiming orders: a lease and everything that is known of the order.
//!
//! Two statements, sent together: the first grants under the row's lock, the second reads. Were it one,
//! a claim that had to wait for the lock would read events from before the wait.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{OrderId, WorkerId};
use ports::order_store::{Claim, Lease, POISON_DEATHS, is_resting};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::coalesce::Kind;
use crate::db::{Connection, Db};
use crate::failure::Failure;
use crate::rows;
use crate::unsettled::{Unsettled, UnsettledLease};

/// The write of claims.
pub(crate) struct ClaimOrders {
    pub(crate) db: Arc<Db>,
    pub(crate) unsettled: Unsettled,
}

/// A worker's wish for an order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) order: OrderId,
    pub(crate) worker: WorkerId,
    pub(crate) purpose: Purpose,
}

/// What a claim is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To go on with the order.
    Execute,
    /// The same, by a worker that has no other in its hands.
    ExecuteAlone,
    /// To give it back: see `unsettled.rs`.
    GiveBack,
}

/// What became of a claim.
#[derive(Debug)]
pub(crate) enum Answer {
    Claim(Claim),
    /// Granted under this fence, but the order cannot be read: a newer version may have written it.
    Unreadable {
        fence: i64,
    },
}

impl From<Answer> for Claim {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Claim(claim) => claim,
            Answer::Unreadable { .. } => Self::Unknown,
        }
    }
}

impl Request {
    const fn lease(&self) -> UnsettledLease {
        UnsettledLease {
            order: self.order,
            worker: self.worker,
        }
    }
}

#[async_trait]
impl Kind for ClaimOrders {
    type Request = Request;
    type Answer = Answer;
    type Key = OrderId;

    fn keys(request: &Request) -> Vec<OrderId> {
        vec![request.order]
    }

    async fn write(
        &self,
        connection: &Connection,
        requests: &[&Request],
    ) -> Result<Vec<Answer>, Failure> {
        let lane = self.db.lane(connection).await.map_err(Failure::read)?;
        let ids: Vec<Uuid> = requests.iter().map(|r| r.order.uuid()).collect();
        let workers: Vec<Uuid> = requests.iter().map(|r| r.worker.uuid()).collect();
        let retakes: Vec<bool> = requests
            .iter()
            .map(|r| self.unsettled.contains(r.lease()))
            .collect();
        let purposes = || requests.iter().map(|request| request.purpose);
        let gives_back: Vec<bool> = purposes().map(|p| p == Purpose::GiveBack).collect();
        let in_company: Vec<bool> = purposes().map(|p| p == Purpose::Execute).collect();
        let wanted = Wanted {
            ids: &ids,
            workers: &workers,
            retakes: &retakes,
            gives_back: &gives_back,
            in_company: &in_company,
        };
        let (granted, known) = tokio::join!(
            biased;
            grant(connection, lane, &self.db, wanted),
            load(connection, &ids),
        );
        self.db.settle_lane(lane, &granted);
        let granted = granted?;
        let known = known.and_then(by_order).inspect_err(|_| {
            // Nobody learns of these: the second statement failed after the first was committed.
            for request in requests {
                if granted.get(&request.order).is_some_and(Granting::is_grant) {
                    self.unsettled.add(request.lease());
                }
            }
        })?;
        let answers = requests.iter().map(|request| {
            let Some(row) = known.get(&request.order) else {
                return Answer::Claim(Claim::Unknown);
            };
            let granting = granted.get(&request.order).copied().unwrap_or_default();
            self.answer(row, **request, granting)
        });
        Ok(answers.collect())
    }

    fn undelivered(&self, request: Request, answer: Result<Answer, Failure>) {
        if matches!(
            answer,
            Ok(Answer::Claim(Claim::Granted(_)) | Answer::Unreadable { .. })
                | Err(Failure::OutcomeUnknown(_))
        ) {
            self.unsettled.add(request.lease());
        }
    }
}

fn by_order(known: Vec<Row>) -> Result<HashMap<OrderId, Row>, Failure> {
    let known = known.into_iter();
    known
        .map(|row| Ok((rows::order_id(&row, "order_id")?, row)))
        .collect()
}

impl Granting {
    const fn is_grant(&self) -> bool {
        self.fence.is_some()
    }
}

impl ClaimOrders {
    /// The others of the batch are granted by now: an order that cannot be read must not fail them.
    fn answer(&self, row: &Row, request: Request, granting: Granting) -> Answer {
        let is_taken = granting.fence.is_some() && request.purpose != Purpose::GiveBack;
        if is_taken {
            self.unsettled.remove(request.lease());
        }
        let failure = match claim(row, request, granting, self.db.longest_rest()) {
            Ok(claim) => return Answer::Claim(claim),
            Err(failure) => ports::Error::from(failure),
        };
        let id = request.order;
        tracing::error!(order.id = %id, error = %failure, "order {id} cannot be read: {failure}");
        if is_taken {
            self.unsettled.add(request.lease());
        }
        match granting.fence {
            Some(fence) => Answer::Unreadable { fence },
            None => Answer::Claim(Claim::Unknown),
        }
    }
}

/// Whoever waits for an order's row sees its newest version, but workers as they were when it began to
/// wait: one that came since, and was granted the order, would look dead. So a grant that happened
/// meanwhile (another fence) ends the matter.
const GRANT: &str = "-- grant_claims
with clock as materialized (
    select now_ms() as now
),
wanted as materialized (
    select w.*, o.fence
    from unnest($3::uuid[], $4::uuid[], $5::bool[], $7::bool[], $8::bool[])
        as w(id, worker, retake, gives_back, in_company)
    join orders o on o.id = w.id
),
gate as materialized (
    select starts_are_held_back() as is_closed
),
free as materialized (
    select o.id, w.worker, o.lease_worker as former, last.seq as last_seq, deaths.now as deaths,
           w.in_company and deaths.now = $10 - 1 and last.status <> 3 as is_too_many
    from wanted w
    cross join clock
    cross join gate
    join workers me on me.id = w.worker and me.seen_at > clock.now - $2
    join orders o on o.id = w.id
    cross join lateral (
        select e.seq, e.status from order_events e where e.order_id = o.id order by e.seq desc limit 1
    ) as last
    cross join lateral (
        select case when last.seq > o.granted_seq then 0 else o.deaths end
               -- Of whoever retired there is no row.
               + case when exists (select from workers h
                                   where h.id = o.lease_worker and h.seen_at <= clock.now - $2)
                      then 1 else 0 end as now
    ) as deaths
    where (o.due_at <= clock.now or o.due_at > clock.now + $9)
      and o.fence = w.fence
      and o.schema_version <= $6
      and (last.status <> 0 or w.gives_back or not gate.is_closed)
      and (o.lease_worker is null
           or (w.retake and o.lease_worker = w.worker)
           or not exists (select from workers h
                          where h.id = o.lease_worker and h.seen_at > clock.now - $2))
    order by o.id
    for no key update of o
),
granted as (
    update orders o
    set fence = o.fence + 1,
        lease_worker = f.worker,
        deaths = f.deaths,
        granted_seq = f.last_seq
    from free f
    where o.id = f.id and not f.is_too_many
    returning o.id, o.fence
),
counted as materialized (
    select count_held($1, (select now from clock), array_agg(f.worker), array_agg(f.former)) as lane
    from free f
    where not f.is_too_many
    having count(*) > 0
)
select g.id, g.fence, false as held_back, false as only_alone, (select lane from counted)
from granted g
union all
select f.id, null, false, true, null from free f where f.is_too_many
union all
select w.id, null, true, false, null
from wanted w
cross join clock
join gate on gate.is_closed
join orders o on o.id = w.id
where w.id not in (select f.id from free f)
  and not exists (select from workers h where h.id = o.lease_worker and h.seen_at > clock.now - $2)";

/// Claims as the statement takes them: one array for each of their parts.
#[derive(Debug, Clone, Copy)]
struct Wanted<'a> {
    ids: &'a [Uuid],
    workers: &'a [Uuid],
    retakes: &'a [bool],
    gives_back: &'a [bool],
    in_company: &'a [bool],
}

/// What the first statement did about one claim.
#[derive(Debug, Clone, Copy, Default)]
struct Granting {
    fence: Option<i64>,
    /// Operators want no new executions, and nobody alive holds it.
    held_back: bool,
    /// One more death ends it, and the worker that asks has others in its hands.
    only_alone: bool,
}

async fn grant(
    connection: &Connection,
    lane: i64,
    db: &Db,
    wanted: Wanted<'_>,
) -> Result<HashMap<OrderId, Granting>, Failure> {
    let version = rows::schema_version();
    let (lease_ms, longest_rest_ms) = (db.lease_ms(), db.longest_rest_ms());
    let poison_deaths = rows::integer(POISON_DEATHS);
    let found = connection
        .query(
            GRANT,
            &[
                (&lane, Type::INT8),
                (&lease_ms, Type::INT8),
                (&wanted.ids, Type::UUID_ARRAY),
                (&wanted.workers, Type::UUID_ARRAY),
                (&wanted.retakes, Type::BOOL_ARRAY),
                (&version, Type::INT2),
                (&wanted.gives_back, Type::BOOL_ARRAY),
                (&wanted.in_company, Type::BOOL_ARRAY),
                (&longest_rest_ms, Type::INT8),
                (&poison_deaths, Type::INT4),
            ],
        )
        .await
        .map_err(Failure::write)?;
    found
        .iter()
        .map(|row| {
            let granting = Granting {
                fence: rows::column(row, "fence")?,
                held_back: rows::column(row, "held_back")?,
                only_alone: rows::column(row, "only_alone")?,
            };
            Ok((rows::order_id(row, "id")?, granting))
        })
        .collect()
}

const LOAD: &str = "-- load_claims
select o.id as order_id, o.client, o.terms, o.created_at, o.trace_context, o.schema_version,
       o.due_at, o.ended_at, o.fence, o.lease_worker, o.deaths, o.granted_seq, now_ms() as now,
       e.seq, e.status, e.executions, e.at, e.data, a.signature, a.bytes, a.last_valid_height
from unnest($1::uuid[]) as w(id)
join orders o on o.id = w.id
cross join lateral (
    select * from order_events e where e.order_id = o.id order by e.seq desc limit 1
) as e
left join order_attempts a on a.order_id = o.id and a.dead_at is null and e.status = 3";

async fn load(connection: &Connection, ids: &[Uuid]) -> Result<Vec<Row>, Failure> {
    connection
        .query(LOAD, &[(&ids, Type::UUID_ARRAY)])
        .await
        .map_err(Failure::write)
}

fn claim(
    row: &Row,
    request: Request,
    granted: Granting,
    longest_rest: Duration,
) -> Result<Claim, Failure> {
    if rows::column::<i16>(row, "schema_version")? > rows::schema_version() {
        return Ok(Claim::Unknown);
    }
    if rows::column::<Option<i64>>(row, "ended_at")?.is_some() {
        return Ok(Claim::Ended);
    }
    // Granted, and not taken over between the two statements.
    if granted.fence.is_some() && granted.fence == rows::column(row, "fence")? {
        return Ok(Claim::Granted(Box::new(lease(row, request.worker)?)));
    }
    let now = rows::timestamp(row, "now")?;
    let due_at = rows::timestamp(row, "due_at")?;
    if is_resting(due_at, now, longest_rest) {
        return Ok(Claim::NotDue {
            due_at,
            due_in: due_at.since(now),
        });
    }
    if granted.held_back && rows::column::<i16>(row, "status")? == 0 {
        return Ok(Claim::Paused);
    }
    if granted.only_alone {
        return Ok(Claim::OnlyAlone);
    }
    Ok(Claim::Held)
}

fn lease(row: &Row, worker: WorkerId) -> Result<Lease, Failure> {
    let order = rows::order(row)?;
    // An event that came in while the grant waited for its row.
    let recorded_since =
        i64::from(order.seq.get()) > i64::from(rows::column::<i32>(row, "granted_seq")?);
    Ok(Lease {
        worker,
        fence: rows::number(row, "fence")?,
        live_attempt: rows::live_attempt(row)?,
        deaths: if recorded_since {
            0
        } else {
            let deaths: i16 = rows::column(row, "deaths")?;
            u32::try_from(deaths).unwrap_or(0)
        },
        trace_context: rows::column(row, "trace_context")?,
        order,
    })
}
