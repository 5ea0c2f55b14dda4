//! The promises of [`ports::waiting`], by their numbers.

mod groups;
mod highs;
mod racing;
mod unreadable;

use std::sync::Arc;
use std::time::Duration;

use domain::order::{OrderType, PoolGates, Sniper, Trigger, VolumeFactor};
use domain::waiting::{Firing, Misses, Seen};
use domain::{Asset, BaseUnits, EventData, OrderId, Price, Status, Timestamp};
use ports::Store;
use ports::order_history::ListFilter;
use ports::order_store::{
    Claim, DueOrder, DuePage, Expiry, Lease, NewOrder, Withdrawal, Withdrawn,
};
use ports::waiting::{Changed, NewFiring, Pair, WaitingOrder};

use super::StoreFixture;
use super::given::{Given, UNLISTED, failure, routed};

pub use groups::*;
pub use highs::*;
pub use racing::*;
pub use unreadable::*;

/// Enough for an order that is valid for one second to expire.
const LATER: Duration = Duration::from_millis(1_050);
const REST_MS: u64 = 500;

fn price(text: &str) -> Price {
    Price::parse(text).expect("invariant: the test names a valid price")
}

pub(super) fn limit(given: &Given) -> NewOrder {
    let mut order = given.order();
    order.terms.order_type = OrderType::Limit {
        price: price("150"),
    };
    order
}

fn firing(order: OrderId, revision: u32) -> NewFiring {
    let seen = Seen {
        price: "150.25".to_owned(),
        slot: 300_000_000,
        at: Timestamp::from_millis(1_700_000_000_000),
    };
    let misses = Misses::default();
    NewFiring {
        order,
        revision,
        firing: Firing { seen, misses },
    }
}

async fn fire(store: &Arc<dyn Store>, order: OrderId) -> Vec<DueOrder> {
    let revision = waits(store, order).await.map_or(0, |it| it.revision);
    let fired = store.fire(&[firing(order, revision)]).await;
    fired.expect("fire answers")
}

async fn waits(store: &Arc<dyn Store>, order: OrderId) -> Option<WaitingOrder> {
    let found = store.waiting_among(&[order]).await;
    found.expect("waiting_among answers").pop()
}

async fn due(store: &Arc<dyn Store>) -> Vec<OrderId> {
    let page = DuePage {
        grace: Duration::ZERO,
        after: None,
        limit: 100,
    };
    let due = store.due(page).await.expect("due answers");
    let fairly = store.due_fairly(100, 100).await.expect("due answers");
    let due: Vec<OrderId> = due.into_iter().map(|order| order.id).collect();
    let fairly: Vec<OrderId> = fairly.into_iter().map(|order| order.id).collect();
    assert_eq!(due, fairly);
    due
}

async fn status(store: &Arc<dyn Store>, order: OrderId) -> Status {
    let found = store.order(order, None).await.expect("order answers");
    found.expect("it is stored").status()
}

async fn cancel(given: &Given, store: &Arc<dyn Store>, order: OrderId) -> Withdrawn {
    let event = given.event_id();
    let withdrawing = store.withdraw(order, None, event, Withdrawal::Cancelled, "no more");
    withdrawing.await.expect("withdraw answers")
}

/// A fired order in a worker's hands.
pub(super) async fn taken(given: &Given, store: &Arc<dyn Store>, order: OrderId) -> Lease {
    assert_eq!(fire(store, order).await.len(), 1);
    given.leased(store, order).await
}

fn waiting_again(rest_ms: u64) -> EventData {
    EventData::WaitingAgain {
        failure: failure(),
        rest_ms,
        misses: Misses {
            routed: 2,
            reverted: 1,
            uncounted: 3,
        },
    }
}

async fn begin(given: &Given, store: &Arc<dyn Store>, lease: &mut Lease) {
    let seen = lease.firing.clone().expect("it has fired").seen;
    given
        .record(store, lease, EventData::Triggered { seen })
        .await;
}

