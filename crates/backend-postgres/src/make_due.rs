//! Ends the waiting of submitted orders of whose transactions there is news, in one statement.

use domain::OrderId;
use ports::order_store::DueOrder;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::Db;
use crate::due::is_free;
use crate::failure::Failure;
use crate::rows;

/// A row that another transaction is writing is skipped: somebody has the order in his hands. Those that are due already
/// are told and not written.
const MAKE_DUE: &str = concat!(
    "-- make_due
with clock as materialized (
    select now_ms() as now
),
free as materialized (
    select o.id, o.client, o.due_at, last.status as last_status, o.firing is not null as has_fired, clock.now
    from unnest($1::uuid[]) with ordinality as named(id, place)
    cross join clock
    join orders o on o.id = named.id
    cross join lateral (
        select e.status from order_events e where e.order_id = o.id order by e.seq desc limit 1
    ) as last
    where place = place + 0
      and last.status = 3
      and o.due_at is not null
      and o.schema_version <= $3
      and ",
    is_free!("(clock.now - $2)"),
    "
    order by o.id
    for no key update of o skip locked
),
hurried as (
    update orders o
    set due_at = f.now
    from free f
    where o.id = f.id and f.due_at > f.now
)
select id, client, least(due_at, now) as due_at, last_status, has_fired from free"
);

/// Those of these orders that are due by this.
pub(crate) async fn make_due(db: &Db, orders: &[OrderId]) -> Result<Vec<DueOrder>, Failure> {
    let ids: Vec<Uuid> = orders.iter().map(|order| order.uuid()).collect();
    let lease = db.lease_ms();
    let version = rows::schema_version();
    let found = db
        .write(
            MAKE_DUE,
            &[
                (&ids, Type::UUID_ARRAY),
                (&lease, Type::INT8),
                (&version, Type::INT2),
            ],
        )
        .await?;
    found.iter().map(rows::due_order).collect()
}
