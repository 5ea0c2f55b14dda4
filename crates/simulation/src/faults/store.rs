//! The store as a process reaches it. Every write is looked at by the witness as soon as it has happened,
//! whether or not anybody hears of it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::transaction::SignedTransaction;
use domain::{
    ClientId, ClientOrderId, Event, EventId, IdempotencyKey, NewEvent, Order, OrderId, Seq,
    WorkerId,
};
use ports::operations::{AuditEntry, DeadRetry};
use ports::order_history::{Counts, ListFilter, ListPage, Watch};
use ports::order_store::{
    Accepted, Claim, Company, DueOrder, DuePage, Expired, Expiry, Idempotency, Lease, NewOrder,
    Recorded, Withdrawal, Withdrawn,
};
use ports::worker_registry::{Beat, Heartbeat, WorkerRow};
use ports::{Operations, OrderHistory, OrderStore, Result, Store, WorkerRegistry};

use super::Line;
use crate::witness::{Act, Witness};

#[derive(Debug)]
pub(crate) struct FaultyStore {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) line: Line,
}

impl FaultyStore {
    fn parts(&self) -> (Arc<dyn Store>, Arc<Witness>) {
        (Arc::clone(&self.store), Arc::clone(&self.witness))
    }
}

#[async_trait]
impl OrderStore for FaultyStore {
    async fn accept(&self, order: NewOrder) -> Result<Accepted> {
        let (store, witness) = self.parts();
        let process = Arc::clone(&self.line.process);
        let write = async move {
            let id = order.id;
            let answer = store.accept(order).await;
            if matches!(answer, Ok(Accepted::Stored(_))) {
                witness.owes(&process, id, Act::Accept);
            }
            witness.look("accept", id).await;
            answer
        };
        self.line.tell(write).await
    }

    async fn answer_for(
        &self,
        client: &ClientId,
        key: &IdempotencyKey,
    ) -> Result<Option<(OrderId, Idempotency)>> {
        self.line.ask(self.store.answer_for(client, key)).await
    }

    async fn claim_in(&self, order: OrderId, worker: WorkerId, company: Company) -> Result<Claim> {
        let (store, witness) = self.parts();
        let process = Arc::clone(&self.line.process);
        let write = async move {
            let answer = store.claim_in(order, worker, company).await;
            if let Ok(Claim::Granted(lease)) = &answer {
                witness.granted(lease, &process);
                let what = match company {
                    Company::Others => "grant",
                    Company::Alone => "grant alone",
                };
                witness.look(what, order).await;
            }
            answer
        };
        let answer = self.line.tell(write).await;
        if matches!(answer, Ok(Claim::Granted(_))) {
            match company {
                Company::Others => self.witness.took_in_company(order, worker),
                Company::Alone => self.witness.took_alone(order, worker),
            }
        }
        answer
    }

    async fn record(&self, lease: &Lease, event: &NewEvent) -> Result<Recorded> {
        let (store, witness) = self.parts();
        let (lease, event) = (lease.clone(), event.clone());
        let write = async move {
            let answer = store.record(&lease, &event).await;
            witness.look("record", event.order_id).await;
            answer
        };
        self.line.tell(write).await
    }

    async fn record_submission(
        &self,
        lease: &Lease,
        event: &NewEvent,
        transaction: &SignedTransaction,
    ) -> Result<Recorded> {
        let (store, witness) = self.parts();
        let (lease, event, transaction) = (lease.clone(), event.clone(), transaction.clone());
        let write = async move {
            let answer = store.record_submission(&lease, &event, &transaction).await;
            witness.look("submission", event.order_id).await;
            answer
        };
        self.line.tell(write).await
    }

    async fn release(&self, lease: &Lease, delay: Duration) -> Result<()> {
        let (store, witness) = self.parts();
        let lease = lease.clone();
        let write = async move {
            let answer = store.release(&lease, delay).await;
            witness.given_back(lease.order.id);
            witness.look("release", lease.order.id).await;
            answer
        };
        self.line.tell(write).await
    }

    async fn withdraw(
        &self,
        order: OrderId,
        client: Option<&ClientId>,
        event: EventId,
        withdrawal: Withdrawal,
        reason: &str,
    ) -> Result<Withdrawn> {
        let (store, witness) = self.parts();
        let (client, reason) = (client.cloned(), reason.to_owned());
        let process = Arc::clone(&self.line.process);
        let write = async move {
            let answer = store
                .withdraw(order, client.as_ref(), event, withdrawal, &reason)
                .await;
            if withdrawal == Withdrawal::Cancelled && matches!(answer, Ok(Withdrawn::Won { .. })) {
                witness.owes(&process, order, Act::Cancel);
            }
            witness.look("withdrawal", order).await;
            answer
        };
        self.line.tell(write).await
    }