/// 1.
pub async fn a_waiting_order_is_seen_by_no_queue(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accept(&store, limit(&given)).await;
    let market = given.accepted(&store).await;
    let worker = given.worker(&store).await;

    let counts = store.counts().await.expect("counts answer");
    let open = store.open_orders(&given.order().client, 10).await;

    assert_eq!(due(&store).await, [market]);
    let claim = store.claim(order, worker).await.expect("claim answers");
    assert!(matches!(claim, Claim::Waiting), "{claim:?}");
    assert_eq!((counts.waiting, counts.on_condition), (1, 1));
    assert_eq!((counts.delayed, counts.running), (0, 0));
    assert_eq!(counts.by_status[Status::Pending.index()], 2);
    assert_eq!(open.expect("open_orders answer"), 2);
}

/// 1: what is listed of it.
pub async fn waiting_orders_are_listed_by_pair(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut rare = limit(&given);
    rare.terms.asset_out = UNLISTED;
    let rare = given.accept(&store, rare).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(given.accept(&store, limit(&given)).await);
    }
    given.accepted(&store).await;

    let pairs = store.waiting_pairs(None, 10).await.expect("pairs answer");

    let names = |bought: Asset| Pair::between(Asset::SOL.mint, bought.mint);
    let mut expected = [names(Asset::USDC), names(UNLISTED)];
    expected.sort();
    assert_eq!(pairs, expected);
    let first = store.waiting_pairs(None, 1).await.expect("pairs answer");
    let rest = store.waiting_pairs(first.first(), 10).await;
    assert_eq!(rest.expect("pairs answer"), pairs[1..]);
    let page = |after, limit| {
        let store = Arc::clone(&store);
        async move {
            let pair = names(Asset::USDC);
            let page = store.waiting_of_pair(&pair, after, limit).await;
            let page = page.expect("waiting_of_pair answers");
            let listed: Vec<OrderId> = page.orders.iter().map(|it| it.id).collect();
            (listed, page.next)
        }
    };
    assert_eq!(page(None, 2).await, (ids[..2].to_vec(), Some(ids[1])));
    assert_eq!(page(Some(ids[1]), 2).await, (ids[2..].to_vec(), None));
    let found = waits(&store, rare).await.expect("it waits");
    assert_eq!(found.terms.asset_out, UNLISTED);
    assert_eq!((found.revision, found.is_resting), (0, false));
}

/// 1: in the lists of orders.
pub async fn lists_tell_waiting_orders_from_others(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let market = given.accepted(&store).await;
    let waiting = given.accept(&store, limit(&given)).await;
    let fired = given.accept(&store, limit(&given)).await;
    fire(&store, fired).await;
    let list = |filter: ListFilter| {
        let store = Arc::clone(&store);
        async move {
            let filter = ListFilter {
                limit: 10,
                ..filter
            };
            let page = store.list(&filter).await.expect("list answers");
            page.orders.iter().map(|order| order.id).collect::<Vec<_>>()
        }
    };
    for client in [None, Some(given.order().client)] {
        let of = |waiting, order_type| ListFilter {
            client: client.clone(),
            waiting,
            order_type,
            ..ListFilter::default()
        };

        assert_eq!(list(of(Some(true), None)).await, [waiting]);
        assert_eq!(list(of(Some(false), None)).await, [fired, market]);
        assert_eq!(list(of(None, Some("limit"))).await, [fired, waiting]);
        assert_eq!(list(of(None, Some("market"))).await, [market]);
        assert_eq!(list(of(Some(true), Some("stop"))).await, []);
    }
}

/// 2.
pub async fn firing_makes_an_order_due_and_keeps_what_was_seen(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accept(&store, limit(&given)).await;

    let fired = fire(&store, order).await;

    assert_eq!(fired.len(), 1);
    assert!(fired[0].starts_execution);
    assert_eq!((fired[0].id, due(&store).await), (order, vec![order]));
    assert_eq!(waits(&store, order).await, None);
    assert_eq!(fire(&store, order).await, [], "once");
    let store = fixture.after_a_crash().await;
    let lease = given.leased(&store, order).await;
    assert_eq!(lease.firing.as_deref(), Some(&firing(order, 0).firing));
    let counts = store.counts().await.expect("counts answer");
    assert_eq!(counts.on_condition, 0);
}

