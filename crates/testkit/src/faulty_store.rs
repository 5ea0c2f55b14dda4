//! A store as somebody reaches it: whatever is on the way may lose a call, or its answer.

mod fills;
mod finality;
mod safety;
mod volumes;
mod waiting;
mod webhooks;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::landing::LandingReport;
use domain::route::PoolRef;
use domain::spending::{Purpose, WalletUse};
use domain::transaction::{Signature, SignedTransaction, TransactionRef};
use domain::{
    Address, Asset, ClientId, ClientOrderId, Event, EventId, IdempotencyKey, Mint, NewEvent, Order,
    OrderId, Seq, WorkerId,
};
use ports::cluster::{Bound, ClusterId, Rebound};
use ports::directory::{KnownPools, VenuePair};
use ports::operations::{AuditEntry, DeadRetry};
use ports::order_history::{Counts, ListFilter, ListPage, Owner, Recent, RecentPage, Watch};
use ports::order_store::{
    Accepted, Claim, Company, DueOrder, DuePage, Expired, Expiry, Idempotency, Lease, NewOrder,
    Recorded, Withdrawal, Withdrawn,
};
use ports::worker_registry::{Beat, Heartbeat, WorkerRow};
use ports::{
    Directory, Operations, OrderHistory, OrderStore, Result, Store, WalletUses, WorkerRegistry,
};

/// What is on the way to a store.
pub trait Weather: Debug + Send + Sync + 'static {
    /// Lets a call through that changes nothing, or does not.
    fn ask<T: Send>(
        &self,
        call: impl Future<Output = Result<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send;

    /// The same for one that changes something: it may do so although nobody hears of it.
    fn tell<T: Outcome>(
        &self,
        write: Write,
        call: impl Future<Output = Result<T>> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send;
}

/// A call that changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    Accept(OrderId),
    Claim(OrderId, WorkerId, Company),
    Record(OrderId),
    RecordSubmission(OrderId),
    Release(OrderId),
    MakeDue(Vec<OrderId>),
    Withdraw(OrderId, Withdrawal),
    Expire(Vec<OrderId>),
    /// A worker says that it lives, or bids farewell.
    Presence,
    Other,
}

/// What a write came to.
pub trait Outcome: Send + Sync + 'static {
    /// Whether it did what it was to do.
    fn has_won(&self) -> bool {
        true
    }

    /// The lease that it gave.
    fn lease(&self) -> Option<&Lease> {
        None
    }
}

impl Outcome for Accepted {
    fn has_won(&self) -> bool {
        matches!(self, Self::Stored(_))
    }
}

impl Outcome for Claim {
    fn has_won(&self) -> bool {
        self.lease().is_some()
    }

    fn lease(&self) -> Option<&Lease> {
        match self {
            Self::Granted(lease) => Some(lease),
            _ => None,
        }
    }
}

impl Outcome for Recorded {
    fn has_won(&self) -> bool {
        matches!(self, Self::Won(_))
    }
}

impl Outcome for Withdrawn {
    fn has_won(&self) -> bool {
        matches!(self, Self::Won { .. })
    }
}

impl Outcome for () {}
impl Outcome for bool {}
impl Outcome for Vec<Expired> {}
impl Outcome for Vec<DueOrder> {}
impl Outcome for Vec<WorkerId> {}
impl Outcome for Heartbeat {}
impl Outcome for DeadRetry {}

impl Outcome for Bound {
    fn has_won(&self) -> bool {
        *self == Self::Fits
    }
}

impl Outcome for Rebound {
    fn has_won(&self) -> bool {
        matches!(self, Self::Done { .. })
    }
}

/// A store behind its weather.
#[derive(Debug)]
pub struct FaultyStore<W> {
    store: Arc<dyn Store>,
    weather: Arc<W>,
}

impl<W: Weather> FaultyStore<W> {
    #[must_use]
    pub fn new(store: Arc<dyn Store>, weather: Arc<W>) -> Self {
        Self { store, weather }
    }

    async fn tell<T: Outcome, F>(
        &self,
        write: Write,
        call: impl FnOnce(Arc<dyn Store>) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let call = call(Arc::clone(&self.store));
        self.weather.tell(write, call).await
    }
}

#[async_trait]
impl<W: Weather> OrderStore for FaultyStore<W> {
    async fn accept(&self, order: NewOrder) -> Result<Accepted> {
        let write = Write::Accept(order.id);
        let call = |store: Arc<dyn Store>| async move { store.accept(order).await };
        self.tell(write, call).await
    }

    async fn answer_for(
        &self,
        client: &ClientId,
        key: &IdempotencyKey,
    ) -> Result<Option<(OrderId, Idempotency)>> {
        self.weather.ask(self.store.answer_for(client, key)).await
    }