    async fn expire(&self, expiries: &[Expiry], reason: &str) -> Result<Vec<Expired>> {
        let (store, witness) = self.parts();
        let (expiries, reason) = (expiries.to_vec(), reason.to_owned());
        let write = async move {
            let answer = store.expire(&expiries, &reason).await;
            for expiry in &expiries {
                witness.look("expiry", expiry.order).await;
            }
            answer
        };
        self.line.tell(write).await
    }

    async fn due(&self, page: DuePage) -> Result<Vec<DueOrder>> {
        self.line.ask(self.store.due(page)).await
    }

    async fn due_fairly(&self, per_client: usize, limit: usize) -> Result<Vec<DueOrder>> {
        self.line
            .ask(self.store.due_fairly(per_client, limit))
            .await
    }

    async fn overdue(&self, limit: usize) -> Result<Vec<OrderId>> {
        self.line.ask(self.store.overdue(limit)).await
    }
}

#[async_trait]
impl OrderHistory for FaultyStore {
    async fn order(&self, id: OrderId, client: Option<&ClientId>) -> Result<Option<Order>> {
        self.line.ask(self.store.order(id, client)).await
    }

    async fn order_by_client_id(
        &self,
        client: &ClientId,
        client_order_id: &ClientOrderId,
    ) -> Result<Option<Order>> {
        let asked = self.store.order_by_client_id(client, client_order_id);
        self.line.ask(asked).await
    }

    async fn list(&self, filter: &ListFilter) -> Result<ListPage> {
        self.line.ask(self.store.list(filter)).await
    }

    async fn events(&self, id: OrderId, from: Seq) -> Result<Vec<Event>> {
        self.line.ask(self.store.events(id, from)).await
    }

    async fn events_for(&self, watches: &[Watch]) -> Result<Vec<Event>> {
        self.line.ask(self.store.events_for(watches)).await
    }

    async fn open_orders(&self, client: &ClientId, limit: u64) -> Result<u64> {
        self.line.ask(self.store.open_orders(client, limit)).await
    }

    async fn counts(&self) -> Result<Counts> {
        self.line.ask(self.store.counts()).await
    }
}

#[async_trait]
impl WorkerRegistry for FaultyStore {
    async fn enlist(&self, worker: &WorkerRow) -> Result<()> {
        let (store, worker) = (Arc::clone(&self.store), worker.clone());
        let write = async move { store.enlist(&worker).await };
        self.line.tell(write).await
    }

    async fn heartbeat(&self, worker: WorkerId, beat: &Beat) -> Result<Heartbeat> {
        let (store, beat) = (Arc::clone(&self.store), beat.clone());
        let write = async move { store.heartbeat(worker, &beat).await };
        let process = &self.line.process;
        process.be_heard(self.line.tell(write)).await
    }

    async fn retire(&self, worker: WorkerId) -> Result<()> {
        let store = Arc::clone(&self.store);
        let write = async move { store.retire(worker).await };
        let process = &self.line.process;
        process.be_heard(self.line.tell(write)).await
    }

    async fn bury_silent(&self) -> Result<Vec<WorkerId>> {
        let store = Arc::clone(&self.store);
        self.line
            .tell(async move { store.bury_silent().await })
            .await
    }

    async fn workers(&self) -> Result<Vec<WorkerRow>> {
        self.line.ask(self.store.workers()).await
    }
}

#[async_trait]
impl Operations for FaultyStore {
    async fn is_paused(&self) -> Result<bool> {
        self.line.ask(self.store.is_paused()).await
    }

    async fn set_paused(&self, paused: bool, actor: &str) -> Result<()> {
        let (store, actor) = (Arc::clone(&self.store), actor.to_owned());
        let write = async move { store.set_paused(paused, &actor).await };
        self.line.tell(write).await
    }

    async fn dead(&self, before: Option<OrderId>, limit: usize) -> Result<Vec<Order>> {
        self.line.ask(self.store.dead(before, limit)).await
    }

    async fn retry_dead(
        &self,
        dead: OrderId,
        replacement: NewOrder,
        actor: &str,
    ) -> Result<DeadRetry> {
        let (store, actor) = (Arc::clone(&self.store), actor.to_owned());
        let write = async move { store.retry_dead(dead, replacement, &actor).await };
        self.line.tell(write).await
    }

    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>> {
        self.line.ask(self.store.audit(before, limit)).await
    }

    async fn ping(&self) -> Result<()> {
        self.line.ask(self.store.ping()).await
    }
}
