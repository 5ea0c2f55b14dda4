//! Test data of the suites: orders, workers, events, and a bounded wait for a condition.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::event::{Failure, FailureCode};
use domain::order::OrderType;
use domain::quote::{Answer, Choice, Decision, Fill, Offer, PoolQuote, Receipt};
use domain::route::{Leg, PoolRef};
use domain::spending::Outlay;
use domain::transaction::{Blockhash, Height, Signature, SignedTransaction};
use domain::venue::{Program, VenueSet};
use domain::{
    Address, Asset, BaseUnits, Bps, ClientId, ClientOrderId, EventData, EventId, IdempotencyKey,
    Mint, NewEvent, Order, OrderId, Route, Terms, Timestamp, WorkerId,
};
use ports::finality::Standing;
use ports::order_store::{Accepted, Claim, Idempotency, Lease, NewOrder, Recorded};
use ports::worker_registry::{Beat, WorkerRow};
use ports::{Clock, Random, Store, SystemClock};

/// An asset without a symbol.
pub(super) const UNLISTED: Asset = Asset::token(
    Mint::literal("9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump"),
    6,
);

/// Makes what a test needs; every id comes later than the one before it.
#[derive(Debug)]
pub struct Given {
    random: Random,
    next_ms: AtomicI64,
}

impl Default for Given {
    fn default() -> Self {
        Self::new()
    }
}

impl Given {
    /// A source of fresh ids.
    #[must_use]
    pub fn new() -> Self {
        Self {
            random: Random::from_system(),
            next_ms: AtomicI64::new(SystemClock::new().now().as_millis()),
        }
    }

    fn tick(&self) -> Timestamp {
        Timestamp::from_millis(self.next_ms.fetch_add(1, Ordering::Relaxed))
    }

    /// An order's id, greater than all before.
    pub fn order_id(&self) -> OrderId {
        self.random.order_id(self.tick())
    }

    /// An event's id.
    pub fn event_id(&self) -> EventId {
        self.random.event_id(self.tick())
    }

    /// An identity that no worker has had.
    pub fn worker_id(&self) -> WorkerId {
        self.random.worker_id(self.tick())
    }

    /// A client by name.
    pub fn client(&self, name: &str) -> ClientId {
        ClientId::parse(name).expect("invariant: the test names a valid client")
    }

    /// A plain order of this client.
    pub fn order_of(&self, client: &ClientId) -> NewOrder {
        NewOrder {
            id: self.order_id(),
            event_id: self.event_id(),
            client: client.clone(),
            terms: terms(),
            trace_context: Some(
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
            ),
            idempotency: None,
        }
    }

    /// A plain order.
    pub fn order(&self) -> NewOrder {
        self.order_of(&ClientId::anyone())
    }

