//! The events of lately accepted orders.

use domain::OrderId;
use ports::order_history::{Recent, RecentPage};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::db::Db;
use crate::failure::Failure;
use crate::rows;

/// An order has a few events per execution; more than this means a mistake somewhere.
const EVENTS_LIMIT: i64 = 10_000;

/// Ids grow with acceptance: those that are too old come last, and one of them ends the reading.
const IDS: &str = "-- read_recent_order_ids
select id, created_at >= now_ms() - $2 as is_recent
from orders where id < $1 order by id desc limit $3";

const EVENTS: &str = "-- read_recent_events
select e.order_id, e.seq, e.executions, e.at, e.data,
       case when o.schema_version = 1 then o.terms end as terms
from unnest($1::uuid[]) with ordinality as w(order_id, place)
join orders o on o.id = w.order_id
cross join lateral (
    select * from order_events e where e.order_id = w.order_id order by e.seq limit $2
) as e
where place = place + 0
order by w.place, e.seq";

/// A page of them.
pub(crate) async fn recent(db: &Db, page: RecentPage) -> Result<Recent, Failure> {
    let before = page.before.map_or(Uuid::max(), OrderId::uuid);
    let (within, limit) = (rows::millis(page.within), rows::limit(page.limit));
    let found = db
        .read_list(
            IDS,
            &[
                (&before, Type::UUID),
                (&within, Type::INT8),
                (&limit, Type::INT8),
            ],
        )
        .await?;
    let mut ids: Vec<Uuid> = Vec::with_capacity(found.len());
    let mut last = None;
    for row in &found {
        let id = rows::column(row, "id")?;
        let is_recent: bool = rows::column(row, "is_recent")?;
        last = is_recent.then_some(id);
        ids.extend(last);
    }
    let is_full = found.len() == page.limit;
    let events = db
        .read_list(
            EVENTS,
            &[(&ids, Type::UUID_ARRAY), (&EVENTS_LIMIT, Type::INT8)],
        )
        .await?;
    Ok(Recent {
        events: rows::readable_events(&events),
        next: last.filter(|_| is_full).map(OrderId::new),
    })
}
