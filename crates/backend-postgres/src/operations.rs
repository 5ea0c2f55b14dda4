//! Operators' acts, each with its line in the audit log.

use std::sync::Arc;

use domain::{ClientOrderId, EventData, OcoGroup, Order, OrderId, Timestamp};
use ports::operations::{AuditEntry, DeadRetry};
use ports::order_store::NewOrder;
use ports::waiting::OCO_GROUP_MAX;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::Db;
use crate::failure::Failure;
use crate::outbox::{Recording, Records};
use crate::page::Page;
use crate::rows;

/// Whether operators have paused the engine.
pub(crate) async fn is_paused(db: &Db) -> Result<bool, Failure> {
    let found = db
        .read("-- read_pause\nselect paused from engine_state", &[])
        .await?;
    found
        .first()
        .map_or(Ok(false), |row| rows::column(row, "paused"))
}

const SET_PAUSED: &str = "-- set_paused
with alone as materialized (
    select wait_for_claims() as is_alone
),
changed as (
    update engine_state
    set paused = $1,
        -- Whoever resumes ends a halt too, and a new count of reverts begins.
        halted_at = case when $1 then halted_at end,
        halted_by = case when $1 then halted_by end,
        halt_reason = case when $1 then halt_reason end,
        reverts_in_row = case when $1 then reverts_in_row else 0 end
    from alone where alone.is_alone
)
insert into audit_log (at, actor, action)
values (now_ms(), $2, case when $1 then 'pause' else 'resume' end)";

/// Pauses or resumes; when it answers, claims that began before have ended.
pub(crate) async fn set_paused(db: &Db, paused: bool, actor: &str) -> Result<(), Failure> {
    db.write(SET_PAUSED, &[(&paused, Type::BOOL), (&actor, Type::TEXT)])
        .await?;
    Ok(())
}

const DEAD: &str = "-- list_dead_orders
select o.client, o.terms, o.created_at, o.id as order_id, e.seq, e.executions, e.at, e.data
from orders o
cross join lateral (
    select * from order_events e where e.order_id = o.id order by e.seq desc limit 1
) as e
where o.end_status = 5 and o.retried_as is null and o.id < $1 and o.schema_version <= $3
order by o.id desc
limit $2";

/// Failed orders that were not retried, except those that only a newer version can read.
pub(crate) async fn dead(
    db: &Db,
    before: Option<OrderId>,
    limit: usize,
) -> Result<Vec<Order>, Failure> {
    let version = rows::schema_version();
    let mut page = Page::new(before, limit);
    loop {
        let before = page.before().map_or(Uuid::max(), OrderId::uuid);
        let missing = rows::limit(page.missing());
        let found = db
            .read_list(
                DEAD,
                &[
                    (&before, Type::UUID),
                    (&missing, Type::INT8),
                    (&version, Type::INT2),
                ],
            )
            .await?;
        if let Some(orders) = page.add(&found)? {
            return Ok(orders);
        }
    }
}

