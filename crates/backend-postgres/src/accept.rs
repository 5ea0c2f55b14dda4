//! Accepts orders: order, first event, idempotency answer and client order id in one statement.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    ClientId, ClientOrderId, EventData, IdempotencyKey, OcoGroup, Order, OrderId, Timestamp,
};
use ports::order_store::{Accepted, Idempotency, NewOrder};
use ports::waiting::OCO_GROUP_MAX;
use ports::webhooks::Outbox;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::coalesce::Kind;
use crate::db::{Connection, Db};
use crate::failure::Failure;
use crate::outbox::{Recording, Records};
use crate::rows;

/// The write of new orders.
pub(crate) struct Accept {
    pub(crate) db: Arc<Db>,
}

/// An order with its stored form.
pub(crate) struct Request {
    order: NewOrder,
    terms: String,
}

impl Request {
    pub(crate) fn new(order: NewOrder) -> Result<Self, Failure> {
        let terms = rows::json(&order.terms)?;
        Ok(Self { order, terms })
    }
}

/// Duplicates must not be in one batch: nobody could tell which came first.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Order(OrderId),
    Idempotency(ClientId, IdempotencyKey),
    Name(ClientId, ClientOrderId),
    Group(ClientId, OcoGroup),
}

#[async_trait]
impl Kind for Accept {
    type Request = Request;
    type Answer = Accepted;
    type Key = Key;

    fn keys(Request { order, .. }: &Request) -> Vec<Key> {
        let mut keys = vec![Key::Order(order.id)];
        if let Some(idempotency) = &order.idempotency {
            keys.push(Key::Idempotency(
                order.client.clone(),
                idempotency.key.clone(),
            ));
        }
        if let Some(name) = &order.terms.client_order_id {
            keys.push(Key::Name(order.client.clone(), name.clone()));
        }
        if let Some(group) = &order.terms.oco_group {
            keys.push(Key::Group(order.client.clone(), group.clone()));
        }
        keys
    }

    async fn write(
        &self,
        connection: &Connection,
        requests: &[&Request],
    ) -> Result<Vec<Accepted>, Failure> {
        let lane = self.db.lane(connection).await.map_err(Failure::read)?;
        let stored = insert(connection, self.db.outbox(), lane, requests).await;
        self.db.settle_lane(lane, &stored);
        let stored = stored?;

        let mut answers: Vec<Option<Accepted>> = requests
            .iter()
            .map(|request| {
                let at = stored.get(&request.order.id)?;
                Some(accepted(&request.order, *at))
            })
            .collect();
        if answers.iter().any(Option::is_none) {
            let explained = explain(connection, requests, &mut answers).await;
            explained.map_err(Failure::after_a_write)?;
        }
        // One statement saw a duplicate that was gone in the next: look again.
        answers
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| Failure::Duplicate(Arc::new(Vanished)))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the row that conflicted with an order has vanished")]
struct Vanished;

fn accepted(order: &NewOrder, at: Timestamp) -> Accepted {
    Accepted::Stored(Order::accepted(order.id, order.event_id).recorded(at))
}

/// `fresh` leaves out duplicates of committed orders. If another transaction commits a duplicate
/// between the snapshot and the insert, this order's key is silently not inserted, or its name
/// violates the unique index, which undoes the batch. Then the orders are written one by one with
/// fresh snapshots, and each learns which was first.
static ACCEPT: Recording = Recording::new("-- accept_orders
with clock as materialized (
    select now_ms() as now
),
given as materialized (
    select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
                         $8::text[], $9::text[], $10::int8[], $11::text[], $12::bytea[], $13::bytea[],
                         $16::text[], $14::int2[], $17::text[], $18::text[])
        with ordinality as g(id, event_id, client, terms, token_in, token_out, client_order_id,
                             trace_context, valid_for_ms, key, fingerprint, answer, wallet,
                             schema_version, kind, oco_group, place)
    where place = place + 0
),
fresh as materialized (
    select g.* from given g
    where not exists (select from orders o where o.id = g.id)
      and not exists (select from idempotency_keys k where k.client = g.client and k.key = g.key)
      and not exists (select from client_order_ids c
                      where c.client = g.client and c.client_order_id = g.client_order_id)
),
-- Locks the groups' rows: a confirmation comes before or after this, never between.
grouped as (
    insert into oco_groups as g (client, name, members)
    select f.client, f.oco_group, 1
    from fresh f
    where f.oco_group is not null
    order by f.client, f.oco_group
    on conflict (client, name) do update
    set members = g.members + 1
    where g.confirmed is null and g.members < $19
    returning g.client, g.name
),
admitted as materialized (
    select * from fresh f
    where f.oco_group is null or (f.client, f.oco_group) in (select g.client, g.name from grouped g)
),
keyed as (
    insert into idempotency_keys (client, key, fingerprint, order_id, answer, at)
    select f.client, f.key, f.fingerprint, f.id, f.answer, clock.now
    from admitted f, clock
    where f.key is not null
    order by f.client, f.key
    on conflict do nothing
    returning order_id
),
winners as materialized (
    select * from admitted where key is null or id in (select order_id from keyed)
),
named as (
    insert into client_order_ids (client, client_order_id, order_id)
    select client, client_order_id, id
    from winners
    where client_order_id is not null
    order by client, client_order_id
),
placed as (
    insert into orders (id, client, terms, token_in, token_out, schema_version, trace_context,
                        created_at, expires_at, due_at, wallet, kind, oco_group)
    select w.id, w.client, w.terms, w.token_in, w.token_out, w.schema_version, w.trace_context,
           clock.now, clock.now + w.valid_for_ms, case when w.kind is null then clock.now end, w.wallet,
           w.kind, w.oco_group
    from winners w, clock
    order by w.id
    returning id, created_at
),
begun as (
    insert into order_events (order_id, seq, event_id, status, executions, at, data)
    select w.id, 0, w.event_id, 0, 0, clock.now, $15
    from winners w, clock
    order by w.id
),
-- Webhooks go here.
counted as materialized (
    select count_moved($1, max(created_at), '{}', array_agg(0::int2)) as lane
    from placed
    having count(*) > 0
)
select p.id, p.created_at, (select lane from counted) from placed p", Records::Steps,
    "select w.id, 0, clock.now from winners w, clock");

