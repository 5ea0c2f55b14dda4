//! Orders that wait for a worker, and orders whose time has run out.

use domain::OrderId;
use ports::order_store::{DueOrder, DuePage};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::Db;
use crate::failure::Failure;
use crate::rows;

/// Whether worker `h`, alive or not, had order `o` in its hands at its last heartbeat: see
/// `ports::worker_registry`.
macro_rules! names {
    () => {
        "(h.holding is null or o.leased_beat >= h.heard or o.id = any(h.holding))"
    };
}
pub(crate) use names;

/// Whether no live worker has a lease on order `o`. The parameter is the time since which a live
/// worker must have sent a heartbeat.
macro_rules! is_free {
    ($alive_since:literal) => {
        concat!(
            "(o.lease_worker is null
              or not lease_counts(o.lease_worker, o.leased_beat, o.id, ",
            $alive_since,
            "))"
        )
    };
}
pub(crate) use is_free;

/// Whether a live worker may sign for the wallet of order `o`, whose last status is `last.status`. The parameter is the
/// time since which a live worker must have sent a heartbeat. Both questions are asked once for all orders. Without any
/// worker there is nobody to wait for in particular.
macro_rules! wallet_is_here {
    ($alive_since:literal) => {
        concat!(
            "(o.wallet is null or last.status = 3
              or (select coalesce(bool_or(h.wallets is null), true) from workers h where h.seen_at > ",
            $alive_since,
            ")
              or o.wallet = any (array(select unnest(h.wallets) from workers h where h.seen_at > ",
            $alive_since,
            ")))"
        )
    };
}

/// Two ranges of due times, each walked in the index: those that have passed, and those further
/// ahead than the longest delay, which were written before the clock was set back.
const DUE: &str = concat!(
    "-- list_due_orders
(select o.id, o.client, o.due_at, last.status as last_status, o.firing is not null as has_fired
 from orders o
 cross join lateral (
     select e.status from order_events e where e.order_id = o.id order by e.seq desc limit 1
 ) as last
 where o.due_at is not null
   and o.due_at <= (select now_ms() - $2)
   and (o.due_at, o.id) > ($3, $4)
   and o.schema_version <= $5
   and ",
    is_free!("(select now_ms() - $1)"),
    " and ",
    wallet_is_here!("(select now_ms() - $1)"),
    "
 order by o.due_at, o.id
 limit $6)
union all
(select o.id, o.client, o.due_at, last.status as last_status, o.firing is not null as has_fired
 from orders o
 cross join lateral (
     select e.status from order_events e where e.order_id = o.id order by e.seq desc limit 1
 ) as last
 where o.due_at is not null
   and o.due_at > (select now_ms() + $7)
   and (o.due_at, o.id) > ($3, $4)
   and o.schema_version <= $5
   and ",
    is_free!("(select now_ms() - $1)"),
    " and ",
    wallet_is_here!("(select now_ms() - $1)"),
    "
 order by o.due_at, o.id
 limit $6)
order by due_at, id
limit $6"
);

/// A page of due orders on which no live worker has a lease.
pub(crate) async fn due(db: &Db, page: DuePage) -> Result<Vec<DueOrder>, Failure> {
    let lease = db.lease_ms();
    let grace = rows::millis(page.grace);
    let floor = (db.floors().due.find(db).await?, Uuid::nil());
    let after = page
        .after
        .map(|(due_at, id)| (due_at.as_millis(), id.uuid()));
    let (after_due, after_id) = after.map_or(floor, |after| after.max(floor));
    let version = rows::schema_version();
    let limit = rows::limit(page.limit);
    let longest_rest = db.longest_rest_ms();
    let found = db
        .read(
            DUE,
            &[
                (&lease, Type::INT8),
                (&grace, Type::INT8),
                (&after_due, Type::INT8),
                (&after_id, Type::UUID),
                (&version, Type::INT2),
                (&limit, Type::INT8),
                (&longest_rest, Type::INT8),
            ],
        )
        .await?;
    found.iter().map(rows::due_order).collect()
}

/// The walk jumps from one client to the next in the index, however many orders each has. It asks
/// for the whole order of that index; otherwise the planner may choose another index that begins
/// with the client but holds all ended orders.
const DUE_FAIRLY: &str = concat!(
    "-- list_due_orders_fairly
with recursive clients as (
    (select o.client from orders o
     where o.due_at is not null and o.due_at >= $5
     order by o.client, o.due_at, o.id limit 1)
    union all
    select (select o.client from orders o
            where o.due_at is not null and o.due_at >= $5 and o.client > c.client
            order by o.client, o.due_at, o.id limit 1)
    from clients c
    where c.client is not null
)
select d.id, c.client, d.due_at, d.last_status, d.has_fired
from clients c
cross join lateral (
    select due.*, row_number() over (order by due.due_at, due.id) as turn
    from (
        (select o.id, o.due_at, last.status as last_status, o.firing is not null as has_fired
         from orders o
         cross join lateral (
             select e.status from order_events e where e.order_id = o.id order by e.seq desc limit 1
         ) as last
         where o.client = c.client
           and o.due_at is not null
           and o.due_at >= $5
           and o.due_at <= (select now_ms())
           and o.schema_version <= $2
           and ",
    is_free!("(select now_ms() - $1)"),
    " and ",
    wallet_is_here!("(select now_ms() - $1)"),
    "
         order by o.due_at, o.id
         limit $3)
        union all
        (select o.id, o.due_at, last.status as last_status, o.firing is not null as has_fired
         from orders o
         cross join lateral (
             select e.status from order_events e where e.order_id = o.id order by e.seq desc limit 1
         ) as last
         where o.client = c.client
           and o.due_at is not null
           and o.due_at > (select now_ms() + $6)
           and o.schema_version <= $2
           and ",
    is_free!("(select now_ms() - $1)"),
    " and ",
    wallet_is_here!("(select now_ms() - $1)"),
    "
         order by o.due_at, o.id
         limit $3)
    ) as due
    order by due.due_at, due.id
    limit $3
) as d
where c.client is not null
order by d.turn, d.due_at, d.id
limit $4"
);

/// Due orders in turn between clients.
pub(crate) async fn due_fairly(
    db: &Db,
    per_client: usize,
    limit: usize,
) -> Result<Vec<DueOrder>, Failure> {
    let lease = db.lease_ms();
    let version = rows::schema_version();
    let (per_client, limit) = (rows::limit(per_client), rows::limit(limit));
    let floor = db.floors().due.find(db).await?;
    let longest_rest = db.longest_rest_ms();
    let found = db
        .read(
            DUE_FAIRLY,
            &[
                (&lease, Type::INT8),
                (&version, Type::INT2),
                (&per_client, Type::INT8),
                (&limit, Type::INT8),
                (&floor, Type::INT8),
                (&longest_rest, Type::INT8),
            ],
        )
        .await?;
    found.iter().map(rows::due_order).collect()
}

/// Those that wait for a condition come second: they have no due time, and an index of their own.
const OVERDUE: &str = "-- list_overdue_orders
(select o.id, o.expires_at
from orders o
cross join lateral (
    select e.status from order_events e where e.order_id = o.id order by e.seq desc limit 1
) as last
where o.expires_at is not null
  and o.due_at is not null
  and o.expires_at >= $2
  and o.expires_at <= (select now_ms())
  and last.status <= 2
order by o.expires_at
limit $1)
union all
(select o.id, o.expires_at
from orders o
where o.expires_at is not null
  and o.due_at is null
  and o.ended_at is null
  and o.expires_at <= (select now_ms())
order by o.expires_at
limit $1)
order by expires_at
limit $1";

/// Open orders whose time has run out and that are not submitted.
pub(crate) async fn overdue(db: &Db, limit: usize) -> Result<Vec<OrderId>, Failure> {
    let limit = rows::limit(limit);
    let floor = db.floors().expiry.find(db).await?;
    let found = db
        .read(OVERDUE, &[(&limit, Type::INT8), (&floor, Type::INT8)])
        .await?;
    found.iter().map(|row| rows::order_id(row, "id")).collect()
}
