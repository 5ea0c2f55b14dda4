//! Counts over the whole store, from what each writer added to its lane and from the orders under
//! way.

use domain::{Status, Timestamp};
use ports::order_history::Counts;
use tokio_postgres::types::Type;

use crate::db::Db;
use crate::db::floor::first_id_at;
use crate::due::is_free;
use crate::failure::Failure;
use crate::rows;

const COUNT: &str = concat!(
    "-- count_orders
with clock as materialized (
    select now_ms() as now
)
select
    clock.now,
    (select array_agg(total order by place)
     from (select u.place, sum(u.n)::int8 as total
           from lane_orders l, unnest(l.by_status) with ordinality as u(n, place)
           group by u.place) as totals) as by_status,
    -- The last ones are those among them that wait.
    (select array[count(*) filter (where last.status = 1),
                  count(*) filter (where last.status = 2),
                  count(*) filter (where last.status = 3),
                  count(*) filter (where last.status <= 3 and o.due_at > clock.now and o.due_at <= clock.now + $2)]
     from (select b.order_id as id from orders_begun b where b.order_id >= ",
    first_id_at!("$4"),
    "
           union all
           -- Those below the floor have waited for long, or their ids are of a clock that is slow. A plain
           -- `exists` could become a walk over all that have begun.
           select o.id
           from orders o
           where o.due_at is not null
             and o.due_at >= $3
             and o.id < ",
    first_id_at!("$4"),
    "
             and o.granted_seq >= 0
             and (select true from orders_begun b where b.order_id = o.id)) as b
     join orders o on o.id = b.id
     cross join lateral (
         select e.status from order_events e where e.order_id = b.id order by e.seq desc limit 1
     ) as last) as begun,
    (select count(*) from orders o
     where o.due_at is not null and o.due_at > clock.now and o.due_at <= clock.now + $2) as delayed,
    (select o.due_at
     from orders o
     where o.due_at is not null
       and o.due_at >= $3
       and o.due_at <= clock.now
       and ",
    is_free!("clock.now - $1"),
    "
     order by o.due_at, o.id
     limit 1) as oldest_due_at,
    -- Due since before the clock was set back; the clock cannot tell for how long.
    exists (select
            from orders o
            where o.due_at is not null
              and o.due_at > clock.now + $2
              and ",
    is_free!("clock.now - $1"),
    ") as is_any_ahead,
    (select array[coalesce(sum(w.waiting), 0), coalesce(sum(w.pool), 0), coalesce(sum(w.volume), 0)]::int8[]
     from lane_waiting w) as on_condition,
    (select coalesce(sum(s.ended), 0)::int8
     from lane_seconds s
     where s.second > clock.now / 1000 - 60 and s.second <= clock.now / 1000) as ended_last_minute,
    (select percentile_disc(array[0.5, 0.99]) within group (order by latency)
     from lane_seconds s, unnest(s.latencies) as latency
     where s.second > clock.now / 1000 - 60 and s.second <= clock.now / 1000) as latencies
from clock"
);

/// The statuses that are not terminal come first.
const OPEN_STATUSES: usize = 4;

/// The lanes count all open orders together; the events of those under way tell their statuses.
fn by_status(lanes: &[i64], begun: &[i64]) -> [u64; 8] {
    let mut by_status = [0; 8];
    for (count, sum) in by_status.iter_mut().zip(lanes).skip(OPEN_STATUSES) {
        *count = u64::try_from(*sum).unwrap_or(0);
    }
    for (count, begun) in by_status[1..OPEN_STATUSES].iter_mut().zip(begun) {
        *count = u64::try_from(*begun).unwrap_or(0);
    }
    // During an upgrade older programs count each step; the sum is the same.
    let open: i64 = lanes.iter().take(OPEN_STATUSES).sum();
    let pending = open - begun.iter().sum::<i64>();
    by_status[0] = u64::try_from(pending).unwrap_or(0);
    by_status
}

/// Counts over all orders.
pub(crate) async fn counts(db: &Db) -> Result<Counts, Failure> {
    let (lease, longest_rest) = (db.lease_ms(), db.longest_rest_ms());
    let floors = db.floors();
    let (due, begun) = (floors.due.find(db).await?, floors.begun.find(db).await?);
    let found = db
        .read(
            COUNT,
            &[
                (&lease, Type::INT8),
                (&longest_rest, Type::INT8),
                (&due, Type::INT8),
                (&begun, Type::INT8),
            ],
        )
        .await?;
    let Some(row) = found.first() else {
        return Ok(Counts::default());
    };
    let sums: Option<Vec<i64>> = rows::column(row, "by_status")?;
    let begun: Vec<i64> = rows::column(row, "begun")?;
    let (begun, resting) = begun.split_at(begun.len().min(OPEN_STATUSES - 1));
    let resting = resting.first().copied().and_then(|n| u64::try_from(n).ok());
    let by_status = by_status(&sums.unwrap_or_default(), begun);
    let delayed: u64 = rows::number(row, "delayed")?;
    let open: u64 = by_status.iter().take(OPEN_STATUSES).sum();
    let running = open.saturating_sub(by_status[Status::Pending.index()]);
    let now = rows::timestamp(row, "now")?;
    let oldest: Option<i64> = rows::column(row, "oldest_due_at")?;
    let oldest = oldest.map(|due_at| now.since(Timestamp::from_millis(due_at)));
    let ahead_for = db.ahead_for(rows::column(row, "is_any_ahead")?);
    let latencies: Option<Vec<i64>> = rows::column(row, "latencies")?;
    let latency = |place: usize| {
        let millis = latencies.as_ref()?.get(place).copied()?;
        u64::try_from(millis).ok()
    };
    let on_condition: Vec<i64> = rows::column(row, "on_condition")?;
    let on = |place: usize| {
        let count = on_condition.get(place).copied().unwrap_or(0);
        u64::try_from(count).unwrap_or(0)
    };
    Ok(Counts {
        by_status,
        waiting: by_status[0]
            .saturating_sub(on(0))
            .saturating_sub(delayed.saturating_sub(resting.unwrap_or(0))),
        on_condition: on(0),
        on_pool: on(1),
        on_volume: on(2),
        delayed,
        running,
        oldest_waiting_ms: oldest
            .max(ahead_for)
            .and_then(|age| u64::try_from(age.as_millis()).ok()),
        ended_last_minute: rows::number(row, "ended_last_minute")?,
        latency_p50_ms: latency(0),
        latency_p99_ms: latency(1),
    })
}
