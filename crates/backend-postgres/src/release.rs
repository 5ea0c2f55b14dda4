//! Gives orders back without an event.

use std::time::Duration;

use async_trait::async_trait;
use domain::{OrderId, WorkerId};
use ports::order_store::Lease;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::coalesce::Kind;
use crate::db::Connection;
use crate::failure::Failure;
use crate::rows;

/// The write of releases.
pub(crate) struct Release;

/// A lease to give back.
pub(crate) struct Request {
    order: OrderId,
    worker: Uuid,
    fence: i64,
    delay_ms: i64,
}

impl Request {
    pub(crate) fn new(lease: &Lease, delay: Duration) -> Self {
        Self::of(lease.order.id, lease.worker, rows::big(lease.fence), delay)
    }

    /// For an order that cannot be read.
    pub(crate) fn of(order: OrderId, worker: WorkerId, fence: i64, delay: Duration) -> Self {
        Self {
            order,
            worker: worker.uuid(),
            fence,
            delay_ms: rows::millis(delay),
        }
    }
}

/// Locks in the order of the ids, so that two batches do not wait for each other.
const RELEASE: &str = "-- release_orders
with clock as materialized (
    select now_ms() as now
),
held as materialized (
    select o.id, r.delay_ms
    from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::int8[])
        with ordinality as r(id, worker, fence, delay_ms, place)
    join orders o on o.id = r.id
    where place = place + 0
      and o.fence = r.fence and o.lease_worker = r.worker
    order by o.id
    for no key update of o
)
update orders o
set lease_worker = null,
    due_at = clock.now + h.delay_ms
from held h, clock
where o.id = h.id";

#[async_trait]
impl Kind for Release {
    type Request = Request;
    type Answer = ();
    type Key = OrderId;

    fn keys(request: &Request) -> Vec<OrderId> {
        vec![request.order]
    }

    async fn write(
        &self,
        connection: &Connection,
        requests: &[&Request],
    ) -> Result<Vec<()>, Failure> {
        let ids: Vec<Uuid> = requests.iter().map(|r| r.order.uuid()).collect();
        let workers: Vec<Uuid> = requests.iter().map(|r| r.worker).collect();
        let fences: Vec<i64> = requests.iter().map(|r| r.fence).collect();
        let delays: Vec<i64> = requests.iter().map(|r| r.delay_ms).collect();
        let released = connection
            .query(
                RELEASE,
                &[
                    (&ids, Type::UUID_ARRAY),
                    (&workers, Type::UUID_ARRAY),
                    (&fences, Type::INT8_ARRAY),
                    (&delays, Type::INT8_ARRAY),
                ],
            )
            .await
            .map_err(Failure::write);
        released.map(|_| vec![(); requests.len()])
    }
}
