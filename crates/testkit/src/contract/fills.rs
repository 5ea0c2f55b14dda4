//! The promises of [`ports::fills`], by their numbers. A store may tell a fill some moments after it was recorded.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::event::Failure;
use domain::quote::Receipt;
use domain::{Address, Asset, EventData, NamedWallet, OrderId, WalletName};
use ports::Store;
use ports::fills::{FillFilter, FillPage, Outcome, Place, Settled, Settlement};
use ports::finality::{NewFinality, Vanished};
use ports::order_history::PaidBy;
use ports::order_store::NewOrder;
use tokio::task::JoinSet;

use super::given::{UNLISTED, confirmed_in, failure, filled, granted, receipt};
use super::{Given, StoreFixture, eventually};

const WALLET: Address = Address::literal("4Nd1mYmQrDx4mvYbiUKyF3kMvGWjyPrVkTyUYTn1CJj3");
/// More than there are.
const ENOUGH: usize = 1_000;

fn page(after: Option<Place>, limit: usize) -> FillPage {
    FillPage {
        after,
        limit,
        look: ENOUGH,
    }
}

/// All pages, of two each.
async fn read(store: &Arc<dyn Store>, filter: &FillFilter) -> Vec<Settlement> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let read = store.settled(filter, page(after, 2)).await;
        let read = read.expect("settled answers");
        assert!(read.settlements.len() <= 2);
        all.extend(read.settlements);
        after = read.reached;
        if read.is_last {
            return all;
        }
    }
}

/// The same once there are so many.
async fn told(store: &Arc<dyn Store>, filter: &FillFilter, count: usize) -> Vec<Settlement> {
    let many = async || {
        let all = read(store, filter).await;
        (all.len() >= count).then_some(all)
    };
    let all = eventually("the fills", many).await;
    assert_eq!(all.len(), count);
    all
}

fn orders(settlements: &[Settlement]) -> Vec<OrderId> {
    settlements.iter().map(|it| it.place.order).collect()
}

/// An order that was confirmed.
async fn confirmed(given: &Given, store: &Arc<dyn Store>, order: NewOrder) -> OrderId {
    let mut row = given.worker_row();
    row.wallets = vec![NamedWallet {
        name: WalletName::parse("main").expect("a name"),
        address: WALLET,
    }];
    store.enlist(&row).await.expect("enlist answers");
    let order = given.accept(store, order).await;
    let mut lease = granted(store, order, row.id).await;
    given.confirm(store, &mut lease).await;
    order
}

fn reverted() -> Failure {
    Failure {
        paid_lamports: Some(5_000),
        ..failure()
    }
}

/// 1: once, oldest first.
pub async fn confirmed_executions_are_told_once_oldest_first(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    assert_eq!(read(&store, &FillFilter::default()).await, []);
    let (mut first, transaction) = given.submitted(&store).await;
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(confirmed(&given, &store, given.order()).await);
        fixture.advance(Duration::from_millis(2)).await;
    }
    given.fill(&store, &mut first, &transaction).await;
    all.push(first.order.id);

    let told = told(&store, &FillFilter::default(), 5).await;

    assert_eq!(orders(&told), all);
    let last = told.last().expect("there are five");
    assert_eq!(last.place.at, first.order.updated_at);
    assert_eq!(last.place.seq, first.order.seq);
    assert_eq!(
        (&last.client, &last.terms),
        (&first.order.client, &first.order.terms)
    );
    assert_eq!(last.fill(), Some(&filled(&transaction, receipt())));
    let elsewhere = fixture.second_handle().await;
    assert_eq!(read(&elsewhere, &FillFilter::default()).await, told);
}

