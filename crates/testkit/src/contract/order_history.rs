//! The promises of [`ports::order_history`], by their numbers.

mod counting;
mod lately;
mod transactions;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::{Address, Asset, ClientOrderId, EventData, OrderId, Seq, Status};
use ports::Store;
use ports::order_history::{ListFilter, PaidBy, Watch};
use ports::order_store::{Withdrawal, Withdrawn};

pub use counting::*;
pub use lately::*;
pub use transactions::*;

use super::flood::{flood, flood_expires};
use super::given::{UNLISTED, confirmed, failed};
use super::{Given, StoreFixture};

/// More pages than any list of these tests has.
const PAGES_MAX: usize = 100;

async fn listed(store: &Arc<dyn Store>, filter: &ListFilter) -> Vec<OrderId> {
    let page = store.list(filter).await.expect("list answers");
    page.orders.iter().map(|order| order.id).collect()
}

/// All pages of a list, and how many there are.
async fn listed_through(store: &Arc<dyn Store>, filter: &ListFilter) -> (Vec<OrderId>, usize) {
    let mut filter = filter.clone();
    let (mut ids, mut pages) = (Vec::new(), 0);
    loop {
        let page = store.list(&filter).await.expect("list answers");
        ids.extend(page.orders.iter().map(|order| order.id));
        pages += 1;
        assert!(pages <= PAGES_MAX, "the list has no end: {filter:?}");
        match page.next {
            Some(next) => filter.before = Some(next),
            None => return (ids, pages),
        }
    }
}

fn first(limit: usize) -> ListFilter {
    ListFilter {
        limit,
        ..ListFilter::default()
    }
}

/// 1: read your writes, and others'.
pub async fn what_was_recorded_is_read_at_once_by_every_handle(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    for data in [EventData::RoutingStarted, super::given::routed()] {
        given.record(&store, &mut lease, data).await;

        let seen = other.order(order, None).await.expect("the store answers");

        assert_eq!(seen.as_ref(), Some(&lease.order));
    }
}

/// 1: from any place.
pub async fn events_are_read_from_any_place(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    for from in 0..5 {
        let events = store.events(order, Seq::new(from)).await;

        let seqs: Vec<_> = events
            .expect("events answer")
            .iter()
            .map(|event| event.seq.get())
            .collect();

        assert_eq!(seqs, (from..3).collect::<Vec<_>>());
    }
    let unknown = store.events(given.order_id(), Seq::FIRST).await;
    assert_eq!(unknown.expect("events answer"), []);
}

/// 1: many at once.
pub async fn many_followers_are_served_by_one_query(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut watches = Vec::new();
    for next in 0..4 {
        let order_id = given.accepted(&store).await;
        let mut lease = given.leased(&store, order_id).await;
        given.build(&store, &mut lease).await;
        let next = Seq::new(next);
        watches.push(Watch { order_id, next });
    }
    let unknown = Watch {
        order_id: given.order_id(),
        next: Seq::FIRST,
    };
    watches.push(unknown);

    let events = store
        .events_for(&watches)
        .await
        .expect("events_for answers");

    assert_eq!(events.len(), 3 + 2 + 1);
    for watch in watches {
        let missed: Vec<_> = events
            .iter()
            .filter(|event| event.order_id == watch.order_id)
            .cloned()
            .collect();
        let expected = store.events(watch.order_id, watch.next).await;
        assert_eq!(missed, expected.expect("events answer"));
    }
    let none = store.events_for(&[]).await.expect("events_for answers");
    assert_eq!(none, []);
}

async fn ten_accepted(given: &Given, store: &Arc<dyn Store>) -> Vec<OrderId> {
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(given.accepted(store).await);
    }
    ids.reverse();
    ids
}

/// 2: order.
pub async fn a_list_is_newest_first(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let newest_first = ten_accepted(&given, &store).await;

    assert_eq!(listed(&store, &first(100)).await, newest_first);
    assert_eq!(listed(&store, &first(4)).await, newest_first[..4]);
}

