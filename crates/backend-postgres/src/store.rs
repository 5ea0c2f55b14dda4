//! The store: each promise of the ports is in the file of its name; this file joins them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::landing::LandingReport;
use domain::route::PoolRef;
use domain::spending::{Purpose, WalletUse};
use domain::transaction::{Signature, SignedTransaction, TransactionRef};
use domain::waiting::Highs;
use domain::{
    Address, Asset, ClientId, ClientOrderId, Event, EventId, IdempotencyKey, Mint, NewEvent, Order,
    OrderId, Seq, Terms, Timestamp, WorkerId,
};
use ports::cluster::{Bound, ClusterId, Rebound};
use ports::directory::{KnownPools, VenuePair};
use ports::doubt::{Doubted, LongSubmitted, Spoken};
use ports::finality::{NewFinality, Standing, Turn, Unfinal, UnfinalPage, Waiting};
use ports::operations::{AuditEntry, DeadRetry};
use ports::order_history::{Counts, ListFilter, ListPage, Owner, Recent, RecentPage, Watch};
use ports::order_store::{
    Accepted, Claim, Company, DueOrder, DuePage, Expired, Expiry, Idempotency, Lease, NewOrder,
    Recorded, Withdrawal, Withdrawn,
};
use ports::volumes::{KnownVolume, NewLook};
use ports::waiting::{Changed, NewFiring, News, Pair, StoredHighs, WaitingOrder, WaitingPage};
use ports::worker_registry::{Beat, Heartbeat, WorkerRow};
use ports::{
    Directory, Doubts, Finalities, Operations, OrderHistory, OrderStore, Result, Volumes,
    WaitingOrders, WalletUses, WorkerRegistry,
};
use tokio::task::JoinSet;

use crate::accept::{self, Accept};
use crate::address::ConnectError;
use crate::claim::{self, ClaimOrders};
use crate::coalesce::Coalescer;
use crate::connect;
use crate::db::Db;
use crate::list_desk::{Asker, ListDesk};
use crate::record::{self, Record};
use crate::release::{self, Release};
use crate::settings::PgSettings;
use crate::withdraw;
use crate::{
    cluster, counts, directory, doubt, due, expire, finality, history, housekeeping, list,
    make_due, operations, recent, registry, volumes, waiting, wallet_uses,
};

/// The store on PostgreSQL. It is closed when it is dropped.
#[derive(Debug)]
pub struct PgStore {
    db: Arc<Db>,
    accept: Coalescer<Accept>,
    claim: Coalescer<ClaimOrders>,
    record: Coalescer<Record>,
    release: Coalescer<Release>,
    lists: ListDesk,
    /// The writers and the housekeeping; they end with the store.
    _tasks: JoinSet<()>,
}

impl PgStore {
    /// Connects, migrates if needed, and refuses a server on which nothing would be durable. Waits
    /// for a server that cannot be reached.
    pub async fn connect(settings: PgSettings) -> std::result::Result<Arc<Self>, ConnectError> {
        let db = connect::connect(&settings).await?;
        Ok(Arc::new(Self::over(db, settings.lists)))
    }

    /// The database, for the parts of the store that have a file of their own.
    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    /// Where lists are read.
    pub(crate) const fn lists(&self) -> &ListDesk {
        &self.lists
    }

    fn over(db: Arc<Db>, lists_at_once: usize) -> Self {
        let mut tasks = JoinSet::new();
        let lists = ListDesk::start(&db, lists_at_once, &mut tasks);
        let accept = Coalescer::start(Accept { db: db.clone() }, db.clone(), &mut tasks);
        let claim = Coalescer::start(ClaimOrders { db: db.clone() }, db.clone(), &mut tasks);
        let record = Coalescer::start(Record::new(db.clone()), db.clone(), &mut tasks);
        let release = Coalescer::start(Release, db.clone(), &mut tasks);
        tasks.spawn(housekeeping::probe(db.clone()));
        tasks.spawn(housekeeping::tidy(db.clone()));
        Self {
            db,
            accept,
            claim,
            record,
            release,
            lists,
            _tasks: tasks,
        }
    }
}