/// 2: a market order does not fire, nor one that nobody knows.
pub async fn only_what_waits_fires(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let market = given.accepted(&store).await;
    let order = given.accept(&store, limit(&given)).await;
    cancel(&given, &store, order).await;

    let firings = [market, order, given.order_id()].map(|order| firing(order, 0));

    assert_eq!(store.fire(&firings).await.expect("fire answers"), []);
    assert_eq!(status(&store, order).await, Status::Cancelled);
}

/// 2: going back.
pub async fn an_order_goes_back_to_waiting_and_fires_again(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accept(&store, limit(&given)).await;
    let mut lease = taken(&given, &store, order).await;
    begin(&given, &store, &mut lease).await;

    given
        .record(&store, &mut lease, waiting_again(REST_MS))
        .await;

    let waiting = waits(&store, order).await.expect("it waits");
    assert!(waiting.is_resting);
    assert_eq!(waiting.misses.reverted, 1);
    assert_eq!(due(&store).await, []);
    let claim = store.claim(order, lease.worker).await;
    assert!(matches!(claim, Ok(Claim::Waiting)), "{claim:?}");
    let counts = store.counts().await.expect("counts answer");
    assert_eq!((counts.waiting, counts.on_condition), (0, 1));
    assert_eq!(counts.running, 0);
    fixture.advance(Duration::from_millis(REST_MS + 1)).await;
    assert!(!waits(&store, order).await.expect("it waits").is_resting);
    let fired = store.fire(&[firing(order, 0)]).await;
    assert_eq!(
        fired.ok(),
        Some(Vec::new()),
        "whoever looked before it fired fires nothing"
    );
    let lease = taken(&given, &store, order).await;
    assert_eq!(lease.order.status(), Status::Pending);
}

/// 2: from every state in which a floor can be missed.
pub async fn an_order_goes_back_after_a_revert(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accept(&store, limit(&given)).await;
    let mut lease = taken(&given, &store, order).await;
    begin(&given, &store, &mut lease).await;
    given.record(&store, &mut lease, routed()).await;
    given.submit(&store, &mut lease).await;

    given.record(&store, &mut lease, waiting_again(0)).await;

    let mut lease = taken(&given, &store, order).await;
    assert_eq!(lease.live_transaction, None);
    given.confirm(&store, &mut lease).await;
    assert_eq!(status(&store, order).await, Status::Confirmed);
}

/// 2: a price that was seen not to hold ends the rest.
pub async fn a_rest_ends_where_the_price_does_not_hold(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accept(&store, limit(&given)).await;
    let mut lease = taken(&given, &store, order).await;
    begin(&given, &store, &mut lease).await;
    given
        .record(&store, &mut lease, waiting_again(600_000))
        .await;

    let ended = store.end_rests(&[order, given.order_id()]).await;

    ended.expect("end_rests answers");
    let waiting = waits(&store, order).await.expect("it waits");
    assert!(!waiting.is_resting);
    let Misses {
        routed, reverted, ..
    } = waiting.misses;
    assert_eq!((routed, reverted), (0, 1));
}

/// 3.
pub async fn a_changed_order_does_not_fire_as_it_was(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accept(&store, limit(&given)).await;
    let mut terms = waits(&store, order).await.expect("it waits").terms;
    terms.order_type = OrderType::Limit {
        price: price("200"),
    };
    terms.min_amount_out = Some(BaseUnits::new(7));
    terms.valid_for_seconds = Some(1);

    let changed = store.change(order, None, 0, &terms).await;

    assert_eq!(changed.expect("change answers"), Changed::Done);
    let stale = store.fire(&[firing(order, 0)]).await;
    assert_eq!(stale.expect("fire answers"), []);
    let again = store.change(order, None, 0, &terms).await;
    assert_eq!(again.expect("change answers"), Changed::Stale);
    let waiting = waits(&store, order).await.expect("it waits");
    assert_eq!((waiting.revision, &waiting.terms), (1, &terms));
    let stored = store.order(order, None).await.expect("order answers");
    assert_eq!(stored.expect("it is stored").terms, terms);
    let fired = store.fire(&[firing(order, 1)]).await;
    assert_eq!(fired.expect("fire answers").len(), 1);
    let late = store.change(order, None, 1, &terms).await;
    let status = Status::Pending;
    assert_eq!(late.expect("change answers"), Changed::TooLate { status });
}