/// 2: pages, while orders come in and move on.
pub async fn paging_neither_skips_nor_repeats(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let newest_first = ten_accepted(&given, &store).await;
    let mut filter = first(3);
    let mut seen = Vec::new();

    loop {
        let page = listed(&store, &filter).await;
        let Some(last) = page.last() else { break };
        filter.before = Some(*last);
        seen.extend(page);
        given.accepted(&store).await;
        let mut lease = given.leased(&store, newest_first[seen.len() - 1]).await;
        given
            .record(&store, &mut lease, EventData::RoutingStarted)
            .await;
    }

    assert_eq!(seen, newest_first);
}

/// One order at each status, in the order of [`Status::ALL`].
async fn one_at_each_status(given: &Given, store: &Arc<dyn Store>) -> Vec<OrderId> {
    let mut ids = Vec::new();
    for status in Status::ALL {
        let mut new = given.order();
        new.terms.valid_for_seconds = (status == Status::Expired).then_some(1);
        let order = given.accept(store, new).await;
        ids.push(order);
        if matches!(
            status,
            Status::Pending | Status::Cancelled | Status::Expired
        ) {
            continue;
        }
        let mut lease = given.leased(store, order).await;
        given
            .record(store, &mut lease, EventData::RoutingStarted)
            .await;
        if matches!(status, Status::Routing) {
            continue;
        }
        given
            .record(store, &mut lease, super::given::routed())
            .await;
        match status {
            Status::Submitted => {
                given.submit(store, &mut lease).await;
            }
            Status::Confirmed => {
                let transaction = given.submit(store, &mut lease).await;
                given
                    .record(store, &mut lease, confirmed(&transaction))
                    .await;
            }
            Status::Failed => given.record(store, &mut lease, failed()).await,
            _ => {}
        }
    }
    ids
}

async fn withdraw(given: &Given, store: &Arc<dyn Store>, order: OrderId, how: Withdrawal) {
    let call = store.withdraw(order, None, given.event_id(), how, "for the test");
    let withdrawn = call.await.expect("withdraw answers");
    assert!(matches!(withdrawn, Withdrawn::Won { .. }), "{withdrawn:?}");
}

/// 2 and 4: by status, one of each.
pub async fn a_list_is_filtered_by_every_status(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let ids = one_at_each_status(&given, &store).await;
    fixture.advance(Duration::from_millis(1_050)).await;
    withdraw(&given, &store, ids[6], Withdrawal::Cancelled).await;
    withdraw(&given, &store, ids[7], Withdrawal::Expired).await;

    for (status, id) in Status::ALL.into_iter().zip(ids) {
        for client in [None, Some(domain::ClientId::anyone())] {
            let filter = ListFilter {
                status: Some(status),
                client,
                ..first(10)
            };

            let found = store.list(&filter).await.expect("list answers");

            let found: Vec<_> = found.orders.iter().map(|o| (o.id, o.status())).collect();
            assert_eq!(found, [(id, status)]);
        }
    }
}

/// 2: by tokens.
pub async fn a_list_is_filtered_by_tokens(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut ids = Vec::new();
    for (asset_in, asset_out) in [(Asset::SOL, UNLISTED), (UNLISTED, Asset::SOL)] {
        let mut order = given.order();
        order.terms.asset_in = asset_in;
        order.terms.asset_out = asset_out;
        ids.push(given.accept(&store, order).await);
    }
    ids.push(given.accepted(&store).await);
    let by = async |asset_in: Option<Asset>, asset_out: Option<Asset>| {
        let filter = ListFilter {
            mint_in: asset_in.map(|asset| asset.mint),
            mint_out: asset_out.map(|asset| asset.mint),
            ..first(10)
        };
        listed(&store, &filter).await
    };

    assert_eq!(by(Some(Asset::SOL), None).await, [ids[2], ids[0]]);
    assert_eq!(by(None, Some(Asset::SOL)).await, [ids[1]]);
    assert_eq!(by(None, Some(UNLISTED)).await, [ids[0]]);
    assert_eq!(by(Some(Asset::SOL), Some(UNLISTED)).await, [ids[0]]);
    assert_eq!(by(Some(UNLISTED), Some(UNLISTED)).await, []);
}

