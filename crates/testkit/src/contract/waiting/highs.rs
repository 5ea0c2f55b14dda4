//! What is told of orders that were touched, and the highs of pairs.

use domain::waiting::{Highs, Trail};
use domain::{OrderType, Timestamp};
use ports::waiting::Pair;

use super::*;

fn pair() -> Pair {
    Pair::between(Asset::SOL.mint, Asset::USDC.mint)
}

fn seen(millis: i64, spot: &str) -> Highs {
    let mut highs = Highs::default();
    highs.see(Timestamp::from_millis(millis), price(spot));
    highs
}

/// 7.
pub async fn what_begins_to_wait_or_is_changed_is_told(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let before = store.touched(Timestamp::from_millis(0), None, 10).await;
    let before = before.expect("touched answers");
    assert_eq!(before.touched, []);
    let first = given.accept(&store, limit(&given)).await;
    let second = given.accept(&store, limit(&given)).await;
    given.accepted(&store).await;
    let told = |from, after, limit| {
        let store = Arc::clone(&store);
        async move {
            store
                .touched(from, after, limit)
                .await
                .expect("touched answers")
        }
    };

    let news = told(before.at, None, 10).await;

    let ids = |touched: &[ports::waiting::Touched]| -> Vec<OrderId> {
        touched.iter().map(|it| it.order.id).collect()
    };
    assert_eq!(ids(&news.touched), [first, second]);
    assert!(news.at >= news.touched[1].at && news.touched[1].at >= news.touched[0].at);
    assert_eq!(news.next, None);
    let page = told(before.at, None, 1).await;
    let after = (page.touched[0].at, page.touched[0].order.id);
    assert_eq!(ids(&page.touched), [first]);
    assert_eq!(page.next, Some(after));
    assert_eq!(
        ids(&told(before.at, Some(after), 10).await.touched),
        [second]
    );

    fixture.advance(Duration::from_millis(50)).await;
    let later = told(before.at, None, 10).await.at;
    let terms = news.touched[0].order.terms.clone();
    let changed = store.change(first, None, 0, &terms).await;
    assert_eq!(changed.expect("change answers"), Changed::Done);
    let mut lease = taken(&given, &store, second).await;
    begin(&given, &store, &mut lease).await;
    given
        .record(&store, &mut lease, waiting_again(REST_MS))
        .await;

    let news = told(later, None, 10).await.touched;

    assert_eq!(ids(&news), [first, second]);
    assert_eq!(
        (news[0].order.revision, news[1].order.is_resting),
        (1, true)
    );
    cancel(&given, &store, first).await;
    assert_eq!(ids(&told(later, None, 10).await.touched), [second]);
}

/// 1: what is kept of a trailing stop.
pub async fn a_trailing_stop_waits_with_the_time_of_its_acceptance(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut order = limit(&given);
    order.terms.order_type = OrderType::TrailingStop {
        trail: Trail::new(250).expect("invariant: a trail"),
        activation: Some(price("160")),
    };
    let terms = order.terms.clone();
    let order = given.accept(&store, order).await;

    let waiting = waits(&store, order).await.expect("it waits");

    assert_eq!(waiting.terms, terms);
    let stored = store.order(order, None).await.expect("order answers");
    assert_eq!(
        waiting.accepted_at,
        stored.expect("it is stored").created_at
    );
    assert_eq!(fire(&store, order).await.len(), 1);
}

/// 8.
pub async fn highs_are_stored_by_who_has_read_the_last(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let other = Pair::between(Asset::SOL.mint, UNLISTED.mint);
    let nothing = store.highs(&pair()).await.expect("highs answer");
    assert_eq!((nothing.version, &nothing.highs), (0, &Highs::default()));
    let put = |pair: Pair, version, highs: Highs| {
        let store = Arc::clone(&store);
        async move {
            store
                .store_highs(&pair, version, &highs)
                .await
                .expect("store_highs answers")
        }
    };

    assert!(put(pair(), 0, seen(10, "150")).await);
    assert!(!put(pair(), 0, seen(10, "140")).await, "it was read before");
    assert!(put(pair(), 1, seen(20, "160")).await);
    assert!(!put(pair(), 1, seen(10, "140")).await);
    assert!(
        !put(other.clone(), 1, seen(10, "140")).await,
        "nobody wrote that"
    );

    let store = fixture.after_a_crash().await;
    let stored = store.highs(&pair()).await.expect("highs answer");
    assert_eq!((stored.version, stored.highs), (2, seen(20, "160")));
    let others = store.highs(&other).await.expect("highs answer");
    assert_eq!((others.version, others.highs), (0, Highs::default()));
    let order = given.accept(&store, limit(&given)).await;
    let accepted_at = waits(&store, order).await.expect("it waits").accepted_at;
    assert!(stored.at <= accepted_at, "by one clock");
}

/// 8: two at once.
pub async fn concurrent_highs_have_one_writer(fixture: &impl StoreFixture) {
    let store = fixture.store();
    for version in 0..5 {
        let put = |spot: &'static str| {
            let store = Arc::clone(&store);
            async move { store.store_highs(&pair(), version, &seen(10, spot)).await }
        };
        let (one, other) = tokio::join!(put("150"), put("151"));
        let one = one.expect("store_highs answers");
        let other = other.expect("store_highs answers");

        assert!(one != other, "one of them stores");
    }
}
