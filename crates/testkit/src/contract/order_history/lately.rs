//! Promise 7: the events of lately accepted orders.

use std::sync::Arc;
use std::time::Duration;

use domain::{Event, OrderId, Seq};
use ports::Store;
use ports::order_history::RecentPage;

use crate::contract::{Given, StoreFixture};

const HOUR: Duration = Duration::from_secs(3_600);

/// All pages, each of two orders at most.
async fn told(store: &Arc<dyn Store>, within: Duration) -> Vec<Vec<Event>> {
    let mut page = RecentPage {
        within,
        before: None,
        limit: 2,
    };
    let mut pages = Vec::new();
    loop {
        let recent = store.recent(page).await.expect("recent answers");
        pages.push(recent.events);
        assert!(pages.len() < 10, "the pages have no end");
        match recent.next {
            Some(next) => page.before = Some(next),
            None => return pages,
        }
    }
}

async fn events_of(store: &Arc<dyn Store>, orders: &[OrderId]) -> Vec<Event> {
    let mut events = Vec::new();
    for order in orders {
        let of_order = store.events(*order, Seq::FIRST).await;
        events.extend(of_order.expect("events answer"));
    }
    events
}

/// 7: all of them, once.
pub async fn the_events_of_lately_accepted_orders_are_told_page_by_page(
    fixture: &impl StoreFixture,
) {
    let given = Given::new();
    let store = fixture.store();
    let none = told(&store, HOUR).await;
    assert_eq!(none, [Vec::new()]);
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.insert(0, given.accepted(&store).await);
    }
    let mut lease = given.leased(&store, orders[1]).await;
    given.confirm(&store, &mut lease).await;

    let pages = told(&store, HOUR).await;

    let lengths: Vec<usize> = pages.iter().map(Vec::len).collect();
    assert_eq!(lengths, [1 + 5, 2, 1]);
    assert_eq!(pages.concat(), events_of(&store, &orders).await);
}

/// 7: nothing else.
pub async fn what_was_accepted_before_is_not_looked_at(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    for _ in 0..5 {
        given.accepted(&store).await;
    }
    fixture.turn_clock(600_000).await;
    let newest = given.accepted(&store).await;

    let pages = told(&store, HOUR / 12).await;

    assert_eq!(pages, [events_of(&store, &[newest]).await]);
    let everything = told(&store, HOUR).await;
    assert_eq!(everything.concat().len(), 6);
}