/// One of each status but the last two, of one client and one pair, as [`Status::ALL`] has them.
async fn the_few(given: &Given, store: &Arc<dyn Store>) -> (domain::ClientId, Vec<OrderId>) {
    let few = given.client("few");
    let mut ids = Vec::new();
    for status in [Status::Pending, Status::Routing, Status::Cancelled] {
        let mut order = given.order_of(&few);
        order.terms.asset_in = UNLISTED;
        order.terms.asset_out = Asset::SOL;
        let order = given.accept(store, order).await;
        ids.push(order);
        if status == Status::Routing {
            let mut lease = given.leased(store, order).await;
            let begun = EventData::RoutingStarted;
            given.record(store, &mut lease, begun).await;
        }
        if status == Status::Cancelled {
            withdraw(given, store, order, Withdrawal::Cancelled).await;
        }
    }
    (few, ids)
}

/// 2: by every filter, alone and combined.
pub async fn a_list_finds_the_few_behind_the_many_that_wait(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (few, ids) = the_few(&given, &store).await;
    let many = flood(&given, &store).await;
    let by_status = [
        (None, vec![ids[2], ids[1], ids[0]]),
        (Some(Status::Pending), vec![ids[0]]),
        (Some(Status::Routing), vec![ids[1]]),
        (Some(Status::Building), vec![]),
        (Some(Status::Cancelled), vec![ids[2]]),
        (Some(Status::Failed), vec![]),
    ];
    let (unlisted, sol) = (Some(UNLISTED.mint), Some(Asset::SOL.mint));
    let pairs = [(unlisted, None), (None, sol), (unlisted, sol)];

    for (status, expected) in by_status {
        let mut filters = vec![(Some(few.clone()), None, None)];
        for (mint_in, mint_out) in pairs {
            filters.push((None, mint_in, mint_out));
            filters.push((Some(few.clone()), mint_in, mint_out));
            filters.push((Some(many.clone()), mint_in, mint_out));
        }
        for (client, mint_in, mint_out) in filters {
            let expected = match client == Some(many.clone()) {
                true => vec![],
                false => expected.clone(),
            };
            let filter = ListFilter {
                client,
                status,
                mint_in,
                mint_out,
                ..first(50)
            };
            // Nobody looks at the other waiting orders.
            let (found, pages) = listed_through(&store, &filter).await;
            assert_eq!((found, pages), (expected, 1), "{filter:?}");
        }
    }
}

/// 2: with a filter that no index supports.
pub async fn a_list_that_looks_at_too_much_says_how_far_it_came(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut expected = Vec::new();
    let mut rare = async || {
        let mut order = given.order();
        order.terms.valid_for_seconds = Some(1);
        order.terms.asset_in = UNLISTED;
        expected.insert(0, given.accept(&store, order).await);
    };
    rare().await;
    rare().await;
    flood_expires(&given, &store, fixture).await;
    rare().await;
    fixture.advance(Duration::from_millis(1_050)).await;
    for order in &expected {
        withdraw(&given, &store, *order, Withdrawal::Expired).await;
    }
    let filter = ListFilter {
        status: Some(Status::Expired),
        mint_in: Some(UNLISTED.mint),
        ..first(2)
    };

    let (found, _) = listed_through(&store, &filter).await;
    let everything = ListFilter {
        status: Some(Status::Expired),
        ..first(1_000)
    };
    let (all, _) = listed_through(&store, &everything).await;

    assert_eq!(found, expected);
    assert_eq!(all.len(), super::flood::SIZE + expected.len());
    let distinct: HashSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "an order was repeated");
}

