//! [`OrderStore`] on SQLite. Texts are serialised and parsed on the caller's side if possible; the
//! writer only moves bytes.

use std::time::Duration;

use async_trait::async_trait;
use domain::landing::LandingReport;
use domain::transaction::SignedTransaction;
use domain::{ClientId, EventId, IdempotencyKey, NewEvent, Order, OrderId, WorkerId};
use ports::order_store::{
    Accepted, Claim, Company, DueOrder, DuePage, Expired, Expiry, Idempotency, Lease, NewOrder,
    Recorded, UNREADABLE_REST, Withdrawal, Withdrawn,
};
use ports::{OrderStore, Result};

use super::SqliteStore;
use crate::error::Fault;
use crate::reading;
use crate::reading::due::Workers;
use crate::writer::accept::{self, Accept, Naming};
use crate::writer::record::{self, Record};
use crate::writer::{claim, make_due, release, withdraw};

#[async_trait]
impl OrderStore for SqliteStore {
    async fn accept(&self, order: NewOrder) -> Result<Accepted> {
        let event = Order::accepted(order.id, order.event_id);
        let outcome = self.write(Accept::new(order, Naming::Claimed)?).await?;
        Ok(match outcome {
            accept::Outcome::Stored { at } => Accepted::Stored(event.recorded(at)),
            accept::Outcome::Replayed { order, answer } => Accepted::Replayed {
                order_id: order,
                answer,
            },
            accept::Outcome::KeyReused => Accepted::KeyReused,
            accept::Outcome::ClientOrderIdTaken { order } => {
                Accepted::ClientOrderIdTaken { order_id: order }
            }
            accept::Outcome::OcoGroupDone => Accepted::OcoGroupDone,
            accept::Outcome::OcoGroupFull => Accepted::OcoGroupFull,
        })
    }

    async fn answer_for(
        &self,
        client: &ClientId,
        key: &IdempotencyKey,
    ) -> Result<Option<(OrderId, Idempotency)>> {
        let (client, key) = (client.clone(), key.clone());
        self.read(move |db| reading::order::answer_for(db, &client, &key))
            .await
    }

    async fn claim_in(&self, order: OrderId, worker: WorkerId, company: Company) -> Result<Claim> {
        let claim = claim::Claim {
            order,
            worker,
            company,
        };
        let outcome = self.write(claim).await?;
        let claim::Unreadable { fence, fault } = match claim::Claim::answer(order, worker, outcome)
        {
            Ok(answer) => return Ok(answer),
            Err(unreadable) => unreadable,
        };
        tracing::error!(order.id = %order, error = %fault, "order {order} cannot be read: {fault}");
        let put_off = release::Release {
            order,
            worker,
            fence,
            delay: UNREADABLE_REST,
            landing: None,
        };
        self.write(put_off).await?;
        Ok(Claim::Unknown)
    }

    async fn record(&self, lease: &Lease, event: &NewEvent) -> Result<Recorded> {
        let outcome = self.write(Record::new(lease, event)?).await?;
        Ok(recorded(event, &outcome))
    }

    async fn record_submission(
        &self,
        lease: &Lease,
        event: &NewEvent,
        transaction: &SignedTransaction,
    ) -> Result<Recorded> {
        let submission = Record::submission(lease, event, transaction)?;
        let outcome = self.write(submission).await?;
        Ok(recorded(event, &outcome))
    }

    async fn release_with(
        &self,
        lease: &Lease,
        delay: Duration,
        landing: Option<LandingReport>,
    ) -> Result<()> {
        let landing = landing.map(|it| serde_json::to_string(&it));
        self.write(release::Release {
            order: lease.order.id,
            worker: lease.worker,
            fence: i64::try_from(lease.fence).unwrap_or(i64::MAX),
            delay,
            landing: landing.transpose().map_err(Fault::from)?,
        })
        .await
    }

    async fn make_due(&self, orders: &[OrderId]) -> Result<Vec<DueOrder>> {
        let orders = orders.to_vec();
        self.write(make_due::MakeDue { orders }).await
    }

    async fn withdraw(
        &self,
        order: OrderId,
        client: Option<&ClientId>,
        event: EventId,
        withdrawal: Withdrawal,
        reason: &str,
    ) -> Result<Withdrawn> {
        self.write(withdraw::Withdraw {
            order,
            client: client.cloned(),
            event,
            withdrawal,
            reason: reason.to_owned(),
        })
        .await
    }

    async fn expire(&self, expiries: &[Expiry], reason: &str) -> Result<Vec<Expired>> {
        self.write(withdraw::Expire {
            expiries: expiries.to_vec(),
            reason: reason.to_owned(),
        })
        .await
    }

    async fn due(&self, page: DuePage) -> Result<Vec<DueOrder>> {
        let due = self.due_now();
        let workers = self.live_workers();
        self.read(move |db| reading::due::due(db, &page, due, &workers))
            .await
    }

    async fn due_fairly(&self, per_client: usize, limit: usize) -> Result<Vec<DueOrder>> {
        let due = self.due_now();
        let workers = self.live_workers();
        let clients = self.live().clients_with_open_orders();
        let most = (per_client, limit);
        self.read(move |db| reading::due::due_fairly(db, &clients, most, due, &workers))
            .await
    }

    async fn overdue(&self, limit: usize) -> Result<Vec<OrderId>> {
        let now = self.now();
        self.read(move |db| reading::due::overdue(db, limit, now))
            .await
    }
}

impl SqliteStore {
    fn live_workers(&self) -> Workers {
        let (live, monotonic) = (self.live(), self.clock.monotonic());
        Workers {
            alive: live.alive(monotonic),
            wallets: live.wallets_here(monotonic),
        }
    }
}

fn recorded(event: &NewEvent, outcome: &record::Outcome) -> Recorded {
    match outcome {
        record::Outcome::Won { at } => Recorded::Won(event.clone().recorded(*at)),
        record::Outcome::Withdrawn => Recorded::Withdrawn,
        record::Outcome::Expired => Recorded::Expired,
        record::Outcome::NoRoom(no_room) => Recorded::NoRoom(*no_room),
        record::Outcome::LeaseLost => Recorded::LeaseLost,
    }
}
