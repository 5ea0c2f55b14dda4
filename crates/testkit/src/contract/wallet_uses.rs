//! The promises of [`ports::wallet_uses`], by their numbers.

mod days;

use std::sync::Arc;
use std::time::Duration;

use domain::event::{Failure, FailureCode};
use domain::spending::{Item, Means, NoRoom, Outlay, Purpose, WalletUse};
use domain::transaction::{Blockhash, SignedTransaction};
use domain::{Address, Asset, BaseUnits, EventData, Mint, NewEvent, OrderId, Seq, Status};
use ports::Store;
use ports::cluster::{ClusterId, Mode, Rebound};
use ports::order_store::{Lease, Recorded};
use tokio::task::JoinSet;

use super::StoreFixture;
use super::given::{Given, confirmed, failed, granted, submitted};

pub use days::*;

const WALLET: Address = Address::new([7; 32]);
const OTHER_WALLET: Address = Address::new([8; 32]);
const SOL: Purpose = Purpose::Token(Mint::SOL);
const USDC: Purpose = Purpose::Token(Asset::USDC.mint);

const fn units(amount: u64) -> BaseUnits {
    BaseUnits::new(amount)
}

/// So much of this, of which a day may take so much.
fn limited(purpose: Purpose, spent: u64, limit: u64) -> Item {
    Item {
        limit: Some(units(limit)),
        ..Item::new(purpose, units(spent), units(spent))
    }
}

/// So much of a wallet that was seen to hold so much, when so much had been settled.
fn paid_from(spent: u64, held: u64, settled: u128) -> Item {
    Item {
        means: Some(Means {
            held: units(held),
            settled,
        }),
        ..Item::new(SOL, units(spent), units(spent))
    }
}

fn outlay(items: &[Item]) -> Outlay {
    Outlay {
        wallet: WALLET,
        items: items.to_vec(),
    }
}

/// An order that is about to be submitted.
struct Ready {
    lease: Lease,
    event: NewEvent,
    transaction: SignedTransaction,
}

impl Ready {
    async fn with(given: &Given, store: &Arc<dyn Store>, outlay: Outlay) -> Self {
        let order = given.accepted(store).await;
        let mut lease = given.leased(store, order).await;
        given.build(store, &mut lease).await;
        let transaction = SignedTransaction {
            outlay: Some(Box::new(outlay)),
            ..given.transaction()
        };
        let event = given.next(&lease.order, submitted(&transaction));
        Self {
            lease,
            event,
            transaction,
        }
    }

    async fn ask(&self, store: &Arc<dyn Store>) -> Recorded {
        let Self {
            lease,
            event,
            transaction,
        } = self;
        let answer = store.record_submission(lease, event, transaction).await;
        answer.expect("record_submission answers")
    }

    /// Submits it; nothing stands in its way.
    async fn submit(mut self, store: &Arc<dyn Store>) -> Lease {
        let Recorded::Won(event) = self.ask(store).await else {
            panic!("it was not stored");
        };
        self.lease.order = self.lease.order.apply(event).expect("a legal event");
        self.lease.live_transaction = Some(self.transaction);
        self.lease
    }
}

/// Tries to submit a new order with this outlay.
async fn try_one(given: &Given, store: &Arc<dyn Store>, outlay: Outlay) -> Recorded {
    Ready::with(given, store, outlay).await.ask(store).await
}

/// Submits a new order with these.
async fn submit(given: &Given, store: &Arc<dyn Store>, items: &[Item]) -> Lease {
    let ready = Ready::with(given, store, outlay(items)).await;
    ready.submit(store).await
}

async fn record(given: &Given, store: &Arc<dyn Store>, lease: &Lease, data: EventData) -> NewEvent {
    let event = given.next(&lease.order, data);
    let recorded = store.record(lease, &event).await.expect("record answers");
    assert!(matches!(recorded, Recorded::Won(_)), "{recorded:?}");
    event
}

async fn counted(store: &Arc<dyn Store>, purpose: Purpose) -> WalletUse {
    let found = store.uses(WALLET, &[purpose]).await.expect("uses answers");
    let [counted] = found.try_into().expect("one for each");
    counted
}

/// All that is counted, in whichever quarter.
async fn sum(store: &Arc<dyn Store>, purpose: Purpose) -> u128 {
    counted(store, purpose).await.quarters.iter().sum()
}

async fn live(store: &Arc<dyn Store>, purpose: Purpose) -> u128 {
    counted(store, purpose).await.live
}