async fn insert(
    connection: &Connection,
    outbox: Outbox,
    lane: i64,
    requests: &[&Request],
) -> Result<HashMap<OrderId, Timestamp>, Failure> {
    let orders = || requests.iter().map(|request| &request.order);
    let idempotency = || orders().map(|order| order.idempotency.as_ref());
    let ids: Vec<Uuid> = orders().map(|order| order.id.uuid()).collect();
    let event_ids: Vec<Uuid> = orders().map(|order| order.event_id.uuid()).collect();
    let clients: Vec<&str> = orders().map(|order| order.client.as_str()).collect();
    let terms: Vec<&str> = requests.iter().map(|r| r.terms.as_str()).collect();
    let tokens_in: Vec<String> = orders().map(|o| o.terms.asset_in.mint.column()).collect();
    let tokens_out: Vec<String> = orders().map(|o| o.terms.asset_out.mint.column()).collect();
    let names: Vec<Option<&str>> = orders().map(name_of).collect();
    let traces: Vec<Option<&str>> = orders().map(|o| o.trace_context.as_deref()).collect();
    let valid_for: Vec<Option<i64>> = orders().map(|o| rows::valid_for_ms(&o.terms)).collect();
    let keys: Vec<Option<&str>> = idempotency().map(|i| i.map(|i| i.key.as_str())).collect();
    let fingerprints: Vec<Option<&[u8]>> = idempotency()
        .map(|i| i.map(|i| i.fingerprint.as_slice()))
        .collect();
    let answers: Vec<Option<&[u8]>> = idempotency().map(|i| i.map(|i| &*i.answer)).collect();
    let wallets: Vec<Option<String>> = orders().map(wallet_of).collect();
    let versions: Vec<i16> = orders().map(|o| rows::version_of(&o.terms)).collect();
    let kinds: Vec<Option<&str>> = orders().map(|o| rows::kind_of(&o.terms)).collect();
    let groups: Vec<Option<&str>> = orders().map(group_of).collect();
    let group_max = rows::integer(OCO_GROUP_MAX);
    let first_event = rows::json(&EventData::Accepted)?;
    let found = connection
        .query(
            ACCEPT.sql(outbox),
            &[
                (&lane, Type::INT8),
                (&ids, Type::UUID_ARRAY),
                (&event_ids, Type::UUID_ARRAY),
                (&clients, Type::TEXT_ARRAY),
                (&terms, Type::TEXT_ARRAY),
                (&tokens_in, Type::TEXT_ARRAY),
                (&tokens_out, Type::TEXT_ARRAY),
                (&names, Type::TEXT_ARRAY),
                (&traces, Type::TEXT_ARRAY),
                (&valid_for, Type::INT8_ARRAY),
                (&keys, Type::TEXT_ARRAY),
                (&fingerprints, Type::BYTEA_ARRAY),
                (&answers, Type::BYTEA_ARRAY),
                (&versions, Type::INT2_ARRAY),
                (&first_event, Type::TEXT),
                (&wallets, Type::TEXT_ARRAY),
                (&kinds, Type::TEXT_ARRAY),
                (&groups, Type::TEXT_ARRAY),
                (&group_max, Type::INT4),
            ],
        )
        .await
        .map_err(Failure::write)?;
    found
        .iter()
        .map(|row| {
            Ok((
                rows::order_id(row, "id")?,
                rows::timestamp(row, "created_at")?,
            ))
        })
        .collect()
}

