//! FAILURES.md, case 44: many workers at one limit, of which some are killed in the middle of whatever they do.
//!
//! Invariants, of which the witness is not what is counted, but the orders:
//! 1. At no moment does a day's use pass its limit by one unit.
//! 2. What is counted is exactly what the orders that were submitted have spent or may spend.
//! 3. No order is refused while there is room for it and nobody else may take it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::event::{Failure, FailureCode};
use domain::spending::{Item, Outlay, Purpose};
use domain::transaction::SignedTransaction;
use domain::{Address, BaseUnits, EventData, Mint, NewEvent, OrderId, State};
use ports::order_store::{Claim, Lease, Recorded};
use ports::{Random, Result, Store};
use tokio::sync::{Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};

use super::given::{Given, confirmed, routed, submitted};

/// Workers at a time.
pub const WORKERS: usize = 20;
/// Orders that are handed out before each kill, and after the last one.
const PORTION: u32 = 7;
const KILLS: u32 = 12;
/// Steps from a portion to its kill, at most: each order of it takes at least three, so that they come.
const STEPS: u64 = 18;
/// What a fill of the test's data takes of SOL; an order may take up to as much again.
const FILL: u64 = 1_500_000_000;
/// Room for fewer than half of the orders.
const LIMIT: u64 = 40_000_000_000;
/// What a revert costs.
const REVERT: u64 = 5_000;
const SOL: Purpose = Purpose::Token(Mint::SOL);

/// How a race ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raced {
    pub submitted: usize,
    pub refused: usize,
    pub killed: usize,
    pub used: u64,
    pub limit: u64,
}

/// An order that was begun, and what it may take.
#[derive(Debug, Clone, Copy)]
struct Begun {
    order: OrderId,
    spent: u64,
}

#[derive(Debug)]
struct Race {
    given: Given,
    random: Random,
    wallet: Address,
    /// Orders to be begun.
    orders: Semaphore,
    refused: AtomicUsize,
    begun: std::sync::Mutex<Vec<Begun>>,
    steps: watch::Sender<usize>,
}

/// Lets twenty workers spend from this wallet, each through a store of its own, and kills some of them. `disturb` does
/// something to all of them.
pub async fn race<S, D>(
    seed: u64,
    wallet: Address,
    open: impl Fn() -> S,
    disturb: impl Fn() -> D,
) -> Raced
where
    S: Future<Output = Arc<dyn Store>>,
    D: Future<Output = ()>,
{
    let race = Arc::new(Race {
        given: Given::new(),
        random: Random::seeded(seed),
        wallet,
        orders: Semaphore::new(0),
        refused: AtomicUsize::new(0),
        begun: std::sync::Mutex::default(),
        steps: watch::Sender::new(0),
    });
    let mut running = JoinSet::new();
    let mut workers: Vec<AbortHandle> = Vec::new();
    for _ in 0..WORKERS {
        workers.push(running.spawn(Arc::clone(&race).work(open().await)));
    }
    let witness = open().await;
    let mut killed = 0;
    let mut steps = race.steps.subscribe();
    for kill in 1..=KILLS {
        let moment = *steps.borrow() + index(&race.random, STEPS);
        race.orders.add_permits(PORTION as usize);
        let reached = steps.wait_for(|steps| *steps >= moment).await;
        reached.expect("invariant: the race holds the sender");
        race.check(&witness).await;
        let victim = index(&race.random, WORKERS as u64);
        killed += usize::from(!workers[victim].is_finished());
        workers[victim].abort();
        workers[victim] = running.spawn(Arc::clone(&race).work(open().await));
        if kill % 4 == 0 {
            disturb().await;
        }
    }
    race.orders.add_permits(PORTION as usize);
    while race.orders.available_permits() > 0 {
        steps
            .changed()
            .await
            .expect("invariant: the race holds the sender");
    }
    race.orders.close();
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended {
            assert!(error.is_cancelled(), "a worker failed: {error}");
        }
    }
    race.check(&witness).await;
    race.result(&witness, killed).await
}

fn index(random: &Random, below: u64) -> usize {
    usize::try_from(random.below(below)).expect("invariant: it is below a usize")
}

/// Asks until the store answers, as workers do.
async fn answered<T, F: Future<Output = Result<T>>>(call: impl Fn() -> F) -> T {
    loop {
        match call().await {
            Ok(answer) => return answer,
            Err(error) if error.is_transient() => tokio::task::yield_now().await,
            Err(error) => panic!("the store cannot go on: {error:?}"),
        }
    }
}

impl Race {
    async fn work(self: Arc<Self>, store: Arc<dyn Store>) {
        let row = self.given.worker_row();
        answered(|| store.enlist(&row)).await;
        // None are left once it is closed.
        while let Ok(order) = self.orders.acquire().await {
            order.forget();
            self.one(&store, row.id).await;
        }
    }

