//! Claims orders: grants a lease and loads everything known about the order.
//!
//! Two statements, sent together: the first grants under the row's lock, the second reads. A single
//! statement that had to wait for the lock would read events from before the wait.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{OrderId, WorkerId};
use ports::order_store::{Claim, Company, Lease, POISON_DEATHS, UNREADABLE_REST, is_resting};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::coalesce::{Kind, PACE};
use crate::db::{Connection, Db};
use crate::due::{is_free, names};
use crate::failure::Failure;
use crate::release::{self, Release};
use crate::rows;

/// The write of claims.
pub(crate) struct ClaimOrders {
    pub(crate) db: Arc<Db>,
}

/// A worker asks for an order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) order: OrderId,
    pub(crate) worker: WorkerId,
    pub(crate) company: Company,
}

#[async_trait]
impl Kind for ClaimOrders {
    type Request = Request;
    type Answer = Claim;
    type Key = OrderId;

    const PACE: Duration = PACE;

    fn keys(request: &Request) -> Vec<OrderId> {
        vec![request.order]
    }

    async fn write(
        &self,
        connection: &Connection,
        requests: &[&Request],
    ) -> Result<Vec<Claim>, Failure> {
        let ids: Vec<Uuid> = requests.iter().map(|r| r.order.uuid()).collect();
        let (granted, known) = tokio::join!(
            biased;
            grant(connection, &self.db, &ids, requests),
            load(connection, &self.db, &ids, requests),
        );
        let (granted, known) = (granted?, by_order(known?)?);
        let mut answers = Vec::with_capacity(requests.len());
        let mut unreadable = Vec::new();
        for request in requests {
            let Some(row) = known.get(&request.order) else {
                answers.push(Claim::Unknown);
                continue;
            };
            let granting = granted.get(&request.order).copied().unwrap_or_default();
            let answer = claim(row, request.worker, granting, self.db.longest_rest());
            // The other orders of the batch are granted by now: an unreadable one must not fail
            // them.
            answers.push(answer.unwrap_or_else(|failure| {
                unreadable.extend(put_off(request, granting, failure));
                Claim::Unknown
            }));
        }
        if !unreadable.is_empty() {
            let unreadable: Vec<_> = unreadable.iter().collect();
            if let Err(failure) = Release.write(connection, &unreadable).await {
                // No heartbeat names them, so they become free soon.
                let error = ports::Error::from(failure);
                tracing::debug!(%error, "unreadable orders could not be postponed: {error}");
            }
        }
        Ok(answers)
    }
}

fn put_off(request: &Request, granting: Granting, failure: Failure) -> Option<release::Request> {
    let (id, failure) = (request.order, ports::Error::from(failure));
    tracing::error!(order.id = %id, error = %failure, "order {id} cannot be read: {failure}");
    let of = |fence| release::Request::of(id, request.worker, fence, UNREADABLE_REST);
    granting.fence.map(of)
}

fn by_order(known: Vec<Row>) -> Result<HashMap<OrderId, Row>, Failure> {
    let known = known.into_iter();
    known
        .map(|row| Ok((rows::order_id(&row, "order_id")?, row)))
        .collect()
}

