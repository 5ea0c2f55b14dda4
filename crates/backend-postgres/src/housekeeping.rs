//! Background work of every process: it probes a silent server, and deletes what would otherwise
//! grow for ever.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_postgres::types::Type;

use crate::db::Db;
use crate::failure::Failure;
use crate::rows;

/// How soon a server that came back is used again.
const PROBE_EVERY: Duration = Duration::from_millis(300);
/// Tidying is cheap, and it is enough if one process does it.
const TIDY_EVERY: Duration = Duration::from_secs(60);
/// A lane unchanged for this long probably has no owner; if it has one, its owner begins it anew.
const LANE_REST: Duration = Duration::from_secs(15 * 60);
/// CONTRACT.md promises to keep answers for at least 24 hours.
const ANSWERS_KEPT: Duration = Duration::from_secs(48 * 60 * 60);
/// Rows deleted at a time, so that nobody waits for a long transaction.
const REMOVED_AT_ONCE: i64 = 5_000;
/// Bounds one round. 3,300 rows a second for each process, which is more than are added.
const REMOVALS_A_TURN: usize = 40;

/// Probes a server that fell silent or leaves calls unanswered, while the store is open.
pub(crate) async fn probe(db: Arc<Db>) {
    let mut tick = tokio::time::interval(PROBE_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if db.is_in_doubt() {
            db.probe().await;
        }
    }
}

/// Tidies while the store is open.
pub(crate) async fn tidy(db: Arc<Db>) {
    let mut tick = tokio::time::interval(TIDY_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick.tick().await;
    loop {
        tick.tick().await;
        if let Err(failure) = tidy_once(&db).await {
            let error = ports::Error::from(failure);
            tracing::debug!(error = %error, "tidying the store waits for the next time");
        }
    }
}

async fn tidy_once(db: &Db) -> Result<(), Failure> {
    fold_lanes(db).await?;
    db.write(FORGET_ENDED, &[(&REMOVED_AT_ONCE, Type::INT8)])
        .await?;
    forget_answers(db).await
}

/// During an upgrade, a process of an older version ends orders and leaves these rows behind.
const FORGET_ENDED: &str = "-- forget_ended_orders
delete from orders_begun
where order_id = any(array(select b.order_id
                           from orders_begun b
                           join orders o on o.id = b.order_id
                           where o.due_at is null
                           limit $1))";

/// Adds the sums of idle lanes to lane 0, in one transaction.
const FOLD_ORDERS: &str = "-- fold_lane_orders
with resting as (
    delete from lane_orders
    where lane <> 0 and changed_at < now_ms() - $1
    returning by_status
)
insert into lane_orders as l (lane, by_status, changed_at)
select 0, array_agg(total order by place), now_ms()
from (select u.place, sum(u.n)::int8 as total
      from resting r, unnest(r.by_status) with ordinality as u(n, place)
      group by u.place) as totals
having count(*) > 0
on conflict (lane) do update
set by_status = array(select a + b
                      from unnest(l.by_status, excluded.by_status) with ordinality as t(a, b, i)
                      order by i),
    changed_at = excluded.changed_at";

const FORGET_SECONDS: &str = "-- forget_lane_seconds
delete from lane_seconds where second < (now_ms() - $1) / 1000";

async fn fold_lanes(db: &Db) -> Result<(), Failure> {
    let rest = rows::millis(LANE_REST);
    for statement in [FOLD_ORDERS, FORGET_SECONDS] {
        db.write(statement, &[(&rest, Type::INT8)]).await?;
    }
    Ok(())
}

const FORGET_ANSWERS: &str = "-- forget_idempotency_answers
with removed as (
    delete from idempotency_keys
    where ctid = any(array(select ctid from idempotency_keys where at < now_ms() - $1 limit $2))
    returning 1
)
select count(*) as removed from removed";

async fn forget_answers(db: &Db) -> Result<(), Failure> {
    let kept = rows::millis(ANSWERS_KEPT);
    for _ in 0..REMOVALS_A_TURN {
        let answer = db
            .write(
                FORGET_ANSWERS,
                &[(&kept, Type::INT8), (&REMOVED_AT_ONCE, Type::INT8)],
            )
            .await?;
        let removed = answer
            .first()
            .map(|row| rows::column::<i64>(row, "removed"));
        if removed.transpose()?.unwrap_or(0) < REMOVED_AT_ONCE {
            break;
        }
    }
    Ok(())
}