/// 3: whose it is.
pub async fn another_clients_order_is_not_changed(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = limit(&given);
    let terms = order.terms.clone();
    let order = given.accept(&store, order).await;
    let stranger = given.client("stranger");

    let changed = store.change(order, Some(&stranger), 0, &terms).await;

    assert_eq!(changed.expect("change answers"), Changed::Unknown);
    let nothing = store.change(given.order_id(), None, 0, &terms).await;
    assert_eq!(nothing.expect("change answers"), Changed::Unknown);
}

/// 1: by what they wait for, also after a crash, and however they leave.
pub async fn what_orders_wait_for_is_counted(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let sniper = |trigger| {
        let mut order = given.order();
        let gates = PoolGates::default();
        order.terms.order_type = OrderType::Sniper(Sniper { trigger, gates });
        order
    };
    let factor = VolumeFactor::parse("2").expect("a factor");
    let orders = [
        limit(&given),
        sniper(Trigger::PriceAbove { price: price("9") }),
        sniper(Trigger::PoolCreated),
        sniper(Trigger::PoolCreated),
        sniper(Trigger::VolumeSpike { factor }),
    ];
    let mut ids = Vec::new();
    for order in orders {
        ids.push(given.accept(&store, order).await);
    }
    let counts = async |store: &Arc<dyn Store>| {
        let counts = store.counts().await.expect("counts answer");
        (counts.on_condition, counts.on_pool, counts.on_volume)
    };

    assert_eq!(counts(&store).await, (5, 2, 1));
    let other = fixture.after_a_crash().await;
    assert_eq!(counts(&other).await, (5, 2, 1));
    cancel(&given, &other, ids[2]).await;
    fire(&other, ids[3]).await;
    fire(&other, ids[1]).await;
    assert_eq!(counts(&other).await, (2, 0, 1));
    cancel(&given, &other, ids[4]).await;
    assert_eq!(counts(&other).await, (1, 0, 0));
}

/// 5.
pub async fn a_waiting_order_expires_and_does_not_fire_then(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut order = limit(&given);
    order.terms.valid_for_seconds = Some(1);
    let order = given.accept(&store, order).await;
    let endless = given.accept(&store, limit(&given)).await;
    fixture.advance(LATER).await;

    assert_eq!(fire(&store, order).await, []);
    let overdue = store.overdue(10).await.expect("overdue answers");
    let expiry = Expiry {
        order,
        event: given.event_id(),
    };
    let ended = store.expire(&[expiry], "too late").await;

    assert_eq!(overdue, [order]);
    assert_eq!(ended.expect("expire answers").len(), 1);
    assert_eq!(waits(&store, order).await, None);
    assert!(waits(&store, endless).await.is_some());
    let counts = store.counts().await.expect("counts answer");
    assert_eq!((counts.on_condition, counts.waiting), (1, 0));
}

/// 2: what was cancelled is gone.
pub async fn a_waiting_order_is_cancelled_as_any_other(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accept(&store, limit(&given)).await;

    let cancelled = cancel(&given, &store, order).await;

    assert!(matches!(cancelled, Withdrawn::Won { .. }), "{cancelled:?}");
    assert_eq!(waits(&store, order).await, None);
    assert_eq!(store.waiting_pairs(None, 1).await.expect("pairs"), []);
    let counts = store.counts().await.expect("counts answer");
    assert_eq!((counts.on_condition, counts.waiting), (0, 0));
}