#[async_trait]
impl OrderStore for PgStore {
    async fn accept(&self, order: NewOrder) -> Result<Accepted> {
        let request = accept::Request::new(order)?;
        Ok(self.accept.call(request).await?)
    }

    async fn answer_for(
        &self,
        client: &ClientId,
        key: &IdempotencyKey,
    ) -> Result<Option<(OrderId, Idempotency)>> {
        Ok(accept::answer_for(&self.db, client, key).await?)
    }

    async fn claim_in(&self, order: OrderId, worker: WorkerId, company: Company) -> Result<Claim> {
        let request = claim::Request {
            order,
            worker,
            company,
        };
        Ok(self.claim.call(request).await?)
    }

    async fn record(&self, lease: &Lease, event: &NewEvent) -> Result<Recorded> {
        let request = record::Request::new(lease, event, None)?;
        Ok(self.record.call(request).await?)
    }

    async fn record_submission(
        &self,
        lease: &Lease,
        event: &NewEvent,
        transaction: &SignedTransaction,
    ) -> Result<Recorded> {
        let request = record::Request::new(lease, event, Some(transaction))?;
        Ok(self.record.call(request).await?)
    }

    async fn release_with(
        &self,
        lease: &Lease,
        delay: Duration,
        landing: Option<LandingReport>,
    ) -> Result<()> {
        let request = release::Request::new(lease, delay, landing)?;
        Ok(self.release.call(request).await?)
    }

    async fn make_due(&self, orders: &[OrderId]) -> Result<Vec<DueOrder>> {
        Ok(make_due::make_due(&self.db, orders).await?)
    }

    async fn withdraw(
        &self,
        order: OrderId,
        client: Option<&ClientId>,
        event: EventId,
        withdrawal: Withdrawal,
        reason: &str,
    ) -> Result<Withdrawn> {
        let request = withdraw::Request {
            order,
            client,
            event,
            withdrawal,
            reason,
        };
        Ok(withdraw::withdraw(&self.db, &request).await?)
    }

    async fn expire(&self, expiries: &[Expiry], reason: &str) -> Result<Vec<Expired>> {
        Ok(expire::expire(&self.db, expiries, reason).await?)
    }

    async fn due(&self, page: DuePage) -> Result<Vec<DueOrder>> {
        Ok(due::due(&self.db, page).await?)
    }

    async fn due_fairly(&self, per_client: usize, limit: usize) -> Result<Vec<DueOrder>> {
        Ok(due::due_fairly(&self.db, per_client, limit).await?)
    }

    async fn overdue(&self, limit: usize) -> Result<Vec<OrderId>> {
        Ok(due::overdue(&self.db, limit).await?)
    }
}

#[async_trait]
impl OrderHistory for PgStore {
    async fn order(&self, id: OrderId, client: Option<&ClientId>) -> Result<Option<Order>> {
        Ok(history::order(&self.db, id, client).await?)
    }

    async fn order_by_client_id(
        &self,
        client: &ClientId,
        client_order_id: &ClientOrderId,
    ) -> Result<Option<Order>> {
        Ok(history::order_by_client_id(&self.db, client, client_order_id).await?)
    }

    async fn list(&self, filter: &ListFilter) -> Result<ListPage> {
        let filter = filter.clone();
        let read =
            move |db: Arc<Db>, asker: Asker| async move { list::list(&db, &filter, &asker).await };
        Ok(self.lists.read(read).await?)
    }

    async fn events(&self, id: OrderId, from: Seq) -> Result<Vec<Event>> {
        Ok(history::events(&self.db, id, from).await?)
    }

    async fn events_for(&self, watches: &[Watch]) -> Result<Vec<Event>> {
        Ok(history::events_for(&self.db, watches).await?)
    }

    async fn recent(&self, page: RecentPage) -> Result<Recent> {
        let read = move |db: Arc<Db>, _: Asker| async move { recent::recent(&db, page).await };
        Ok(self.lists.read(read).await?)
    }

    async fn signatures_of(&self, order: OrderId) -> Result<Vec<Signature>> {
        Ok(history::signatures_of(&self.db, order).await?)
    }

    async fn orders_of(&self, transactions: &[TransactionRef]) -> Result<Vec<Owner>> {
        Ok(history::orders_of(&self.db, transactions).await?)
    }

