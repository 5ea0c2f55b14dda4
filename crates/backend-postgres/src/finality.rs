//! What becomes of confirmed orders afterwards: their blocks become final, or vanish.

use std::time::Duration;

use domain::OrderId;
use domain::transaction::SignedTransaction;
use ports::doubt::Doubt;
use ports::finality::{
    Finality, NewFinality, Standing, Turn, Unfinal, UnfinalPage, Vanished, Waiting,
};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::{Db, Param};
use crate::failure::Failure;
use crate::rows;

const WAITING: &str = "-- count_unfinal
select (select count(*) from (select from unfinal where slot >= $1 limit 100000) as counted) as waiting,
       (select now_ms() - o.ended_at
        from (select order_id from unfinal where slot >= $1 order by slot limit 1) as oldest
        join orders o on o.id = oldest.order_id) as oldest_for,
       (select count(*) from vanished where dead_at is null) as vanished";

/// All that wait, from a slot on.
pub(crate) async fn waiting(db: &Db, from_slot: u64) -> Result<Waiting, Failure> {
    let from = rows::big(from_slot);
    let found = db.read(WAITING, &[(&from, Type::INT8)]).await?;
    let Some(row) = found.first() else {
        return Ok(Waiting::default());
    };
    let oldest: Option<i64> = rows::column(row, "oldest_for")?;
    Ok(Waiting {
        count: rows::number(row, "waiting")?,
        oldest_for: rows::duration(oldest.unwrap_or(0)),
        vanished: rows::number(row, "vanished")?,
    })
}

const UNFINAL: &str = "-- list_unfinal
select u.order_id, u.slot, a.signature, v.order_id is not null as has_vanished
from (select slot, order_id from unfinal
      where slot <= $1 and (slot, order_id) > ($2, $3)
      order by slot, order_id
      limit $4) as u
join order_attempts a on a.order_id = u.order_id and a.dead_at is null
left join vanished v on v.order_id = u.order_id
order by u.slot, u.order_id";

/// A page of them.
pub(crate) async fn unfinal(db: &Db, page: UnfinalPage) -> Result<Vec<Unfinal>, Failure> {
    let after = page.after.map(|(slot, order)| (slot, order.uuid()));
    let (slot, order) = after.unwrap_or((page.from, Uuid::nil()));
    let slot = rows::big(slot);
    let (up_to, limit) = (rows::big(page.up_to), rows::limit(page.limit));
    let found = db
        .read(
            UNFINAL,
            &[
                (&up_to, Type::INT8),
                (&slot, Type::INT8),
                (&order, Type::UUID),
                (&limit, Type::INT8),
            ],
        )
        .await?;
    let one = |row| {
        Ok(Unfinal {
            order: rows::order_id(row, "order_id")?,
            signature: rows::signature(row)?,
            slot: rows::number(row, "slot")?,
            has_vanished: rows::column(row, "has_vanished")?,
        })
    };
    found.iter().map(one).collect()
}

const FINALIZE: &str = "-- finalize_orders
with wanted as materialized (
    select * from unnest($1::uuid[], $2::int8[], $3::int8[], $4::text[])
        with ordinality as w(order_id, confirmed_in, slot, fill, place)
    where place = place + 0
),
gone as (
    delete from unfinal u
    using wanted w
    where u.slot = w.confirmed_in and u.order_id = w.order_id
    returning w.order_id, w.slot, w.fill
),
found_again as (
    delete from vanished v using gone g where v.order_id = g.order_id
)
insert into finalities (order_id, slot, at, fill)
select order_id, slot, now_ms(), fill from gone
on conflict (order_id) do nothing";

/// The blocks of these orders are final.
pub(crate) async fn finalize(db: &Db, finalities: &[NewFinality]) -> Result<(), Failure> {
    let of = || finalities.iter();
    let orders: Vec<Uuid> = of().map(|of| of.order.uuid()).collect();
    let confirmed: Vec<i64> = of().map(|of| rows::big(of.confirmed_in)).collect();
    let slots: Vec<i64> = of().map(|of| rows::big(of.slot)).collect();
    let fills = of().map(|of| of.fill.as_ref().map(rows::json).transpose());
    let fills: Vec<Option<String>> = fills.collect::<Result<_, _>>()?;
    db.write(
        FINALIZE,
        &[
            (&orders, Type::UUID_ARRAY),
            (&confirmed, Type::INT8_ARRAY),
            (&slots, Type::INT8_ARRAY),
            (&fills, Type::TEXT_ARRAY),
        ],
    )
    .await?;
    Ok(())
}

const VANISH: &str = "-- note_vanished
insert into vanished (order_id, at)
select order_id, now_ms() from unfinal where order_id = $1
on conflict (order_id) do nothing
returning order_id";