fn reverted(paid_lamports: u64) -> EventData {
    EventData::Failed {
        failure: Failure {
            code: FailureCode::SlippageExceeded,
            reason: "the price moved".to_owned(),
            landing: None,
            paid_lamports: Some(paid_lamports),
        },
    }
}

/// 1: to the unit, and the refusal says how things stand.
pub async fn a_limit_is_not_passed_by_one_unit(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    submit(&given, &store, &[limited(SOL, 4, 10)]).await;
    submit(&given, &store, &[limited(SOL, 4, 10)]).await;

    let refused = try_one(&given, &store, outlay(&[limited(SOL, 3, 10)])).await;
    submit(&given, &store, &[limited(SOL, 2, 10)]).await;
    let full = try_one(&given, &store, outlay(&[limited(SOL, 1, 10)])).await;

    let Recorded::NoRoom(NoRoom::Limit {
        purpose,
        limit,
        used,
        wanted,
        room_at,
    }) = refused
    else {
        panic!("not refused: {refused:?}");
    };
    assert_eq!((purpose, limit), (SOL, units(10)));
    assert_eq!((used, wanted), (units(8), units(3)));
    assert!(room_at.is_some());
    assert!(matches!(full, Recorded::NoRoom(_)), "{full:?}");
    assert_eq!(sum(&store, SOL).await, 10);
}

/// 1: the limit is the asking worker's.
pub async fn another_limit_judges_the_same_use(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    submit(&given, &store, &[limited(SOL, 8, 10)]).await;

    let under_less = try_one(&given, &store, outlay(&[limited(SOL, 1, 8)])).await;

    assert!(matches!(under_less, Recorded::NoRoom(_)), "{under_less:?}");
    submit(&given, &store, &[limited(SOL, 1, 9)]).await;
    submit(&given, &store, &[Item::new(SOL, units(50), units(0))]).await;
    assert_eq!(sum(&store, SOL).await, 59);
}

/// 1: however many ask at once, through whichever process, and those that fit are stored.
pub async fn racing_submissions_fill_a_limit_and_do_not_pass_it(fixture: &impl StoreFixture) {
    let given = Given::new();
    let handles = [fixture.store(), fixture.second_handle().await];
    let mut racing = JoinSet::new();
    for number in 0..24 {
        let store = Arc::clone(&handles[number % 2]);
        let item = limited(SOL, 7, 50);
        let ready = Ready::with(&given, &store, outlay(&[item])).await;
        racing.spawn(async move { ready.ask(&store).await });
    }

    let answers = racing.join_all().await;

    let won = answers.iter().filter(|it| matches!(it, Recorded::Won(_)));
    assert_eq!(won.count(), 7, "{answers:?}");
    assert_eq!(sum(&handles[0], SOL).await, 49);
    assert_eq!(live(&handles[1], SOL).await, 49);
}

/// 1: an order that is too large does not keep a smaller one out that comes with it.
pub async fn one_that_does_not_fit_leaves_its_room_to_others(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut racing = JoinSet::new();
    for number in 0..12 {
        let store = Arc::clone(&store);
        let spent = if number % 2 == 0 { 60 } else { 5 };
        let ready = Ready::with(&given, &store, outlay(&[limited(SOL, spent, 50)])).await;
        racing.spawn(async move { (spent, ready.ask(&store).await) });
    }

    for (spent, answer) in racing.join_all().await {
        assert_eq!(matches!(answer, Recorded::Won(_)), spent == 5, "{answer:?}");
    }
    assert_eq!(sum(&store, SOL).await, 30);
}

/// 1 and 5: ten at once for the price of five send five.
pub async fn a_wallet_spends_what_it_holds_once(fixture: &impl StoreFixture) {
    let given = Given::new();
    let handles = [fixture.store(), fixture.second_handle().await];
    let mut racing = JoinSet::new();
    for number in 0..10 {
        let store = Arc::clone(&handles[number % 2]);
        let item = paid_from(100, 599, 0);
        let ready = Ready::with(&given, &store, outlay(&[item])).await;
        racing.spawn(async move { ready.ask(&store).await });
    }

    let answers = racing.join_all().await;

    let won = answers.iter().filter(|it| matches!(it, Recorded::Won(_)));
    assert_eq!(won.count(), 5, "{answers:?}");
    assert_eq!(live(&handles[0], SOL).await, 500);
    let promised = Recorded::NoRoom(NoRoom::Promised {
        mint: Mint::SOL,
        held: units(599),
        promised: units(500),
        wanted: units(100),
    });
    assert!(answers.contains(&promised), "{answers:?}");
}