    async fn open_orders(&self, client: &ClientId, limit: u64) -> Result<u64> {
        Ok(history::open_orders(&self.db, client, limit).await?)
    }

    async fn counts(&self) -> Result<Counts> {
        Ok(counts::counts(&self.db).await?)
    }
}

#[async_trait]
impl WorkerRegistry for PgStore {
    async fn enlist(&self, worker: &WorkerRow) -> Result<()> {
        Ok(registry::enlist(&self.db, worker).await?)
    }

    async fn heartbeat(&self, worker: WorkerId, beat: &Beat) -> Result<Heartbeat> {
        Ok(registry::heartbeat(&self.db, worker, beat).await?)
    }

    async fn retire(&self, worker: WorkerId) -> Result<()> {
        Ok(registry::retire(&self.db, worker).await?)
    }

    async fn mark_silent_dead(&self) -> Result<Vec<WorkerId>> {
        Ok(registry::mark_silent_dead(&self.db).await?)
    }

    async fn workers(&self) -> Result<Vec<WorkerRow>> {
        Ok(registry::workers(&self.db).await?)
    }
}

#[async_trait]
impl Operations for PgStore {
    async fn is_paused(&self) -> Result<bool> {
        Ok(operations::is_paused(&self.db).await?)
    }

    async fn set_paused(&self, paused: bool, actor: &str) -> Result<()> {
        Ok(operations::set_paused(&self.db, paused, actor).await?)
    }

    async fn dead(&self, before: Option<OrderId>, limit: usize) -> Result<Vec<Order>> {
        let read =
            move |db: Arc<Db>, _: Asker| async move { operations::dead(&db, before, limit).await };
        Ok(self.lists.read(read).await?)
    }

    async fn retry_dead(
        &self,
        dead: OrderId,
        replacement: NewOrder,
        actor: &str,
    ) -> Result<DeadRetry> {
        Ok(operations::retry_dead(&self.db, dead, &replacement, actor).await?)
    }

    async fn note_act(&self, actor: &str, action: &str, detail: &str) -> Result<()> {
        Ok(operations::note_act(&self.db, actor, action, detail).await?)
    }

    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>> {
        let read =
            move |db: Arc<Db>, _: Asker| async move { operations::audit(&db, before, limit).await };
        Ok(self.lists.read(read).await?)
    }

    async fn bind_cluster(&self, cluster: &ClusterId) -> Result<Bound> {
        Ok(cluster::bind(&self.db, cluster).await?)
    }

    async fn rebind_cluster(&self, cluster: &ClusterId, actor: &str) -> Result<Rebound> {
        Ok(cluster::rebind(&self.db, cluster, actor).await?)
    }

    async fn ping(&self) -> Result<()> {
        Ok(operations::ping(&self.db).await?)
    }
}

#[async_trait]
impl Finalities for PgStore {
    async fn waiting(&self, from_slot: u64) -> Result<Waiting> {
        Ok(finality::waiting(&self.db, from_slot).await?)
    }

    async fn unfinal(&self, page: UnfinalPage) -> Result<Vec<Unfinal>> {
        Ok(finality::unfinal(&self.db, page).await?)
    }

    async fn finalize(&self, finalities: &[NewFinality]) -> Result<()> {
        Ok(finality::finalize(&self.db, finalities).await?)
    }

    async fn vanish(&self, order: OrderId) -> Result<bool> {
        Ok(finality::vanish(&self.db, order).await?)
    }

    async fn reappear(&self, order: OrderId) -> Result<bool> {
        Ok(finality::reappear(&self.db, order).await?)
    }

    async fn give_up(&self, order: OrderId) -> Result<bool> {
        Ok(finality::give_up(&self.db, order).await?)
    }

    async fn transaction_of(&self, order: OrderId) -> Result<Option<SignedTransaction>> {
        Ok(finality::transaction_of(&self.db, order).await?)
    }

    async fn standings(&self, orders: &[OrderId]) -> Result<Vec<Standing>> {
        Ok(finality::standings(&self.db, orders).await?)
    }

    async fn take_turn(&self, turn: Turn, lasting: Duration) -> Result<bool> {
        Ok(finality::take_turn(&self.db, turn, lasting).await?)
    }
}

