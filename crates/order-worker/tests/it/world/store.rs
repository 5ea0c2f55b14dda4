//! A store whose answers get lost, or that is away altogether: faults around a real one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
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
use ports::{Error, Operations, OrderHistory, OrderStore, Result, Store, WorkerRegistry};

#[derive(Debug)]
pub(crate) struct FaultyStore {
    inner: Arc<dyn Store>,
    is_away: AtomicBool,
    claims_unheard: AtomicU32,
    grants_unheard: AtomicU32,
    records_unheard: AtomicU32,
    expiries: AtomicU32,
    expiries_unheard: AtomicU32,
    holds_expiries: AtomicBool,
}

impl FaultyStore {
    pub(crate) fn around(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            is_away: AtomicBool::new(false),
            claims_unheard: AtomicU32::new(0),
            grants_unheard: AtomicU32::new(0),
            records_unheard: AtomicU32::new(0),
            expiries: AtomicU32::new(0),
            expiries_unheard: AtomicU32::new(0),
            holds_expiries: AtomicBool::new(false),
        })
    }

    /// The store itself, which answers whatever the faults.
    pub(crate) const fn inner(&self) -> &Arc<dyn Store> {
        &self.inner
    }

    pub(crate) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// The next claims take effect, and nobody hears of it.
    pub(crate) fn lose_answers_to_claims(&self, count: u32) {
        self.claims_unheard.store(count, Ordering::SeqCst);
    }

    /// The next grants take effect, and nobody hears of them.
    pub(crate) fn lose_grants(&self, count: u32) {
        self.grants_unheard.store(count, Ordering::SeqCst);
    }

    /// The next events are recorded, and nobody hears of it.
    pub(crate) fn lose_answers_to_records(&self, count: u32) {
        self.records_unheard.store(count, Ordering::SeqCst);
    }

    /// The next orders expire, and nobody hears of it.
    pub(crate) fn lose_answers_to_expiries(&self, count: u32) {
        self.expiries_unheard.store(count, Ordering::SeqCst);
    }

    /// How often orders were to expire.
    pub(crate) fn expiries(&self) -> u32 {
        self.expiries.load(Ordering::SeqCst)
    }

    /// From now on orders that are to expire keep their callers waiting for ever.
    pub(crate) fn hold_expiries(&self) {
        self.holds_expiries.store(true, Ordering::SeqCst);
    }

    fn reach(&self) -> Result<&dyn Store> {
        if self.is_away.load(Ordering::SeqCst) {
            Err(Error::unavailable("the store", "taken away by the test"))
        } else {
            Ok(self.inner.as_ref())
        }
    }
}

fn unless_lost<T>(left: &AtomicU32, answer: T) -> Result<T> {
    let lost = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
        left.checked_sub(1)
    });
    if lost.is_ok() {
        Err(Error::outcome_unknown("the store", "lost by the test"))
    } else {
        Ok(answer)
    }
}

#[async_trait]
impl OrderStore for FaultyStore {
    async fn accept(&self, order: NewOrder) -> Result<Accepted> {
        self.reach()?.accept(order).await
    }

    async fn answer_for(
        &self,
        client: &ClientId,
        key: &IdempotencyKey,
    ) -> Result<Option<(OrderId, Idempotency)>> {
        self.reach()?.answer_for(client, key).await
    }

    async fn claim_in(&self, order: OrderId, worker: WorkerId, company: Company) -> Result<Claim> {
        let answer = self.reach()?.claim_in(order, worker, company).await?;
        let answer = match answer {
            Claim::Granted(_) if company == Company::Others => {
                unless_lost(&self.grants_unheard, answer)?
            }
            answer => answer,
        };
        unless_lost(&self.claims_unheard, answer)
    }

    async fn record(&self, lease: &Lease, event: &NewEvent) -> Result<Recorded> {
        let answer = self.reach()?.record(lease, event).await?;
        unless_lost(&self.records_unheard, answer)
    }

    async fn record_submission(
        &self,
        lease: &Lease,
        event: &NewEvent,
        transaction: &SignedTransaction,
    ) -> Result<Recorded> {
        let store = self.reach()?;
        let answer = store.record_submission(lease, event, transaction).await?;
        unless_lost(&self.records_unheard, answer)
    }

