//! Transactions that nobody can prove dead, and operators' words on them.

use std::time::Duration;

use domain::{OrderId, Status};
use ports::doubt::{Doubted, LongSubmitted, Spoken};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::db::Db;
use crate::failure::Failure;
use crate::rows;

const LONG_SUBMITTED: &str = "-- list_long_submitted
select a.order_id, a.attempt, a.signature, a.bytes, a.last_valid_height, a.blockhash, a.outlay,
       now_ms() - last.at as submitted_for
from orders_begun b
join order_attempts a on a.order_id = b.order_id and a.dead_at is null
cross join lateral (
    select e.status, e.at from order_events e where e.order_id = b.order_id order by e.seq desc limit 1
) as last
where last.status = 3 and last.at <= now_ms() - $1
  and not exists (select from doubts d where d.order_id = a.order_id and d.attempt = a.attempt)
order by last.at
limit $2";

/// Orders that have been submitted for long and are not doubted.
pub(crate) async fn long_submitted(
    db: &Db,
    at_least: Duration,
    limit: usize,
) -> Result<Vec<LongSubmitted>, Failure> {
    let (at_least, limit) = (rows::millis(at_least), rows::limit(limit));
    let found = db
        .read(
            LONG_SUBMITTED,
            &[(&at_least, Type::INT8), (&limit, Type::INT8)],
        )
        .await?;
    let one = |row: &Row| {
        let order = rows::order_id(row, "order_id")?;
        let transaction = rows::live_transaction(row)?;
        Ok(LongSubmitted {
            order,
            attempt: rows::small_number(row, "attempt")?,
            transaction: transaction
                .ok_or_else(|| Failure::unreadable("a transaction", order, "it is not there"))?,
            submitted_for: rows::duration(rows::column(row, "submitted_for")?),
        })
    };
    found.iter().map(one).collect()
}

const DOUBT: &str = "-- note_doubt
insert into doubts (order_id, attempt, at, reason)
select id, $2, now_ms(), $3 from orders where id = $1 and ended_at is null
on conflict (order_id, attempt) do nothing
returning order_id";

/// Nobody can prove this transaction dead.
pub(crate) async fn doubt(
    db: &Db,
    order: OrderId,
    attempt: u32,
    reason: &str,
) -> Result<bool, Failure> {
    let (order, attempt) = (order.uuid(), rows::integer(attempt));
    let noted = db
        .write(
            DOUBT,
            &[
                (&order, Type::UUID),
                (&attempt, Type::INT4),
                (&reason, Type::TEXT),
            ],
        )
        .await?;
    Ok(!noted.is_empty())
}

const FORGET: &str = "-- forget_doubts
delete from doubts d
where not exists (
    select from order_attempts a join orders o on o.id = a.order_id
    where a.order_id = d.order_id and a.attempt = d.attempt and a.dead_at is null and o.ended_at is null)";

const COUNT: &str = "-- count_doubts
select count(*) as doubts, now_ms() - min(at) as oldest_for from doubts";

/// Forgets what is settled, and counts the rest.
pub(crate) async fn doubted(db: &Db) -> Result<Doubted, Failure> {
    let before = count(db).await?;
    if before.count == 0 {
        return Ok(before);
    }
    db.write(FORGET, &[]).await?;
    count(db).await
}

async fn count(db: &Db) -> Result<Doubted, Failure> {
    let found = db.read(COUNT, &[]).await?;
    let Some(row) = found.first() else {
        return Ok(Doubted::default());
    };
    let oldest: Option<i64> = rows::column(row, "oldest_for")?;
    Ok(Doubted {
        count: rows::number(row, "doubts")?,
        oldest_for: rows::duration(oldest.unwrap_or(0)),
    })
}

/// A worker that records what became of the order at the same moment either comes first, and the attempt is dead or
/// the order is not submitted any more, or finds the word in its next lease.
const SAY_DEAD: &str = "-- say_dead
with submitted as materialized (
    select o.id
    from orders o
    cross join lateral (
        select e.status from order_events e where e.order_id = o.id order by e.seq desc limit 1
    ) as last
    where o.id = $1 and last.status = 3
),
spoken as (
    update order_attempts a
    set said_dead_at = now_ms(), said_dead_by = $2, said_dead_because = $3
    from submitted s
    where a.order_id = s.id and a.dead_at is null and a.said_dead_at is null
    returning a.order_id
),
due_at_once as (
    update orders o
    set due_at = now_ms()
    from submitted s
    where o.id = s.id and o.lease_worker is null and o.due_at > now_ms()
)
insert into audit_log (at, actor, action, subject, detail)
select now_ms(), $2, 'dead', order_id::text, $3 from spoken";

const SPOKEN: &str = "-- read_word
select last.status, a.said_dead_at, a.said_dead_by, a.said_dead_because
from orders o
cross join lateral (
    select e.status from order_events e where e.order_id = o.id order by e.seq desc limit 1
) as last
left join order_attempts a on a.order_id = o.id and a.dead_at is null
where o.id = $1";

/// Takes an operator's word.
pub(crate) async fn say_dead(
    db: &Db,
    order: OrderId,
    actor: &str,
    reason: &str,
) -> Result<Spoken, Failure> {
    let order = order.uuid();
    db.write(
        SAY_DEAD,
        &[
            (&order, Type::UUID),
            (&actor, Type::TEXT),
            (&reason, Type::TEXT),
        ],
    )
    .await?;
    let found = db.read(SPOKEN, &[(&order, Type::UUID)]).await?;
    let Some(row) = found.first() else {
        return Ok(Spoken::Unknown);
    };
    let status = rows::status(rows::column(row, "status")?)?;
    Ok(match rows::word(row)? {
        Some(word) if status == Status::Submitted => Spoken::Taken(word),
        _ => Spoken::NotSubmitted { status },
    })
}