/// 5: lists that nobody waits for, more than time allows, and all other calls beside them.
pub async fn lists_keep_nobody_waiting(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lists = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let store = Arc::clone(&store);
        lists.spawn(async move { store.list(&first(200)).await });
    }

    for _ in 0..20 {
        super::promptly("an order", given.accepted(&store)).await;
        let found = super::promptly("an answer", store.order(order, None)).await;
        assert!(found.expect("the store answers").is_some());
        let ping = super::promptly("a ping", store.ping()).await;
        ping.expect("the store is ready");
    }

    while let Some(listed) = lists.join_next().await {
        let listed = listed.expect("no list panics");
        assert!(
            matches!(&listed, Ok(_) | Err(ports::Error::Busy { .. })),
            "{listed:?}"
        );
    }
}

/// 3: whose.
pub async fn another_clients_orders_do_not_exist(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (owner, other) = (given.client("owner"), given.client("other"));
    let order = given.accept(&store, given.order_of(&owner)).await;
    let theirs = given.accept(&store, given.order_of(&other)).await;

    let hidden = store.order(order, Some(&other)).await;
    let shown = store.order(order, Some(&owner)).await;

    assert_eq!(hidden.expect("the store answers"), None);
    assert!(shown.expect("the store answers").is_some());
    for (client, expected) in [(owner, order), (other, theirs)] {
        for status in [None, Some(Status::Pending)] {
            let filter = ListFilter {
                client: Some(client.clone()),
                status,
                ..first(10)
            };
            assert_eq!(listed(&store, &filter).await, [expected]);
        }
    }
    assert_eq!(listed(&store, &first(10)).await, [theirs, order]);
}

/// 3: by the client's own name.
pub async fn an_order_is_found_by_its_clients_name_for_it(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let new = given.order_called("order no. 7");
    let order = given.accept(&store, new.clone()).await;
    let name = ClientOrderId::parse("order no. 7").expect("a valid id");

    let found = store.order_by_client_id(&new.client, &name).await;
    let hidden = store
        .order_by_client_id(&given.client("other"), &name)
        .await;

    let found = found.expect("the store answers").expect("the order");
    assert_eq!(found.id, order);
    assert_eq!(hidden.expect("the store answers"), None);
}

/// 2: lists by wallet.
pub async fn lists_by_wallet_hold_what_it_pays_for(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (first, second) = (Address::new([1; 32]), Address::new([2; 32]));
    let mut of_first = Vec::new();
    let mut of_second = Vec::new();
    let mut unnamed = Vec::new();
    for _ in 0..7 {
        unnamed.push(given.accepted(&store).await);
        for (wallet, ids) in [(first, &mut of_first), (second, &mut of_second)] {
            let mut order = given.order();
            order.terms.wallet = Some(wallet);
            ids.push(given.accept(&store, order).await);
        }
    }
    let newest_first = |ids: &[OrderId]| {
        let mut ids = ids.to_vec();
        ids.sort_by(|one, other| other.cmp(one));
        ids
    };
    let by = |wallet, or_unnamed, status| ListFilter {
        wallet: Some(PaidBy { wallet, or_unnamed }),
        status,
        limit: 3,
        ..ListFilter::default()
    };

    for status in [None, Some(Status::Pending)] {
        let (listed, _) = listed_through(&store, &by(second, false, status)).await;
        assert_eq!(listed, newest_first(&of_second));
        let both = [of_first.clone(), unnamed.clone()].concat();
        let (listed, _) = listed_through(&store, &by(first, true, status)).await;
        assert_eq!(listed, newest_first(&both));
    }
    let (listed, _) = listed_through(&store, &by(first, false, Some(Status::Failed))).await;
    assert_eq!(listed, []);
}