static RETRY_DEAD: Recording = Recording::new("-- retry_dead_order
with clock as materialized (
    select now_ms() as now
),
found as materialized (
    select id from orders
    where id = $2 and end_status = 5 and retried_as is null
    for no key update
),
-- Of a group that has confirmed an order nothing executes any more, and one that is full takes in no other.
open_group as (
    update oco_groups g
    set members = g.members + 1
    where g.client = $5 and g.name = $17 and g.confirmed is null and g.members < $18
      and exists (select from found)
    returning g.name
),
dead as (
    update orders
    set retried_as = $3
    where id = (select id from found)
      and ($17::text is null or exists (select from open_group))
    returning id
),
placed as (
    insert into orders (id, client, terms, token_in, token_out, schema_version, trace_context,
                        created_at, expires_at, due_at, wallet, kind, oco_group)
    select $3, $5, $6, $7, $8, $9, $10, clock.now, clock.now + $11,
           case when $16::text is null then clock.now end, $15, $16, $17
    from dead, clock
    returning created_at
),
begun as (
    insert into order_events (order_id, seq, event_id, status, executions, at, data)
    select $3, 0, $4, 0, 0, created_at, $12 from placed
),
named as (
    insert into client_order_ids (client, client_order_id, order_id)
    select $5, $13, $3 from placed where $13::text is not null
    on conflict do nothing
),
noted as (
    insert into audit_log (at, actor, action, subject, detail)
    select created_at, $14, 'retry', $2::text, 'as ' || $3::text from placed
),
-- Webhooks go here.
moved as materialized (
    select count_moved($1, created_at, '{}', array[0::int2]) as lane from placed
)
select created_at, (select lane from moved) from placed", Records::Steps, "select $3, 0, created_at from placed");

const RETRIED: &str = "-- read_retried_order
select e.at
from orders o
join order_events e on e.order_id = o.retried_as and e.seq = 0
where o.id = $1 and o.retried_as = $2 and e.event_id = $3";

/// Accepts another order in place of a dead one.
pub(crate) async fn retry_dead(
    db: &Db,
    dead: OrderId,
    replacement: &NewOrder,
    actor: &str,
) -> Result<DeadRetry, Failure> {
    let lane = db.single_lane().await?;
    let found = insert_replacement(db, lane, dead, replacement, actor).await;
    db.settle_lane(lane, &found);
    let found = found?;
    let at = match found.first() {
        Some(row) => Some(rows::timestamp(row, "created_at")?),
        None => retried_before(db, dead, replacement).await?,
    };
    Ok(match at {
        Some(at) => DeadRetry::Accepted {
            event: Order::accepted(replacement.id, replacement.event_id).recorded(at),
            client: replacement.client.clone(),
        },
        None => DeadRetry::NotDead,
    })
}

async fn insert_replacement(
    db: &Db,
    lane: i64,
    dead: OrderId,
    order: &NewOrder,
    actor: &str,
) -> Result<Vec<Row>, Failure> {
    let (dead, id, event) = (dead.uuid(), order.id.uuid(), order.event_id.uuid());
    let client = order.client.as_str();
    let terms = rows::json(&order.terms)?;
    let token_in = order.terms.asset_in.mint.column();
    let token_out = order.terms.asset_out.mint.column();
    let version = rows::version_of(&order.terms);
    let valid_for = rows::valid_for_ms(&order.terms);
    let kind = rows::kind_of(&order.terms);
    let group = order.terms.oco_group.as_ref().map(OcoGroup::as_str);
    let first_event = rows::json(&EventData::Accepted)?;
    let wallet = order.terms.wallet.map(|wallet| wallet.to_string());
    let name = order
        .terms
        .client_order_id
        .as_ref()
        .map(ClientOrderId::as_str);
    db.write(
        RETRY_DEAD.sql(db.outbox()),
        &[
            (&lane, Type::INT8),
            (&dead, Type::UUID),
            (&id, Type::UUID),
            (&event, Type::UUID),
            (&client, Type::TEXT),
            (&terms, Type::TEXT),
            (&token_in, Type::TEXT),
            (&token_out, Type::TEXT),
            (&version, Type::INT2),
            (&order.trace_context, Type::TEXT),
            (&valid_for, Type::INT8),
            (&first_event, Type::TEXT),
            (&name, Type::TEXT),
            (&actor, Type::TEXT),
            (&wallet, Type::TEXT),
            (&kind, Type::TEXT),
            (&group, Type::TEXT),
            (&rows::integer(OCO_GROUP_MAX), Type::INT4),
        ],
    )
    .await
}

/// When an earlier call of this caller, whose answer was lost, accepted the replacement.
async fn retried_before(
    db: &Db,
    dead: OrderId,
    replacement: &NewOrder,
) -> Result<Option<Timestamp>, Failure> {
    let (dead, id) = (dead.uuid(), replacement.id.uuid());
    let event = replacement.event_id.uuid();
    let found = db
        .read(
            RETRIED,
            &[(&dead, Type::UUID), (&id, Type::UUID), (&event, Type::UUID)],
        )
        .await?;
    found
        .first()
        .map(|row| rows::timestamp(row, "at"))
        .transpose()
}

const NOTE_ACT: &str = "-- note_act
insert into audit_log (at, actor, action, detail) values (now_ms(), $1, $2, $3)";

/// Notes an act that is done elsewhere.
pub(crate) async fn note_act(
    db: &Db,
    actor: &str,
    action: &str,
    detail: &str,
) -> Result<(), Failure> {
    db.write(
        NOTE_ACT,
        &[
            (&actor, Type::TEXT),
            (&action, Type::TEXT),
            (&detail, Type::TEXT),
        ],
    )
    .await?;
    Ok(())
}

const AUDIT: &str = "-- list_audit
select id, at, actor, action, subject, detail
from audit_log
where id < $1
order by id desc
limit $2";

/// Operators' acts, newest first.
pub(crate) async fn audit(
    db: &Db,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<AuditEntry>, Failure> {
    let (before, limit) = (before.map_or(i64::MAX, rows::big), rows::limit(limit));
    let found = db
        .read_list(AUDIT, &[(&before, Type::INT8), (&limit, Type::INT8)])
        .await?;
    found.iter().map(audit_entry).collect()
}

fn audit_entry(row: &Row) -> Result<AuditEntry, Failure> {
    Ok(AuditEntry {
        id: rows::number(row, "id")?,
        at: rows::timestamp(row, "at")?,
        actor: rows::column(row, "actor")?,
        action: rows::column(row, "action")?,
        subject: rows::column(row, "subject")?,
        detail: rows::column(row, "detail")?,
    })
}

/// A server also answers if its search path leads elsewhere, or if the role has no rights. So the
/// probe asks for the engine's tables and for its rights on them.
const PING: &str = "-- ping
select pg_is_in_recovery() or current_setting('transaction_read_only')::bool as read_only,
       (select paused from engine_state) as paused,
       (select string_agg(n.privilege || ' on ' || n.name, ', ')
        from (values ('orders', 'select'), ('orders', 'insert'), ('orders', 'update'),
                     ('order_events', 'select'), ('order_events', 'insert'),
                     ('orders_begun', 'select'), ('orders_begun', 'insert'),
                     ('orders_begun', 'delete'),
                     ('order_attempts', 'select'), ('order_attempts', 'insert'),
                     ('order_attempts', 'update'),
                     ('idempotency_keys', 'select'), ('idempotency_keys', 'insert'),
                     ('client_order_ids', 'select'), ('client_order_ids', 'insert'),
                     ('workers', 'select'), ('workers', 'insert'), ('workers', 'update'),
                     ('workers', 'delete'), ('audit_log', 'insert'),
                     ('engine_state', 'update'),
                     ('finalities', 'select'), ('finalities', 'insert'),
                     ('unfinal', 'select'), ('unfinal', 'insert'), ('unfinal', 'delete'),
                     ('vanished', 'select'), ('vanished', 'insert'), ('vanished', 'update'),
                     ('vanished', 'delete'),
                     ('doubts', 'select'), ('doubts', 'insert'), ('doubts', 'delete'),
                     ('turns', 'select'), ('turns', 'insert'), ('turns', 'update'),
                     ('assets', 'select'), ('assets', 'insert'),
                     ('found_pools', 'select'), ('found_pools', 'insert'),
                     ('found_pools', 'update'), ('found_pools', 'delete'),
                     ('wallet_use', 'select'), ('wallet_use', 'insert'),
                     ('wallet_use', 'update'), ('wallet_use', 'delete'),
                     ('checkpoints', 'select'), ('checkpoints', 'insert'),
                     ('checkpoints', 'update'), ('checkpoints', 'delete'),
                     ('waiting_orders', 'select'), ('waiting_orders', 'insert'),
                     ('waiting_orders', 'update'), ('waiting_orders', 'delete'),
                     ('oco_groups', 'select'), ('oco_groups', 'insert'), ('oco_groups', 'update'),
                     ('lane_waiting', 'select'), ('lane_waiting', 'insert'),
                     ('lane_waiting', 'update'),
                     ('pair_highs', 'select'), ('pair_highs', 'insert'), ('pair_highs', 'update'),
                     ('pair_highs', 'delete'),
                     ('volume_looks', 'select'), ('volume_looks', 'insert'),
                     ('volume_looks', 'update'), ('volume_looks', 'delete'),
                     ('volume_minutes', 'select'), ('volume_minutes', 'insert'),
                     ('volume_minutes', 'update'), ('volume_minutes', 'delete'),
                     ('webhooks', 'select'), ('webhooks', 'insert'), ('webhooks', 'update'),
                     ('webhooks', 'delete'),
                     ('dead_webhooks', 'select'), ('dead_webhooks', 'insert'),
                     ('dead_webhooks', 'delete'),
                     ('lane_orders', 'insert'), ('lane_orders', 'update'),
                     ('lane_seconds', 'insert'), ('lane_seconds', 'update')) as n(name, privilege)
        where not has_table_privilege(n.name, n.privilege)) as missing";

/// Whether the server answers, has our tables, and takes writes to them.
pub(crate) async fn ping(db: &Db) -> Result<(), Failure> {
    let found = db.read(PING, &[]).await?;
    let unfit = |reason: Unfit| Failure::Unavailable(Arc::new(reason));
    let Some(row) = found.first() else {
        return Err(unfit(Unfit::ReadOnly));
    };
    if rows::column(row, "read_only")? {
        return Err(unfit(Unfit::ReadOnly));
    }
    match rows::column::<Option<String>>(row, "missing")? {
        Some(missing) => Err(unfit(Unfit::NotAllowed { missing })),
        None => Ok(()),
    }
}

/// A server that answers but cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("the server takes no writes")]
    ReadOnly,
    #[error("the role of DATABASE_URL lacks {missing}")]
    NotAllowed { missing: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_asks_for_rights_on_every_table() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres");
        for file in std::fs::read_dir(folder).expect("the folder is there") {
            let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
            for rest in text.split("create table ").skip(1) {
                let rest = rest.strip_prefix("if not exists ").unwrap_or(rest);
                let (table, _) = rest.split_once(' ').expect("a name and its columns");
                // No release since version 8 of the schema writes it.
                let is_asked = PING.contains(&format!("('{table}', '")) || table == "lane_holds";
                assert!(is_asked, "nobody asks for the rights on {table}");
            }
        }
    }
}