    async fn release(&self, lease: &Lease, delay: Duration) -> Result<()> {
        self.reach()?.release(lease, delay).await
    }

    async fn withdraw(
        &self,
        order: OrderId,
        client: Option<&ClientId>,
        event: EventId,
        withdrawal: Withdrawal,
        reason: &str,
    ) -> Result<Withdrawn> {
        let store = self.reach()?;
        store
            .withdraw(order, client, event, withdrawal, reason)
            .await
    }

    async fn expire(&self, expiries: &[Expiry], reason: &str) -> Result<Vec<Expired>> {
        self.expiries.fetch_add(1, Ordering::SeqCst);
        if self.holds_expiries.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let answer = self.reach()?.expire(expiries, reason).await?;
        unless_lost(&self.expiries_unheard, answer)
    }

    async fn due(&self, page: DuePage) -> Result<Vec<DueOrder>> {
        self.reach()?.due(page).await
    }

    async fn due_fairly(&self, per_client: usize, limit: usize) -> Result<Vec<DueOrder>> {
        self.reach()?.due_fairly(per_client, limit).await
    }

    async fn overdue(&self, limit: usize) -> Result<Vec<OrderId>> {
        self.reach()?.overdue(limit).await
    }
}

#[async_trait]
impl OrderHistory for FaultyStore {
    async fn order(&self, id: OrderId, client: Option<&ClientId>) -> Result<Option<Order>> {
        self.reach()?.order(id, client).await
    }

    async fn order_by_client_id(
        &self,
        client: &ClientId,
        client_order_id: &ClientOrderId,
    ) -> Result<Option<Order>> {
        self.reach()?
            .order_by_client_id(client, client_order_id)
            .await
    }

    async fn list(&self, filter: &ListFilter) -> Result<ListPage> {
        self.reach()?.list(filter).await
    }

    async fn events(&self, id: OrderId, from: Seq) -> Result<Vec<Event>> {
        self.reach()?.events(id, from).await
    }

    async fn events_for(&self, watches: &[Watch]) -> Result<Vec<Event>> {
        self.reach()?.events_for(watches).await
    }

    async fn open_orders(&self, client: &ClientId, limit: u64) -> Result<u64> {
        self.reach()?.open_orders(client, limit).await
    }

    async fn counts(&self) -> Result<Counts> {
        self.reach()?.counts().await
    }
}

#[async_trait]
impl WorkerRegistry for FaultyStore {
    async fn enlist(&self, worker: &WorkerRow) -> Result<()> {
        self.reach()?.enlist(worker).await
    }

    async fn heartbeat(&self, worker: WorkerId, beat: &Beat) -> Result<Heartbeat> {
        self.reach()?.heartbeat(worker, beat).await
    }

    async fn retire(&self, worker: WorkerId) -> Result<()> {
        self.reach()?.retire(worker).await
    }

    async fn bury_silent(&self) -> Result<Vec<WorkerId>> {
        self.reach()?.bury_silent().await
    }

    async fn workers(&self) -> Result<Vec<WorkerRow>> {
        self.reach()?.workers().await
    }
}

#[async_trait]
impl Operations for FaultyStore {
    async fn is_paused(&self) -> Result<bool> {
        self.reach()?.is_paused().await
    }

    async fn set_paused(&self, paused: bool, actor: &str) -> Result<()> {
        self.reach()?.set_paused(paused, actor).await
    }

    async fn dead(&self, before: Option<OrderId>, limit: usize) -> Result<Vec<Order>> {
        self.reach()?.dead(before, limit).await
    }

    async fn retry_dead(
        &self,
        dead: OrderId,
        replacement: NewOrder,
        actor: &str,
    ) -> Result<DeadRetry> {
        self.reach()?.retry_dead(dead, replacement, actor).await
    }

    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>> {
        self.reach()?.audit(before, limit).await
    }

    async fn ping(&self) -> Result<()> {
        self.reach()?.ping().await
    }
}