    async fn claim_in(&self, order: OrderId, worker: WorkerId, company: Company) -> Result<Claim> {
        let call = move |store: Arc<dyn Store>| async move {
            store.claim_in(order, worker, company).await
        };
        self.tell(Write::Claim(order, worker, company), call).await
    }

    async fn record(&self, lease: &Lease, event: &NewEvent) -> Result<Recorded> {
        let (lease, event) = (lease.clone(), event.clone());
        let write = Write::Record(event.order_id);
        let call = |store: Arc<dyn Store>| async move { store.record(&lease, &event).await };
        self.tell(write, call).await
    }

    async fn record_submission(
        &self,
        lease: &Lease,
        event: &NewEvent,
        transaction: &SignedTransaction,
    ) -> Result<Recorded> {
        let (lease, event, transaction) = (lease.clone(), event.clone(), transaction.clone());
        let write = Write::RecordSubmission(event.order_id);
        let call = |store: Arc<dyn Store>| async move {
            store.record_submission(&lease, &event, &transaction).await
        };
        self.tell(write, call).await
    }

    async fn release_with(
        &self,
        lease: &Lease,
        delay: Duration,
        landing: Option<LandingReport>,
    ) -> Result<()> {
        let lease = lease.clone();
        let write = Write::Release(lease.order.id);
        let call = move |store: Arc<dyn Store>| async move {
            store.release_with(&lease, delay, landing).await
        };
        self.tell(write, call).await
    }

    async fn make_due(&self, orders: &[OrderId]) -> Result<Vec<DueOrder>> {
        let orders = orders.to_vec();
        let write = Write::MakeDue(orders.clone());
        let call = |store: Arc<dyn Store>| async move { store.make_due(&orders).await };
        self.tell(write, call).await
    }

    async fn withdraw(
        &self,
        order: OrderId,
        client: Option<&ClientId>,
        event: EventId,
        withdrawal: Withdrawal,
        reason: &str,
    ) -> Result<Withdrawn> {
        let (client, reason) = (client.cloned(), reason.to_owned());
        let call = move |store: Arc<dyn Store>| async move {
            let client = client.as_ref();
            store
                .withdraw(order, client, event, withdrawal, &reason)
                .await
        };
        self.tell(Write::Withdraw(order, withdrawal), call).await
    }

    async fn expire(&self, expiries: &[Expiry], reason: &str) -> Result<Vec<Expired>> {
        let (expiries, reason) = (expiries.to_vec(), reason.to_owned());
        let write = Write::Expire(expiries.iter().map(|expiry| expiry.order).collect());
        let call = |store: Arc<dyn Store>| async move { store.expire(&expiries, &reason).await };
        self.tell(write, call).await
    }

    async fn due(&self, page: DuePage) -> Result<Vec<DueOrder>> {
        self.weather.ask(self.store.due(page)).await
    }

    async fn due_fairly(&self, per_client: usize, limit: usize) -> Result<Vec<DueOrder>> {
        let call = self.store.due_fairly(per_client, limit);
        self.weather.ask(call).await
    }

    async fn overdue(&self, limit: usize) -> Result<Vec<OrderId>> {
        self.weather.ask(self.store.overdue(limit)).await
    }
}

#[async_trait]
impl<W: Weather> OrderHistory for FaultyStore<W> {
    async fn order(&self, id: OrderId, client: Option<&ClientId>) -> Result<Option<Order>> {
        self.weather.ask(self.store.order(id, client)).await
    }

    async fn order_by_client_id(
        &self,
        client: &ClientId,
        client_order_id: &ClientOrderId,
    ) -> Result<Option<Order>> {
        let call = self.store.order_by_client_id(client, client_order_id);
        self.weather.ask(call).await
    }

    async fn list(&self, filter: &ListFilter) -> Result<ListPage> {
        self.weather.ask(self.store.list(filter)).await
    }

    async fn events(&self, id: OrderId, from: Seq) -> Result<Vec<Event>> {
        self.weather.ask(self.store.events(id, from)).await
    }

    async fn events_for(&self, watches: &[Watch]) -> Result<Vec<Event>> {
        self.weather.ask(self.store.events_for(watches)).await
    }

    async fn recent(&self, page: RecentPage) -> Result<Recent> {
        self.weather.ask(self.store.recent(page)).await
    }

    async fn signatures_of(&self, order: OrderId) -> Result<Vec<Signature>> {
        self.weather.ask(self.store.signatures_of(order)).await
    }

    async fn orders_of(&self, transactions: &[TransactionRef]) -> Result<Vec<Owner>> {
        self.weather.ask(self.store.orders_of(transactions)).await
    }

    async fn open_orders(&self, client: &ClientId, limit: u64) -> Result<u64> {
        self.weather
            .ask(self.store.open_orders(client, limit))
            .await
    }

