//! Giving orders back without an event.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::OrderId;
use ports::order_store::Lease;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::coalesce::Kind;
use crate::db::{Connection, Db};
use crate::failure::Failure;
use crate::rows;
use crate::unsettled::UnsettledLease;

/// The write of releases.
pub(crate) struct Release {
    pub(crate) db: Arc<Db>,
}

/// A lease to give back.
pub(crate) struct Request {
    order: OrderId,
    worker: Uuid,
    fence: i64,
    delay_ms: i64,
}

impl Request {
    pub(crate) fn new(lease: &Lease, delay: Duration) -> Self {
        Self {
            order: lease.order.id,
            worker: lease.worker.uuid(),
            fence: rows::big(lease.fence),
            delay_ms: rows::millis(delay),
        }
    }

    /// Of an order of which nothing else is known.
    pub(crate) fn of_unreadable(lease: UnsettledLease, fence: i64, delay: Duration) -> Self {
        Self {
            order: lease.order,
            worker: lease.worker.uuid(),
            fence,
            delay_ms: rows::millis(delay),
        }
    }
}

const RELEASE: &str = "-- release_orders
with clock as materialized (
    select now_ms() as now
),
held as materialized (
    select o.id, r.worker, r.delay_ms, clock.now
    from unnest($2::uuid[], $3::uuid[], $4::int8[], $5::int8[]) as r(id, worker, fence, delay_ms)
    cross join clock
    join orders o on o.id = r.id
    where o.fence = r.fence and o.lease_worker = r.worker and o.ended_at is null
    order by o.id
    for no key update of o
),
released as (
    update orders o
    set lease_worker = null,
        due_at = h.now + h.delay_ms
    from held h
    where o.id = h.id
)
select count_held($1, max(now), '{}', array_agg(worker)) from held having count(*) > 0";

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
        let lane = self.db.lane(connection).await.map_err(Failure::read)?;
        let ids: Vec<Uuid> = requests.iter().map(|r| r.order.uuid()).collect();
        let workers: Vec<Uuid> = requests.iter().map(|r| r.worker).collect();
        let fences: Vec<i64> = requests.iter().map(|r| r.fence).collect();
        let delays: Vec<i64> = requests.iter().map(|r| r.delay_ms).collect();
        let released = connection
            .query(
                RELEASE,
                &[
                    (&lane, Type::INT8),
                    (&ids, Type::UUID_ARRAY),
                    (&workers, Type::UUID_ARRAY),
                    (&fences, Type::INT8_ARRAY),
                    (&delays, Type::INT8_ARRAY),
                ],
            )
            .await
            .map_err(Failure::write);
        self.db.settle_lane(lane, &released);
        released.map(|_| vec![(); requests.len()])
    }
}