    /// An order's life up to what becomes of its transaction, or less.
    async fn one(&self, store: &Arc<dyn Store>, worker: domain::WorkerId) {
        let order = self.given.order();
        let id = order.id;
        answered(|| store.accept(order.clone())).await;
        let Claim::Granted(mut lease) = answered(|| store.claim(id, worker)).await else {
            panic!("nobody else takes it");
        };
        self.record(store, &mut lease, EventData::RoutingStarted)
            .await;
        self.record(store, &mut lease, routed()).await;
        let spent = FILL + self.random.below(FILL);
        let begun = Begun { order: id, spent };
        self.begun.lock().expect("nothing panics").push(begun);
        let item = Item {
            limit: Some(BaseUnits::new(LIMIT)),
            ..Item::new(SOL, BaseUnits::new(spent), BaseUnits::new(spent))
        };
        let fees = Item::new(Purpose::Fees, BaseUnits::new(9_000), BaseUnits::new(0));
        let transaction = SignedTransaction {
            outlay: Some(Box::new(Outlay {
                wallet: self.wallet,
                items: vec![item, fees],
            })),
            ..self.given.transaction()
        };
        let event = self.given.next(&lease.order, submitted(&transaction));
        let submit = || store.record_submission(&lease, &event, &transaction);
        match answered(submit).await {
            Recorded::Won(event) => {
                lease.order = lease.order.apply(event).expect("a legal event");
                lease.live_transaction = Some(transaction);
            }
            Recorded::NoRoom(_) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                self.step();
                return;
            }
            other => panic!("nobody else has it: {other:?}"),
        }
        self.step();
        let transaction = lease.live_transaction.clone().expect("it was stored");
        let end = match self.random.below(4) {
            0 => confirmed(&transaction),
            1 => ended(None),
            2 => ended(Some(REVERT)),
            // It stays under way.
            _ => return,
        };
        self.record(store, &mut lease, end).await;
    }

    async fn record(&self, store: &Arc<dyn Store>, lease: &mut Lease, data: EventData) {
        let event: NewEvent = self.given.next(&lease.order, data);
        let recorded = answered(|| store.record(lease, &event)).await;
        let Recorded::Won(event) = recorded else {
            panic!("nobody else has it: {recorded:?}");
        };
        lease.order = lease.order.clone().apply(event).expect("a legal event");
        self.step();
    }

    fn step(&self) {
        self.steps.send_modify(|steps| *steps += 1);
    }

    /// 1: in the middle of everything.
    async fn check(&self, store: &Arc<dyn Store>) {
        let [sol] = answered(|| store.uses(self.wallet, &[SOL]))
            .await
            .try_into()
            .expect("one for each");
        let used: u128 = sol.quarters.iter().sum();
        assert!(used <= LIMIT.into(), "{used} of {LIMIT} are used");
        assert!(sol.live <= used, "{} of {used} are under way", sol.live);
    }

    /// 2 and 3, by the orders.
    async fn result(&self, store: &Arc<dyn Store>, killed: usize) -> Raced {
        let (mut used, mut live, mut fees, mut under_way) = (0_u128, 0_u128, 0_u128, 0);
        let begun = self.begun.lock().expect("nothing panics").clone();
        for Begun { order, spent } in begun {
            let order = answered(|| store.order(order, None)).await;
            match order.expect("it was accepted").state {
                State::Submitted { .. } => {
                    used += u128::from(spent);
                    live += u128::from(spent);
                    fees += 9_000;
                }
                State::Confirmed { .. } => {
                    used += u128::from(FILL);
                    fees += 5_100;
                }
                State::Failed { failure } => fees += u128::from(failure.paid_lamports.unwrap_or(0)),
                _ => continue,
            }
            under_way += 1;
        }
        let counted = answered(|| store.uses(self.wallet, &[SOL, Purpose::Fees])).await;
        let sums: Vec<u128> = counted.iter().map(|it| it.quarters.iter().sum()).collect();
        assert_eq!(sums, [used, fees], "what is counted is what the orders did");
        assert_eq!(counted[0].live, live);
        assert!(used <= u128::from(LIMIT), "{used} of {LIMIT}");
        Raced {
            submitted: under_way,
            refused: self.refused.load(Ordering::Relaxed),
            killed,
            used: u64::try_from(used).expect("invariant: it is below the limit"),
            limit: LIMIT,
        }
    }
}

fn ended(paid_lamports: Option<u64>) -> EventData {
    EventData::Failed {
        failure: Failure {
            code: FailureCode::TransactionExpired,
            reason: "gone".to_owned(),
            landing: None,
            paid_lamports,
        },
    }
}