#[async_trait]
impl Doubts for PgStore {
    async fn long_submitted(&self, at_least: Duration, limit: usize) -> Result<Vec<LongSubmitted>> {
        Ok(doubt::long_submitted(&self.db, at_least, limit).await?)
    }

    async fn doubt(&self, order: OrderId, attempt: u32, reason: &str) -> Result<bool> {
        Ok(doubt::doubt(&self.db, order, attempt, reason).await?)
    }

    async fn doubted(&self) -> Result<Doubted> {
        Ok(doubt::doubted(&self.db).await?)
    }

    async fn say_dead(&self, order: OrderId, actor: &str, reason: &str) -> Result<Spoken> {
        Ok(doubt::say_dead(&self.db, order, actor, reason).await?)
    }
}

#[async_trait]
impl Directory for PgStore {
    async fn asset(&self, mint: Mint) -> Result<Option<Asset>> {
        Ok(directory::asset(&self.db, mint).await?)
    }

    async fn keep_asset(&self, asset: &Asset) -> Result<()> {
        Ok(directory::keep_asset(&self.db, asset).await?)
    }

    async fn pools(&self, pair: &VenuePair) -> Result<Option<KnownPools>> {
        Ok(directory::pools(&self.db, pair).await?)
    }

    async fn keep_pools(&self, pair: &VenuePair, pools: &[PoolRef]) -> Result<()> {
        Ok(directory::keep_pools(&self.db, pair, pools).await?)
    }
}

#[async_trait]
impl WalletUses for PgStore {
    async fn uses(&self, wallet: Address, of: &[Purpose]) -> Result<Vec<WalletUse>> {
        Ok(wallet_uses::uses(&self.db, wallet, of).await?)
    }

    async fn newest_uses(&self, wallet: Address) -> Result<Vec<(Purpose, WalletUse)>> {
        Ok(wallet_uses::newest(&self.db, wallet).await?)
    }
}

#[async_trait]
impl Volumes for PgStore {
    async fn volume(&self, pair: &Pair) -> Result<KnownVolume> {
        Ok(volumes::volume(&self.db, pair).await?)
    }

    async fn keep_look(&self, pair: &Pair, look: &NewLook) -> Result<bool> {
        Ok(volumes::keep_look(&self.db, pair, look).await?)
    }
}

#[async_trait]
impl WaitingOrders for PgStore {
    async fn waiting_pairs(&self, after: Option<&Pair>, limit: usize) -> Result<Vec<Pair>> {
        Ok(waiting::pairs(&self.db, after, limit).await?)
    }

    async fn waiting_of_pair(
        &self,
        pair: &Pair,
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<WaitingPage> {
        Ok(waiting::of_pair(&self.db, pair, after, limit).await?)
    }

    async fn touched(
        &self,
        from: Timestamp,
        after: Option<(Timestamp, OrderId)>,
        limit: usize,
    ) -> Result<News> {
        Ok(waiting::touched(&self.db, from, after, limit).await?)
    }

    async fn highs(&self, pair: &Pair) -> Result<StoredHighs> {
        Ok(waiting::highs(&self.db, pair).await?)
    }

    async fn store_highs(&self, pair: &Pair, version: u32, highs: &Highs) -> Result<bool> {
        Ok(waiting::store_highs(&self.db, pair, version, highs).await?)
    }

    async fn waiting_among(&self, orders: &[OrderId]) -> Result<Vec<WaitingOrder>> {
        Ok(waiting::among(&self.db, orders).await?)
    }

    async fn fire(&self, firings: &[NewFiring]) -> Result<Vec<DueOrder>> {
        Ok(waiting::fire(&self.db, firings).await?)
    }

    async fn end_rests(&self, orders: &[OrderId]) -> Result<()> {
        Ok(waiting::end_rests(&self.db, orders).await?)
    }

    async fn change(
        &self,
        order: OrderId,
        client: Option<&ClientId>,
        revision: u32,
        terms: &Terms,
    ) -> Result<Changed> {
        Ok(waiting::change(&self.db, order, client, revision, terms).await?)
    }

    async fn ended_by(&self, confirmed: OrderId) -> Result<Vec<(Event, ClientId)>> {
        Ok(waiting::ended_by(&self.db, confirmed).await?)
    }
}
