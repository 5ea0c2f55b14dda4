//! Reads orders and events.

use domain::transaction::{Signature, TransactionRef};
use domain::{ClientId, ClientOrderId, Event, Order, OrderId, Seq};
use ports::order_history::{OWNERS_AT_ONCE, Owner, Watch};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::Db;
use crate::failure::Failure;
use crate::rows;

/// An order has a few events per execution; more than this in one answer means a mistake somewhere.
const EVENTS_LIMIT: i64 = 10_000;

const ORDER: &str = "-- read_order
select o.client, o.terms, o.created_at, o.id as order_id, e.seq, e.executions, e.at, e.data
from orders o
cross join lateral (
    select * from order_events e where e.order_id = o.id order by e.seq desc limit 1
) as e
where o.id = $1 and ($2::text is null or o.client = $2)";

/// One order.
pub(crate) async fn order(
    db: &Db,
    id: OrderId,
    client: Option<&ClientId>,
) -> Result<Option<Order>, Failure> {
    let (id, client) = (id.uuid(), client.map(ClientId::as_str));
    let found = db
        .read(ORDER, &[(&id, Type::UUID), (&client, Type::TEXT)])
        .await?;
    found.first().map(rows::order).transpose()
}

const ORDER_BY_NAME: &str = "-- read_order_by_client_id
select o.client, o.terms, o.created_at, o.id as order_id, e.seq, e.executions, e.at, e.data
from client_order_ids c
join orders o on o.id = c.order_id
cross join lateral (
    select * from order_events e where e.order_id = o.id order by e.seq desc limit 1
) as e
where c.client = $1 and c.client_order_id = $2";

/// One order by its client's name for it.
pub(crate) async fn order_by_client_id(
    db: &Db,
    client: &ClientId,
    name: &ClientOrderId,
) -> Result<Option<Order>, Failure> {
    let (client, name) = (client.as_str(), name.as_str());
    let found = db
        .read(ORDER_BY_NAME, &[(&client, Type::TEXT), (&name, Type::TEXT)])
        .await?;
    found.first().map(rows::order).transpose()
}

const EVENTS: &str = "-- read_events
select e.order_id, e.seq, e.executions, e.at, e.data,
       case when o.schema_version = 1 then o.terms end as terms
from order_events e
join orders o on o.id = e.order_id
where e.order_id = $1 and e.seq >= $2
order by e.seq
limit $3";

/// An order's events from a sequence number on.
pub(crate) async fn events(db: &Db, id: OrderId, from: Seq) -> Result<Vec<Event>, Failure> {
    let (id, from) = (id.uuid(), rows::integer(from.get()));
    let found = db
        .read(
            EVENTS,
            &[
                (&id, Type::UUID),
                (&from, Type::INT4),
                (&EVENTS_LIMIT, Type::INT8),
            ],
        )
        .await?;
    rows::events(&found)
}

const EVENTS_FOR: &str = "-- read_events_for_watches
select e.order_id, e.seq, e.executions, e.at, e.data,
       case when o.schema_version = 1 then o.terms end as terms
from unnest($1::uuid[], $2::int4[]) with ordinality as w(order_id, next, place)
join orders o on o.id = w.order_id
cross join lateral (
    select * from order_events e
    where e.order_id = w.order_id and e.seq >= w.next
    order by e.seq
    limit $3
) as e
where place = place + 0
limit $3";

/// The events that many followers have missed. An unreadable order does not keep the others from
/// theirs.
pub(crate) async fn events_for(db: &Db, watches: &[Watch]) -> Result<Vec<Event>, Failure> {
    let ids: Vec<Uuid> = watches.iter().map(|watch| watch.order_id.uuid()).collect();
    let next: Vec<i32> = watches
        .iter()
        .map(|watch| rows::integer(watch.next.get()))
        .collect();
    let found = db
        .read(
            EVENTS_FOR,
            &[
                (&ids, Type::UUID_ARRAY),
                (&next, Type::INT4_ARRAY),
                (&EVENTS_LIMIT, Type::INT8),
            ],
        )
        .await?;
    Ok(rows::readable_events(&found))
}

const SIGNATURES_OF: &str = "-- read_signatures_of_order
select signature from order_attempts where order_id = $1 order by attempt limit $2";

/// The signatures of all of an order's transactions, oldest first.
pub(crate) async fn signatures_of(db: &Db, order: OrderId) -> Result<Vec<Signature>, Failure> {
    let order = order.uuid();
    let found = db
        .read(
            SIGNATURES_OF,
            &[(&order, Type::UUID), (&EVENTS_LIMIT, Type::INT8)],
        )
        .await?;
    found.iter().map(rows::signature).collect()
}

const ORDERS_OF: &str = "-- read_orders_of_transactions
select a.signature, o.id as order_id, o.client
from unnest($1::bytea[], $2::text[]) with ordinality as t(blockhash, signature, place)
join order_attempts a on a.blockhash = t.blockhash and a.signature = t.signature
join orders o on o.id = a.order_id
where place = place + 0";

/// The orders to which transactions belong.
pub(crate) async fn orders_of(
    db: &Db,
    transactions: &[TransactionRef],
) -> Result<Vec<Owner>, Failure> {
    if transactions.len() > OWNERS_AT_ONCE {
        let of = transactions.len();
        return Err(Failure::unreadable("a question", of, "too many at once"));
    }
    let of = transactions.iter();
    let hashes: Vec<&[u8]> = of.clone().map(|t| t.blockhash.bytes().as_slice()).collect();
    let signatures: Vec<&str> = of.map(|t| t.signature.as_str()).collect();
    let found = db
        .read(
            ORDERS_OF,
            &[
                (&hashes, Type::BYTEA_ARRAY),
                (&signatures, Type::TEXT_ARRAY),
            ],
        )
        .await?;
    let owner = |row| {
        Ok(Owner {
            signature: rows::signature(row)?,
            order_id: rows::order_id(row, "order_id")?,
            client: rows::client(row)?,
        })
    };
    found.iter().map(owner).collect()
}

const OPEN_ORDERS: &str = "-- count_open_orders
select least(count(*), $2) as open
from ((select from orders o
       where o.client = $1 and o.due_at is not null and o.due_at >= $3
       limit $2)
      union all
      (select from waiting_orders w where w.client = $1 limit $2)) as open";

/// How many open orders a client has, counted up to a limit.
pub(crate) async fn open_orders(db: &Db, client: &ClientId, limit: u64) -> Result<u64, Failure> {
    let (client, limit) = (client.as_str(), rows::big(limit));
    let floor = db.floors().due.find(db).await?;
    let found = db
        .read(
            OPEN_ORDERS,
            &[
                (&client, Type::TEXT),
                (&limit, Type::INT8),
                (&floor, Type::INT8),
            ],
        )
        .await?;
    found.first().map_or(Ok(0), |row| rows::number(row, "open"))
}