/// 1: a balance that was read before a fill may still hold what the fill took.
pub async fn a_balance_seen_before_a_fill_is_judged_without_it(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    let lease = submit(&given, &store, &[Item::new(SOL, units(9), units(9))]).await;
    let sold = confirmed(lease.live_transaction.as_ref().expect("it is live"));
    record(&given, &store, &lease, sold).await;
    // What the fill of the test's data takes, with its fee.
    let took = 1_500_000_000 + 5_100;
    assert_eq!(counted(&store, SOL).await.settled, u128::from(took));

    let before = try_one(&given, &store, outlay(&[paid_from(10, took + 9, 0)])).await;

    assert!(matches!(before, Recorded::NoRoom(_)), "{before:?}");
    submit(&given, &store, &[paid_from(10, took + 10, 0)]).await;
    submit(&given, &store, &[paid_from(10, 20, took.into())]).await;
}

/// 1 and 2: one thing without room is enough, and nothing else is counted then.
pub async fn an_order_is_stored_only_with_room_for_everything(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    submit(&given, &store, &[limited(Purpose::Fees, 9, 10)]).await;
    let items = [limited(SOL, 5, 10), limited(Purpose::Fees, 2, 10)];

    let refused = try_one(&given, &store, outlay(&items)).await;

    let Recorded::NoRoom(NoRoom::Limit { purpose, .. }) = refused else {
        panic!("not refused: {refused:?}");
    };
    assert_eq!(purpose, Purpose::Fees);
    assert_eq!(sum(&store, SOL).await, 0);
    assert_eq!(live(&store, SOL).await, 0);
    assert_eq!(sum(&store, Purpose::Fees).await, 9);
}

/// 2: the order is where it was, and goes on from there.
pub async fn what_does_not_fit_leaves_nothing_behind(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    let ready = Ready::with(&given, &store, outlay(&[limited(SOL, 2, 1)])).await;
    let order: OrderId = ready.lease.order.id;

    let refused = ready.ask(&store).await;

    assert!(matches!(refused, Recorded::NoRoom(_)), "{refused:?}");
    let signatures = store.signatures_of(order).await.expect("it answers");
    assert_eq!(signatures, []);
    let events = store.events(order, Seq::FIRST).await.expect("it answers");
    let last = events.last().expect("there are some").data.status();
    assert_eq!(last, Status::Building);
    record(&given, &store, &ready.lease, failed()).await;
    assert_eq!(sum(&store, SOL).await, 0);
}

/// 3: the lost answer, also where there is no room any more.
pub async fn a_repeated_submission_is_counted_once(fixture: &impl StoreFixture) {
    let given = Given::new();
    let handles = [fixture.store(), fixture.second_handle().await];
    let item = limited(SOL, 10, 10);
    let ready = Arc::new(Ready::with(&given, &handles[0], outlay(&[item])).await);
    let mut racing = JoinSet::new();
    for number in 0..6 {
        let store = Arc::clone(&handles[number % 2]);
        let ready = Arc::clone(&ready);
        racing.spawn(async move { ready.ask(&store).await });
    }

    for answer in racing.join_all().await {
        assert!(matches!(answer, Recorded::Won(_)), "{answer:?}");
    }
    assert_eq!(sum(&handles[0], SOL).await, 10);
    assert_eq!(live(&handles[0], SOL).await, 10);
}

/// 3 and 4: the same of a transaction's end.
pub async fn a_repeated_end_is_counted_once(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    submit(&given, &store, &[Item::new(SOL, units(5), units(5))]).await;
    let lease = submit(&given, &store, &[Item::new(SOL, units(7), units(7))]).await;
    let event = record(&given, &store, &lease, failed()).await;

    for _ in 0..3 {
        let again = store.record(&lease, &event).await.expect("record answers");
        assert!(matches!(again, Recorded::Won(_)), "{again:?}");
    }

    assert_eq!(sum(&store, SOL).await, 5);
    assert_eq!(live(&store, SOL).await, 5);
}