/// 1: rolled back.
pub async fn a_transaction_that_was_rolled_back_is_told_where_it_is_asked_for(
    fixture: &impl StoreFixture,
) {
    let given = Given::new();
    let store = fixture.store();
    let (mut lease, _) = given.submitted(&store).await;
    let again = EventData::RetryScheduled {
        failure: reverted(),
        delay_ms: 0,
    };
    given.record(&store, &mut lease, again).await;
    let order = lease.order.id;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    given.submit(&store, &mut lease).await;
    let failure = reverted();
    given
        .record(&store, &mut lease, EventData::Failed { failure })
        .await;
    // One that never landed costs nothing.
    let (mut dead, _) = given.submitted(&store).await;
    given
        .record(&store, &mut dead, super::given::failed())
        .await;
    let filled = confirmed(&given, &store, given.order()).await;

    let everything = FillFilter {
        settled: Settled::All,
        ..FillFilter::default()
    };
    let all = told(&store, &everything, 3).await;

    assert_eq!(orders(&all), [order, order, filled]);
    let fee = Outcome::RolledBack {
        fee_lamports: 5_000,
    };
    assert_eq!((&all[0].outcome, &all[1].outcome), (&fee, &fee));
    assert_eq!(all[0].fill(), None);
    let fills = read(&store, &FillFilter::default()).await;
    assert_eq!(orders(&fills), [filled]);
}

/// 4, and filters.
pub async fn fills_are_filtered_by_client_pair_wallet_and_time(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (one, other) = (given.client("one"), given.client("other"));
    let mut of_one = given.order_of(&one);
    of_one.terms.wallet = Some(WALLET);
    let mut unlisted = given.order_of(&other);
    unlisted.terms.asset_out = UNLISTED;
    let mut ids = Vec::new();
    for order in [of_one, unlisted, given.order_of(&other)] {
        ids.push(confirmed(&given, &store, order).await);
        fixture.advance(Duration::from_millis(5)).await;
    }
    let all = told(&store, &FillFilter::default(), 3).await;
    let check = async |filter: FillFilter, expected: &[OrderId]| {
        assert_eq!(orders(&read(&store, &filter).await), expected, "{filter:?}");
    };
    let any = FillFilter::default;
    let paid_by = |or_unnamed| {
        Some(PaidBy {
            wallet: WALLET,
            or_unnamed,
        })
    };

    check(
        FillFilter {
            client: Some(one),
            ..any()
        },
        &ids[..1],
    )
    .await;
    let nobody = Some(given.client("nobody"));
    check(
        FillFilter {
            client: nobody,
            ..any()
        },
        &[],
    )
    .await;
    let mint_out = Some(UNLISTED.mint);
    check(FillFilter { mint_out, ..any() }, &ids[1..2]).await;
    let mint_in = Some(Asset::SOL.mint);
    check(
        FillFilter {
            mint_in,
            mint_out,
            ..any()
        },
        &ids[1..2],
    )
    .await;
    check(
        FillFilter {
            mint_in: mint_out,
            ..any()
        },
        &[],
    )
    .await;
    check(
        FillFilter {
            wallet: paid_by(false),
            ..any()
        },
        &ids[..1],
    )
    .await;
    check(
        FillFilter {
            wallet: paid_by(true),
            ..any()
        },
        &ids,
    )
    .await;
    let second = Some(all[1].place.at);
    check(
        FillFilter {
            from: second,
            ..any()
        },
        &ids[1..],
    )
    .await;
    check(
        FillFilter {
            to: second,
            ..any()
        },
        &ids[..1],
    )
    .await;
    let client = Some(other);
    check(
        FillFilter {
            from: second,
            to: Some(all[2].place.at),
            client,
            ..any()
        },
        &ids[1..2],
    )
    .await;
}

/// 3: so many.
pub async fn a_page_of_fills_that_looks_at_enough_says_how_far_it_came(
    fixture: &impl StoreFixture,
) {
    let given = Given::new();
    let store = fixture.store();
    for _ in 0..5 {
        confirmed(&given, &store, given.order()).await;
    }
    let wanted = given.client("wanted");
    let last = confirmed(&given, &store, given.order_of(&wanted)).await;
    let all = told(&store, &FillFilter::default(), 6).await;
    let filter = FillFilter {
        client: Some(wanted),
        ..FillFilter::default()
    };
    let look = async |after| {
        let page = FillPage {
            after,
            limit: 4,
            look: 4,
        };
        store.settled(&filter, page).await.expect("settled answers")
    };

    let first = look(None).await;
    let second = look(first.reached).await;

    assert_eq!(orders(&first.settlements), []);
    assert_eq!((first.reached, first.is_last), (Some(all[3].place), false));
    assert_eq!(orders(&second.settlements), [last]);
    assert_eq!((second.reached, second.is_last), (Some(all[5].place), true));
    let nothing = look(second.reached).await;
    assert_eq!((nothing.reached, nothing.is_last), (second.reached, true));
}