const REAPPEAR: &str = "-- forget_vanished
delete from vanished where order_id = $1 and dead_at is null returning order_id";

const GIVE_UP: &str = "-- give_up_vanished
with given_up as (
    update vanished set dead_at = now_ms() where order_id = $1 and dead_at is null returning order_id
),
gone as (
    delete from unfinal u using given_up g where u.order_id = g.order_id
)
select order_id from given_up";

/// A confirmation was not found any more.
pub(crate) async fn vanish(db: &Db, order: OrderId) -> Result<bool, Failure> {
    changes(db, VANISH, order).await
}

/// It was found again.
pub(crate) async fn reappear(db: &Db, order: OrderId) -> Result<bool, Failure> {
    changes(db, REAPPEAR, order).await
}

/// Its transaction never lands again.
pub(crate) async fn give_up(db: &Db, order: OrderId) -> Result<bool, Failure> {
    changes(db, GIVE_UP, order).await
}

async fn changes(db: &Db, sql: &str, order: OrderId) -> Result<bool, Failure> {
    let order = order.uuid();
    let changed = db.write(sql, &[(&order, Type::UUID)]).await?;
    Ok(!changed.is_empty())
}

const TRANSACTION_OF: &str = "-- read_transaction_of_order
select signature, bytes, last_valid_height, blockhash, outlay
from order_attempts where order_id = $1 and dead_at is null";

/// The transaction of an order that has landed or may land.
pub(crate) async fn transaction_of(
    db: &Db,
    order: OrderId,
) -> Result<Option<SignedTransaction>, Failure> {
    let order = order.uuid();
    let found = db.read(TRANSACTION_OF, &[(&order, Type::UUID)]).await?;
    match found.first() {
        Some(row) => rows::live_transaction(row),
        None => Ok(None),
    }
}

const STANDINGS: &str = "-- read_standings
select f.slot, f.at, f.fill, v.at as vanished_at, v.dead_at, d.at as doubted_at, d.reason,
       a.said_dead_at, a.said_dead_by, a.said_dead_because, a.landing
from unnest($1::uuid[]) with ordinality as w(order_id, place)
left join finalities f on f.order_id = w.order_id
left join vanished v on v.order_id = w.order_id
left join order_attempts a on a.order_id = w.order_id and a.dead_at is null
left join doubts d on d.order_id = w.order_id and d.attempt = a.attempt
order by w.place";

/// What is known of the transactions of these orders.
pub(crate) async fn standings(db: &Db, orders: &[OrderId]) -> Result<Vec<Standing>, Failure> {
    let orders: Vec<Uuid> = orders.iter().map(|order| order.uuid()).collect();
    let params: [Param<'_>; 1] = [(&orders, Type::UUID_ARRAY)];
    let found = db.read(STANDINGS, &params).await?;
    found.iter().map(standing).collect()
}

fn standing(row: &Row) -> Result<Standing, Failure> {
    let moment = |name| rows::optional_timestamp(row, name);
    let finality = match moment("at")? {
        Some(at) => Some(Finality {
            slot: rows::number(row, "slot")?,
            at,
            fill: json(row, "fill")?,
        }),
        None => None,
    };
    let dead_at = moment("dead_at")?;
    let doubt = match moment("doubted_at")? {
        Some(since) => Some(Doubt {
            since,
            reason: rows::column(row, "reason")?,
        }),
        None => None,
    };
    Ok(Standing {
        finality,
        vanished: moment("vanished_at")?.map(|at| Vanished { at, dead_at }),
        doubt,
        word: rows::word(row)?,
        landing: json(row, "landing")?,
    })
}

/// A column of JSON, if there is something in it.
pub(crate) fn json<T: DeserializeOwned>(
    row: &Row,
    name: &'static str,
) -> Result<Option<T>, Failure> {
    let text = rows::column::<Option<&str>>(row, name)?;
    let read = text.map(serde_json::from_str).transpose();
    read.map_err(|error| Failure::unreadable(name, "a standing", error))
}

/// A turn that seems to last longer than asked for was taken before the clock was set back.
const TAKE_TURN: &str = "-- take_turn
insert into turns as t (what, until) values ($1, now_ms() + $2)
on conflict (what) do update set until = excluded.until
where t.until <= excluded.until - $2 or t.until > excluded.until
returning what";

/// Asks for a turn.
pub(crate) async fn take_turn(db: &Db, turn: Turn, lasting: Duration) -> Result<bool, Failure> {
    let (what, lasting) = (turn.name(), rows::millis(lasting));
    let taken = db
        .write(TAKE_TURN, &[(&what, Type::TEXT), (&lasting, Type::INT8)])
        .await?;
    Ok(!taken.is_empty())
}