fn wallet_of(order: &NewOrder) -> Option<String> {
    order.terms.wallet.map(|wallet| wallet.to_string())
}

fn group_of(order: &NewOrder) -> Option<&str> {
    order.terms.oco_group.as_ref().map(OcoGroup::as_str)
}

fn name_of(order: &NewOrder) -> Option<&str> {
    order
        .terms
        .client_order_id
        .as_ref()
        .map(ClientOrderId::as_str)
}

const EXPLAIN: &str = "-- explain_refused_orders
select g.place, k.order_id as key_order, k.fingerprint, k.answer, c.order_id as named_order,
       e.event_id, e.at, o.members, o.confirmed
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[]) with ordinality
    as g(id, client, key, client_order_id, oco_group, place)
left join idempotency_keys k on k.client = g.client and k.key = g.key
left join client_order_ids c on c.client = g.client and c.client_order_id = g.client_order_id
left join order_events e on e.order_id = g.id and e.seq = 0
left join oco_groups o on o.client = g.client and o.name = g.oco_group
where g.place = g.place + 0
order by g.place";

/// Finds out why orders were not stored.
async fn explain(
    connection: &Connection,
    requests: &[&Request],
    answers: &mut [Option<Accepted>],
) -> Result<(), Failure> {
    let orders = || requests.iter().map(|request| &request.order);
    let ids: Vec<Uuid> = orders().map(|order| order.id.uuid()).collect();
    let clients: Vec<&str> = orders().map(|order| order.client.as_str()).collect();
    let keys: Vec<Option<&str>> = orders()
        .map(|order| order.idempotency.as_ref().map(|i| i.key.as_str()))
        .collect();
    let names: Vec<Option<&str>> = orders().map(name_of).collect();
    let groups: Vec<Option<&str>> = orders().map(group_of).collect();
    let found = connection
        .query(
            EXPLAIN,
            &[
                (&ids, Type::UUID_ARRAY),
                (&clients, Type::TEXT_ARRAY),
                (&keys, Type::TEXT_ARRAY),
                (&names, Type::TEXT_ARRAY),
                (&groups, Type::TEXT_ARRAY),
            ],
        )
        .await
        .map_err(Failure::write)?;
    for (answer, (order, row)) in answers.iter_mut().zip(orders().zip(&found)) {
        if answer.is_none() {
            *answer = explained(order, row)?;
        }
    }
    Ok(())
}

fn explained(order: &NewOrder, row: &Row) -> Result<Option<Accepted>, Failure> {
    // Stored by an earlier call whose answer was lost.
    if rows::column::<Option<Uuid>>(row, "event_id")? == Some(order.event_id.uuid()) {
        return Ok(Some(accepted(order, rows::timestamp(row, "at")?)));
    }
    if let (Some(first), Some(given)) = (
        rows::column::<Option<Uuid>>(row, "key_order")?,
        &order.idempotency,
    ) {
        let fingerprint: &[u8] = rows::column(row, "fingerprint")?;
        return Ok(Some(if fingerprint == given.fingerprint {
            Accepted::Replayed {
                order_id: OrderId::new(first),
                answer: Arc::from(rows::column::<&[u8]>(row, "answer")?),
            }
        } else {
            Accepted::KeyReused
        }));
    }
    if let Some(taken) = rows::column::<Option<Uuid>>(row, "named_order")? {
        return Ok(Some(Accepted::ClientOrderIdTaken {
            order_id: OrderId::new(taken),
        }));
    }
    if rows::column::<Option<Uuid>>(row, "confirmed")?.is_some() {
        return Ok(Some(Accepted::OcoGroupDone));
    }
    let members: Option<i32> = rows::column(row, "members")?;
    let is_full = members.is_some_and(|members| members >= rows::integer(OCO_GROUP_MAX));
    Ok(is_full.then_some(Accepted::OcoGroupFull))
}

const ANSWER: &str = "-- read_idempotency_answer
select order_id, fingerprint, answer from idempotency_keys where client = $1 and key = $2";

/// The answer stored for a key.
pub(crate) async fn answer_for(
    db: &Db,
    client: &ClientId,
    key: &IdempotencyKey,
) -> Result<Option<(OrderId, Idempotency)>, Failure> {
    let (client, text) = (client.as_str(), key.as_str());
    let found = db
        .read(ANSWER, &[(&client, Type::TEXT), (&text, Type::TEXT)])
        .await?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let fingerprint: &[u8] = rows::column(row, "fingerprint")?;
    let fingerprint = fingerprint
        .try_into()
        .map_err(|error| Failure::unreadable("the fingerprint", text, error))?;
    let answer = Arc::from(rows::column::<&[u8]>(row, "answer")?);
    let kept = Idempotency {
        key: key.clone(),
        fingerprint,
        answer,
    };
    Ok(Some((rows::order_id(row, "order_id")?, kept)))
}