/// 4: also where another worker has found it out, which learns of the outlay from the store.
pub async fn a_death_makes_room_again(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    let items = [limited(SOL, 10, 10), limited(Purpose::Fees, 3, 3)];
    let lease = submit(&given, &store, &items).await;
    let release = store.release(&lease, Duration::ZERO).await;
    release.expect("release answers");
    let other = given.worker(&store).await;
    let lease = granted(&store, lease.order.id, other).await;

    record(&given, &store, &lease, failed()).await;

    assert_eq!(sum(&store, SOL).await, 0);
    assert_eq!(live(&store, SOL).await, 0);
    assert_eq!(counted(&store, SOL).await.settled, 0);
    submit(&given, &store, &items).await;
}

/// 4.
pub async fn a_revert_leaves_its_fee(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    let items = [limited(SOL, 10, 10), limited(Purpose::Fees, 9, 9)];
    let lease = submit(&given, &store, &items).await;

    record(&given, &store, &lease, reverted(5)).await;

    assert_eq!(sum(&store, SOL).await, 0);
    assert_eq!(sum(&store, Purpose::Fees).await, 5);
    assert_eq!(counted(&store, SOL).await.settled, 5);
    assert_eq!(live(&store, SOL).await, 0);
}

/// 4: in place of what might have been.
pub async fn a_fill_leaves_what_it_took(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    let items = [
        limited(SOL, 2_000_000_000, 2_000_000_000),
        limited(Purpose::Fees, 1_000_000, 1_000_000),
    ];
    let lease = submit(&given, &store, &items).await;
    let sold = confirmed(lease.live_transaction.as_ref().expect("it is live"));

    record(&given, &store, &lease, sold).await;

    assert_eq!(sum(&store, SOL).await, 1_500_000_000);
    assert_eq!(sum(&store, Purpose::Fees).await, 5_100);
    let counted = counted(&store, SOL).await;
    assert_eq!((counted.live, counted.settled), (0, 1_500_005_100));
    assert_eq!(counted.slot, 300_000_004);
    submit(&given, &store, &[limited(SOL, 500_000_000, 2_000_000_000)]).await;
}

/// 7.
pub async fn wallets_and_tokens_are_counted_apart(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    submit(&given, &store, &[limited(SOL, 10, 10)]).await;
    submit(&given, &store, &[limited(USDC, 10, 10)]).await;
    let other = Outlay {
        wallet: OTHER_WALLET,
        items: vec![limited(SOL, 10, 10)],
    };
    let ready = Ready::with(&given, &store, other).await;
    ready.submit(&store).await;

    let of_one = store.newest_uses(WALLET).await.expect("it answers");
    let of_other = store.newest_uses(OTHER_WALLET).await.expect("it answers");

    let mut purposes: Vec<Purpose> = of_one.iter().map(|(purpose, _)| *purpose).collect();
    purposes.sort_unstable();
    let mut both = [SOL, USDC];
    both.sort_unstable();
    assert_eq!(purposes, both);
    assert_eq!(of_other.len(), 1);
    assert_eq!(of_other[0].1.live, 10);
}

/// 6.
pub async fn an_order_without_an_outlay_is_counted_nowhere(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;

    given.confirm(&store, &mut lease).await;

    let found = store.newest_uses(WALLET).await.expect("it answers");
    assert_eq!(found, []);
    assert_eq!(counted(&store, SOL).await, WalletUse::default());
}

/// 1 and 3: with its transaction.
pub async fn what_is_counted_survives_a_crash(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    submit(&given, &store, &[limited(SOL, 10, 10)]).await;

    let store = fixture.after_a_crash().await;

    assert_eq!(sum(&store, SOL).await, 10);
    let full = try_one(&given, &store, outlay(&[limited(SOL, 1, 10)])).await;
    assert!(matches!(full, Recorded::NoRoom(_)), "{full:?}");
}

/// 8.
pub async fn another_cluster_begins_with_nothing_counted(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    let lease = submit(&given, &store, &[limited(SOL, 10, 10)]).await;
    record(&given, &store, &lease, reverted(0)).await;
    let other = ClusterId {
        mode: Mode::Live,
        genesis: Blockhash::new([9; 32]),
    };
    fixture.advance(fixture.lease() * 2).await;

    let rebound = store.rebind_cluster(&other, "test").await;

    let rebound = rebound.expect("rebind_cluster answers");
    assert!(matches!(rebound, Rebound::Done { .. }), "{rebound:?}");
    assert_eq!(store.newest_uses(WALLET).await.expect("it answers"), []);
    submit(&given, &store, &[limited(SOL, 10, 10)]).await;
}