/// Under READ COMMITTED a statement that waits for an order's row lock re-reads that row, but not
/// `workers`. So a worker that started meanwhile and was granted the order looks dead. A changed
/// fence reveals such a grant: then this statement grants nothing.
///
/// An order that has ended has neither a due time nor a lease, so those conditions are enough. (An
/// explicit condition that it has not ended would lead planners to the index of open orders, and
/// they would walk all of it.)
///
/// A worker that already has the lease gets it again: the fence stays, and nothing is counted.
const GRANT: &str = concat!(
    "-- grant_claims
with clock as materialized (
    select now_ms() as now
),
wanted as materialized (
    select w.*, o.fence
    from unnest($1::uuid[], $2::uuid[], $3::bool[])
        with ordinality as w(id, worker, in_company, place)
    join orders o on o.id = w.id
    where place = place + 0
),
gate as materialized (
    select starts_are_held_back() as is_closed
),
free as materialized (
    select o.id, w.worker, me.beat, last.seq as last_seq, deaths.now as deaths,
           o.lease_worker is not distinct from w.worker as is_own,
           w.in_company and deaths.now = $7 - 1 and last.status <> 3 as is_too_many
    from wanted w
    cross join clock
    cross join gate
    join workers me on me.id = w.worker and me.seen_at > clock.now - $4
    join orders o on o.id = w.id
    cross join lateral (
        select e.seq, e.status from order_events e where e.order_id = o.id order by e.seq desc limit 1
    ) as last
    cross join lateral (
        select case when last.seq > o.granted_seq then 0 else o.deaths end
               -- A worker that retired has no row.
               + case when o.lease_worker is distinct from w.worker
                       and exists (select from workers h
                                   where h.id = o.lease_worker and h.seen_at <= clock.now - $4
                                     and ",
    names!(),
    ")
                      then 1 else 0 end as now
    ) as deaths
    where o.fence = w.fence
      and o.schema_version <= $5
      and (o.wallet is null or last.status = 3 or me.wallets is null or o.wallet = any (me.wallets))
      and (last.status <> 0 or not gate.is_closed)
      and (o.lease_worker = w.worker
           or ((o.due_at <= clock.now or o.due_at > clock.now + $6)
               and ",
    is_free!("clock.now - $4"),
    "))
    order by o.id
    for no key update of o
),
granted as (
    update orders o
    set fence = case when f.is_own then o.fence else o.fence + 1 end,
        lease_worker = f.worker,
        leased_beat = f.beat,
        deaths = case when f.is_own then o.deaths else f.deaths end,
        granted_seq = case when f.is_own then o.granted_seq else f.last_seq end
    from free f
    where o.id = f.id and not f.is_too_many
    returning o.id, o.fence
)
select g.id, g.fence, false as held_back, false as only_alone from granted g
union all
select f.id, null, false, true from free f where f.is_too_many
union all
select w.id, null, true, false
from wanted w
cross join clock
join gate on gate.is_closed
join orders o on o.id = w.id
where w.id not in (select f.id from free f)
  and (o.lease_worker = w.worker or ",
    is_free!("clock.now - $4"),
    ")"
);

fn workers(requests: &[&Request]) -> Vec<Uuid> {
    requests.iter().map(|r| r.worker.uuid()).collect()
}

/// The first statement's result for one claim.
#[derive(Debug, Clone, Copy, Default)]
struct Granting {
    fence: Option<i64>,
    /// Operators want no new executions, and no live worker has the lease.
    held_back: bool,
    /// One more death ends the order, and the asking worker has other orders.
    only_alone: bool,
}

async fn grant(
    connection: &Connection,
    db: &Db,
    ids: &[Uuid],
    requests: &[&Request],
) -> Result<HashMap<OrderId, Granting>, Failure> {
    let workers = workers(requests);
    let in_company = requests.iter().map(|r| r.company == Company::Others);
    let in_company: Vec<bool> = in_company.collect();
    let version = rows::schema_version();
    let (lease_ms, longest_rest_ms) = (db.lease_ms(), db.longest_rest_ms());
    let poison_deaths = rows::integer(POISON_DEATHS);
    let found = connection
        .query(
            GRANT,
            &[
                (&ids, Type::UUID_ARRAY),
                (&workers, Type::UUID_ARRAY),
                (&in_company, Type::BOOL_ARRAY),
                (&lease_ms, Type::INT8),
                (&version, Type::INT2),
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

/// `lacking` is 1 where the worker has no key of the order's wallet and another one that lives does, 2 where none does.
/// An order in the hands of a live worker lacks nothing.
const LOAD: &str = "-- load_claims
select o.id as order_id, o.client, o.terms, o.created_at, o.trace_context, o.schema_version,
       o.due_at, o.ended_at, o.firing, o.fence, o.lease_worker, o.deaths, o.granted_seq, now_ms() as now,
       e.seq, e.status, e.executions, e.at, e.data, a.signature, a.bytes, a.last_valid_height,
       a.blockhash, a.outlay, a.said_dead_at, a.said_dead_by, a.said_dead_because,
       case when o.wallet is null or e.status = 3
              or exists (select from workers me
                         where me.id = w.worker and (me.wallets is null or o.wallet = any (me.wallets))) then 0
            when o.lease_worker is not null
             and lease_counts(o.lease_worker, o.leased_beat, o.id, now_ms() - $3) then 0
            when exists (select from workers h
                         where h.seen_at > now_ms() - $3 and (h.wallets is null or o.wallet = any (h.wallets))) then 1
            else 2 end as lacking
from unnest($1::uuid[], $2::uuid[]) with ordinality as w(id, worker, place)
join orders o on o.id = w.id
cross join lateral (
    select * from order_events e where e.order_id = o.id order by e.seq desc limit 1
) as e
left join order_attempts a on a.order_id = o.id and a.dead_at is null and e.status = 3
where place = place + 0";

async fn load(
    connection: &Connection,
    db: &Db,
    ids: &[Uuid],
    requests: &[&Request],
) -> Result<Vec<Row>, Failure> {
    let (workers, lease_ms) = (workers(requests), db.lease_ms());
    connection
        .query(
            LOAD,
            &[
                (&ids, Type::UUID_ARRAY),
                (&workers, Type::UUID_ARRAY),
                (&lease_ms, Type::INT8),
            ],
        )
        .await
        .map_err(Failure::write)
}

fn claim(
    row: &Row,
    worker: WorkerId,
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
        return Ok(Claim::Granted(Box::new(lease(row, worker)?)));
    }
    let now = rows::timestamp(row, "now")?;
    let Some(due_at) = rows::optional_timestamp(row, "due_at")? else {
        return Ok(Claim::Waiting);
    };
    if is_resting(due_at, now, longest_rest) {
        return Ok(Claim::NotDue {
            due_at,
            due_in: due_at.since(now),
        });
    }
    match rows::column::<i32>(row, "lacking")? {
        1 => return Ok(Claim::WalletElsewhere),
        2 => return Ok(Claim::WalletNowhere),
        _ => {}
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
    // An event that was recorded while the grant waited for its row.
    let recorded_since =
        i64::from(order.seq.get()) > i64::from(rows::column::<i32>(row, "granted_seq")?);
    Ok(Lease {
        worker,
        fence: rows::number(row, "fence")?,
        live_transaction: rows::live_transaction(row)?,
        word: rows::word(row)?,
        firing: rows::firing(row)?,
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