    /// A plain order under an idempotency key; its answer holds its id.
    pub fn order_with_key(&self, key: &str, fingerprint: u8) -> NewOrder {
        let mut order = self.order();
        order.idempotency = Some(Idempotency {
            key: IdempotencyKey::parse(key).expect("invariant: the test names a valid key"),
            fingerprint: [fingerprint; 32],
            answer: Arc::from(format!(r#"{{"orderId":"{}"}}"#, order.id).into_bytes()),
        });
        order
    }

    /// A plain order to which its client gives this name.
    pub fn order_called(&self, name: &str) -> NewOrder {
        let mut order = self.order();
        order.terms.client_order_id =
            Some(ClientOrderId::parse(name).expect("invariant: the test names a valid id"));
        order
    }

    /// An accepted plain order.
    pub async fn accepted(&self, store: &Arc<dyn Store>) -> OrderId {
        self.accept(store, self.order()).await
    }

    /// Accepts this order; nothing conflicts with it.
    pub async fn accept(&self, store: &Arc<dyn Store>, order: NewOrder) -> OrderId {
        let id = order.id;
        let accepted = store.accept(order).await.expect("accept answers");
        assert!(
            matches!(accepted, Accepted::Stored(_)),
            "not stored: {accepted:?}"
        );
        id
    }

    /// A live worker.
    pub async fn worker(&self, store: &Arc<dyn Store>) -> WorkerId {
        let row = self.worker_row();
        store.enlist(&row).await.expect("enlist answers");
        row.id
    }

    /// A worker's row at its registration.
    pub fn worker_row(&self) -> WorkerRow {
        let at = self.tick();
        WorkerRow {
            id: self.random.worker_id(at),
            version: "0.1.0".to_owned(),
            host: "contract".to_owned(),
            slots: 10,
            limits: "SOL:5/order".to_owned(),
            running: 0,
            wallets: Vec::new(),
            started_at: at,
            seen_at: at,
        }
    }

    /// A lease of this order for a fresh worker.
    pub async fn leased(&self, store: &Arc<dyn Store>, order: OrderId) -> Lease {
        let worker = self.worker(store).await;
        granted(store, order, worker).await
    }

    /// A new order that a fresh worker has submitted.
    pub async fn submitted(&self, store: &Arc<dyn Store>) -> (Lease, SignedTransaction) {
        let order = self.accepted(store).await;
        let mut lease = self.leased(store, order).await;
        self.build(store, &mut lease).await;
        let transaction = self.submit(store, &mut lease).await;
        (lease, transaction)
    }

    /// The next event in the order's life.
    pub fn next(&self, order: &Order, data: EventData) -> NewEvent {
        order
            .propose(self.event_id(), data)
            .expect("the test proposes a legal event")
    }

    /// Records the next event, and applies it to the lease's order.
    pub async fn record(&self, store: &Arc<dyn Store>, lease: &mut Lease, data: EventData) {
        let event = self.next(&lease.order, data);
        let recorded = store.record(lease, &event).await.expect("record answers");
        follow(lease, recorded);
    }

    /// Records a submission, and applies it to the lease's order.
    pub async fn submit(&self, store: &Arc<dyn Store>, lease: &mut Lease) -> SignedTransaction {
        let transaction = self.transaction();
        let event = self.next(&lease.order, submitted(&transaction));
        let recorded = store
            .record_submission(lease, &event, &transaction)
            .await
            .expect("record_submission answers");
        follow(lease, recorded);
        transaction
    }

    /// Takes a leased, pending order up to building.
    pub async fn build(&self, store: &Arc<dyn Store>, lease: &mut Lease) {
        self.record(store, lease, EventData::RoutingStarted).await;
        self.record(store, lease, routed()).await;
    }

    /// Takes a leased, pending order through the rest of its life.
    pub async fn confirm(&self, store: &Arc<dyn Store>, lease: &mut Lease) -> SignedTransaction {
        self.build(store, lease).await;
        let transaction = self.submit(store, lease).await;
        self.fill(store, lease, &transaction).await;
        transaction
    }

    /// Records that a submitted order's transaction was executed.
    pub async fn fill(
        &self,
        store: &Arc<dyn Store>,
        lease: &mut Lease,
        transaction: &SignedTransaction,
    ) {
        self.record(store, lease, confirmed(transaction)).await;
    }

    /// Takes a leased, pending order through the rest of its life; its transaction may spend this.
    pub async fn live(&self, store: &Arc<dyn Store>, mut lease: Lease, outlay: Option<Outlay>) {
        self.build(store, &mut lease).await;
        let transaction = SignedTransaction {
            outlay: outlay.map(Box::new),
            ..self.transaction()
        };
        let event = self.next(&lease.order, submitted(&transaction));
        let recorded = store.record_submission(&lease, &event, &transaction).await;
        follow(&mut lease, recorded.expect("record_submission answers"));
        lease.live_transaction = Some(transaction.clone());
        self.record(store, &mut lease, confirmed(&transaction))
            .await;
    }

    /// A signed transaction, different from all others.
    pub fn transaction(&self) -> SignedTransaction {
        let mut signature = [0; 64];
        for chunk in signature.chunks_mut(8) {
            chunk.copy_from_slice(&self.random.bits().to_le_bytes());
        }
        SignedTransaction {
            signature: Signature::from_bytes(&signature),
            bytes: Arc::from(signature.as_slice()),
            last_valid_height: Height::new(1_150),
            blockhash: Some(Blockhash::new([3; 32])),
            outlay: None,
        }
    }
}

/// A heartbeat of a worker that has had an answer to every earlier one.
pub(super) fn beat(number: u64, holding: &[OrderId]) -> Beat {
    Beat {
        number,
        heard: number - 1,
        holding: holding.to_vec(),
    }
}

/// Claims an order; nothing prevents the grant.
pub(super) async fn granted(store: &Arc<dyn Store>, order: OrderId, worker: WorkerId) -> Lease {
    match store.claim(order, worker).await.expect("claim answers") {
        Claim::Granted(lease) => *lease,
        other => panic!("not granted: {other:?}"),
    }
}

#[track_caller]
fn follow(lease: &mut Lease, recorded: Recorded) {
    let Recorded::Won(event) = recorded else {
        panic!("not recorded: {recorded:?}");
    };
    lease.order = lease.order.clone().apply(event).expect("a legal event");
}

/// An order to sell 1.5 SOL.
#[must_use]
pub fn terms() -> Terms {
    Terms {
        order_type: OrderType::Market,
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(1_500_000_000),
        amount_out: None,
        slippage: Bps::DEFAULT,
        min_amount_out: None,
        venues: VenueSet::ALL,
        client_order_id: None,
        valid_for_seconds: None,
        fee_level: None,
        max_impact: None,
        wallet: None,
        oco_group: None,
    }
}

const POOL: Address = Address::literal("7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5");

fn choice() -> Choice {
    let terms = terms();
    let amount_out = BaseUnits::new(225_000_000);
    Choice {
        route: Route::of(Leg {
            pool: PoolRef {
                program: Program::DammV2,
                address: Some(POOL),
            },
            asset_in: terms.asset_in,
            asset_out: terms.asset_out,
            amount_in: terms.amount_in,
            amount_out,
        }),
        expected_amount_out: amount_out,
        min_amount_out: BaseUnits::new(223_875_000),
        max_amount_in: None,
        quoted_at: 300_000_000,
    }
}

/// What the pool of [`choice`] offered.
fn competitor() -> PoolQuote {
    let choice = choice();
    let pool = choice.route.largest().pool;
    PoolQuote {
        pool,
        answer: Answer::Offered(Offer {
            pool,
            amount_out: choice.expected_amount_out,
            fee_ppm: 2_500,
            impact_ppm: 12,
            amount_in: None,
        }),
    }
}

/// A route was chosen.
pub(super) fn routed() -> EventData {
    EventData::Routed {
        decision: Decision {
            choice: choice(),
            quotes: Vec::new(),
            pools: vec![competitor()],
        },
    }
}

/// This transaction is stored.
pub(super) fn submitted(transaction: &SignedTransaction) -> EventData {
    EventData::Submitted {
        choice: choice(),
        signature: transaction.signature.clone(),
    }
}

/// This transaction was executed.
pub(super) fn confirmed(transaction: &SignedTransaction) -> EventData {
    let fill = filled(transaction, receipt());
    EventData::Confirmed { fill }
}

/// The same in this slot.
pub(super) fn confirmed_in(transaction: &SignedTransaction, slot: u64) -> EventData {
    let receipt = Receipt { slot, ..receipt() };
    let fill = filled(transaction, receipt);
    EventData::Confirmed { fill }
}

/// The same in a block that could no longer vanish by then.
pub(super) fn confirmed_for_good(transaction: &SignedTransaction) -> EventData {
    let receipt = Receipt {
        is_final: true,
        ..receipt()
    };
    let fill = filled(transaction, receipt);
    EventData::Confirmed { fill }
}

/// What this transaction brought.
pub(super) fn filled(transaction: &SignedTransaction, receipt: Receipt) -> Fill {
    let amounts = (terms().amount_in, BaseUnits::new(224_000_000));
    choice().filled(transaction.signature.clone(), amounts, receipt)
}

/// What every transaction costs.
pub(super) fn receipt() -> Receipt {
    Receipt {
        fee_lamports: 5_100,
        priority_fee_lamports: 100,
        rent_paid_lamports: 0,
        rent_returned_lamports: 0,
        compute_units: Some(61_234),
        slot: 300_000_004,
        is_final: false,
        leftover: Vec::new(),
    }
}

/// Why an execution failed.
pub(super) fn failure() -> Failure {
    Failure {
        code: FailureCode::NoQuote,
        reason: "no venue answered in time".to_owned(),
        landing: None,
        paid_lamports: None,
    }
}

/// Another execution begins after this delay.
pub(super) fn retry_after(delay: Duration) -> EventData {
    EventData::RetryScheduled {
        failure: failure(),
        delay_ms: u64::try_from(delay.as_millis()).expect("invariant: a test's delay is short"),
    }
}

/// The order failed for good.
pub(super) fn failed() -> EventData {
    EventData::Failed { failure: failure() }
}

/// What is known of an order's transaction beside its events.
pub(super) async fn standing(store: &Arc<dyn Store>, order: OrderId) -> Standing {
    let found = store.standings(&[order]).await.expect("standings answer");
    let [standing] = found.try_into().expect("one for each");
    standing
}

/// Waits until `probe` returns something, at most half a minute because machines stall.
///
/// # Panics
/// If it never does.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut probe: impl FnMut() -> F,
) -> T {
    const LIMIT: Duration = Duration::from_secs(30);
    const PAUSE: Duration = Duration::from_millis(5);
    let polling = async {
        loop {
            if let Some(found) = probe().await {
                return found;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    match tokio::time::timeout(LIMIT, polling).await {
        Ok(found) => found,
        Err(_) => panic!("waited {LIMIT:?} in vain for {what}"),
    }
}

/// Awaits a future that must not take long.
///
/// # Panics
/// If it takes more than half a minute.
pub async fn promptly<T>(what: &str, future: impl Future<Output = T>) -> T {
    const LIMIT: Duration = Duration::from_secs(30);
    match tokio::time::timeout(LIMIT, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {LIMIT:?} in vain for {what}"),
    }
}