    async fn counts(&self) -> Result<Counts> {
        self.weather.ask(self.store.counts()).await
    }
}

#[async_trait]
impl<W: Weather> WorkerRegistry for FaultyStore<W> {
    async fn enlist(&self, worker: &WorkerRow) -> Result<()> {
        let worker = worker.clone();
        let call = |store: Arc<dyn Store>| async move { store.enlist(&worker).await };
        self.tell(Write::Other, call).await
    }

    async fn heartbeat(&self, worker: WorkerId, beat: &Beat) -> Result<Heartbeat> {
        let beat = beat.clone();
        let call = move |store: Arc<dyn Store>| async move { store.heartbeat(worker, &beat).await };
        self.tell(Write::Presence, call).await
    }

    async fn retire(&self, worker: WorkerId) -> Result<()> {
        let call = move |store: Arc<dyn Store>| async move { store.retire(worker).await };
        self.tell(Write::Presence, call).await
    }

    async fn mark_silent_dead(&self) -> Result<Vec<WorkerId>> {
        let call = |store: Arc<dyn Store>| async move { store.mark_silent_dead().await };
        self.tell(Write::Other, call).await
    }

    async fn workers(&self) -> Result<Vec<WorkerRow>> {
        self.weather.ask(self.store.workers()).await
    }
}

#[async_trait]
impl<W: Weather> Operations for FaultyStore<W> {
    async fn is_paused(&self) -> Result<bool> {
        self.weather.ask(self.store.is_paused()).await
    }

    async fn set_paused(&self, paused: bool, actor: &str) -> Result<()> {
        let actor = actor.to_owned();
        let call =
            move |store: Arc<dyn Store>| async move { store.set_paused(paused, &actor).await };
        self.tell(Write::Other, call).await
    }

    async fn dead(&self, before: Option<OrderId>, limit: usize) -> Result<Vec<Order>> {
        self.weather.ask(self.store.dead(before, limit)).await
    }

    async fn retry_dead(
        &self,
        dead: OrderId,
        replacement: NewOrder,
        actor: &str,
    ) -> Result<DeadRetry> {
        let actor = actor.to_owned();
        let call = move |store: Arc<dyn Store>| async move {
            store.retry_dead(dead, replacement, &actor).await
        };
        self.tell(Write::Other, call).await
    }

    async fn note_act(&self, actor: &str, action: &str, detail: &str) -> Result<()> {
        let [actor, action, detail] = [actor, action, detail].map(str::to_owned);
        let call = move |store: Arc<dyn Store>| async move {
            store.note_act(&actor, &action, &detail).await
        };
        self.tell(Write::Other, call).await
    }

    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>> {
        self.weather.ask(self.store.audit(before, limit)).await
    }

    async fn bind_cluster(&self, cluster: &ClusterId) -> Result<Bound> {
        let cluster = *cluster;
        let call = move |store: Arc<dyn Store>| async move { store.bind_cluster(&cluster).await };
        self.tell(Write::Other, call).await
    }

    async fn rebind_cluster(&self, cluster: &ClusterId, actor: &str) -> Result<Rebound> {
        let (cluster, actor) = (*cluster, actor.to_owned());
        let call = move |store: Arc<dyn Store>| async move {
            store.rebind_cluster(&cluster, &actor).await
        };
        self.tell(Write::Other, call).await
    }

    async fn ping(&self) -> Result<()> {
        self.weather.ask(self.store.ping()).await
    }
}

#[async_trait]
impl<W: Weather> Directory for FaultyStore<W> {
    async fn asset(&self, mint: Mint) -> Result<Option<Asset>> {
        self.weather.ask(self.store.asset(mint)).await
    }

    async fn keep_asset(&self, asset: &Asset) -> Result<()> {
        let asset = *asset;
        let call = move |store: Arc<dyn Store>| async move { store.keep_asset(&asset).await };
        self.tell(Write::Other, call).await
    }

    async fn pools(&self, pair: &VenuePair) -> Result<Option<KnownPools>> {
        self.weather.ask(self.store.pools(pair)).await
    }

    async fn keep_pools(&self, pair: &VenuePair, pools: &[PoolRef]) -> Result<()> {
        let (pair, pools) = (*pair, pools.to_vec());
        let call =
            move |store: Arc<dyn Store>| async move { store.keep_pools(&pair, &pools).await };
        self.tell(Write::Other, call).await
    }
}

#[async_trait]
impl<W: Weather> WalletUses for FaultyStore<W> {
    async fn uses(&self, wallet: Address, of: &[Purpose]) -> Result<Vec<WalletUse>> {
        self.weather.ask(self.store.uses(wallet, of)).await
    }

    async fn newest_uses(&self, wallet: Address) -> Result<Vec<(Purpose, WalletUse)>> {
        self.weather.ask(self.store.newest_uses(wallet)).await
    }
}
