//! Gives orders back without an event.

use std::time::Duration;

use async_trait::async_trait;
use domain::landing::LandingReport;
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
    /// How the transaction fares.
    landing: Option<String>,
}

impl Request {
    pub(crate) fn new(
        lease: &Lease,
        delay: Duration,
        landing: Option<LandingReport>,
    ) -> Result<Self, Failure> {
        let fence = rows::big(lease.fence);
        Ok(Self {
            landing: landing.as_ref().map(rows::json).transpose()?,
            ..Self::of(lease.order.id, lease.worker, fence, delay)
        })
    }

    /// For an order that cannot be read.
    pub(crate) fn of(order: OrderId, worker: WorkerId, fence: i64, delay: Duration) -> Self {
        Self {
            order,
            worker: worker.uuid(),
            fence,
            delay_ms: rows::millis(delay),
            landing: None,
        }
    }
}

/// Locks in the order of the ids, so that two batches do not wait for each other.
const RELEASE: &str = "-- release_orders
with clock as materialized (
    select now_ms() as now
),
held as materialized (
    select o.id, r.delay_ms, r.landing
    from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::int8[], $5::text[])
        with ordinality as r(id, worker, fence, delay_ms, landing, place)
    join orders o on o.id = r.id
    where place = place + 0
      and o.fence = r.fence and o.lease_worker = r.worker
    order by o.id
    for no key update of o
),
told as (
    update order_attempts a
    set landing = h.landing
    from held h
    where h.landing is not null and a.order_id = h.id and a.dead_at is null
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
        let landings: Vec<Option<&str>> = requests.iter().map(|r| r.landing.as_deref()).collect();
        let released = connection
            .query(
                RELEASE,
                &[
                    (&ids, Type::UUID_ARRAY),
                    (&workers, Type::UUID_ARRAY),
                    (&fences, Type::INT8_ARRAY),
                    (&delays, Type::INT8_ARRAY),
                    (&landings, Type::TEXT_ARRAY),
                ],
            )
            .await
            .map_err(Failure::write);
        released.map(|_| vec![(); requests.len()])
    }
}