/// 2: whatever is written meanwhile.
pub async fn fills_that_are_written_meanwhile_are_neither_skipped_nor_repeated(
    fixture: &impl StoreFixture,
) {
    const WRITERS: usize = 4;
    const ORDERS: usize = 8;
    let given = Arc::new(Given::new());
    let handles = [fixture.store(), fixture.second_handle().await];
    let mut writing = JoinSet::new();
    for writer in 0..WRITERS {
        let (given, store) = (Arc::clone(&given), Arc::clone(&handles[writer % 2]));
        writing.spawn(async move {
            let mut written = Vec::new();
            for _ in 0..ORDERS {
                written.push(confirmed(&given, &store, given.order()).await);
            }
            written
        });
    }

    let store = &handles[0];
    let tail = Mutex::new((Vec::new(), None));
    let all = async || {
        let after = tail.lock().expect("nobody panics").1;
        let read = store.settled(&FillFilter::default(), page(after, 3)).await;
        let read = read.expect("settled answers");
        let mut tail = tail.lock().expect("nobody panics");
        tail.1 = read.reached;
        tail.0.extend(orders(&read.settlements));
        (tail.0.len() >= WRITERS * ORDERS).then_some(())
    };
    eventually("every fill", all).await;

    let (seen, after) = tail.into_inner().expect("nobody panics");
    let written = writing.join_all().await.concat();
    let read = store.settled(&FillFilter::default(), page(after, 3)).await;
    assert_eq!(read.expect("settled answers").settlements, []);
    assert_eq!(seen.len(), written.len());
    let set = |ids: Vec<OrderId>| ids.into_iter().collect::<HashSet<_>>();
    assert_eq!(set(seen), set(written));
}

/// 5 and 6: the last word.
pub async fn a_fill_is_told_as_the_chain_told_it_last(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let corrections = async || store.corrections().await.expect("corrections answer");
    let confirmed_at = async |slot| {
        let (mut lease, transaction) = given.submitted(&store).await;
        let data = confirmed_in(&transaction, slot);
        given.record(&store, &mut lease, data).await;
        (lease.order.id, transaction)
    };
    let (moved, transaction) = confirmed_at(7).await;
    let (plain, _) = confirmed_at(8).await;
    let (gone, _) = confirmed_at(9).await;
    let later = Receipt {
        slot: 12,
        fee_lamports: 9_000,
        ..receipt()
    };
    let fill = filled(&transaction, later);
    let finality = |order, slot, fill| NewFinality {
        order,
        confirmed_in: slot,
        slot: slot + 5,
        fill,
    };
    assert_eq!(corrections().await, 0);

    let finalities = [
        finality(moved, 7, Some(fill.clone())),
        finality(plain, 8, None),
    ];
    store.finalize(&finalities).await.expect("finalize answers");
    assert_eq!(corrections().await, 1);
    store.vanish(gone).await.expect("vanish answers");
    assert_eq!(corrections().await, 1);
    store.give_up(gone).await.expect("give_up answers");
    assert_eq!(corrections().await, 2);

    let told = told(&store, &FillFilter::default(), 3).await;
    let of = |order| {
        let found = told.iter().find(|it| it.place.order == order);
        found.expect("it is told")
    };
    assert_eq!(of(moved).fill(), Some(&fill));
    let Outcome::Filled { finality, .. } = &of(plain).outcome else {
        panic!("it was filled");
    };
    assert_eq!(finality.as_ref().map(|it| it.slot), Some(13));
    assert_eq!(of(gone).fill(), None);
    let Outcome::Filled { vanished, .. } = &of(gone).outcome else {
        panic!("it was filled");
    };
    assert!(matches!(
        vanished,
        Some(Vanished {
            dead_at: Some(_),
            ..
        })
    ));
}
