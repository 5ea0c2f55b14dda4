//! More orders than one page of a list looks at.

use std::sync::Arc;
use std::time::Duration;

use domain::{ClientId, OrderId};
use ports::Store;
use ports::order_store::{Expiry, NewOrder};
use tokio::task::JoinSet;

use super::{Given, StoreFixture};

/// How many.
pub(super) const SIZE: usize = 11_000;
/// Submitted concurrently, so that the store writes them together.
const AT_ONCE: usize = 500;
/// Ended in one write.
const PAGE: usize = 1_000;

/// Makes waiting orders that belong to a separate client.
pub(super) async fn flood(given: &Given, store: &Arc<dyn Store>) -> ClientId {
    let many = given.client("many");
    accept_all(store, || given.order_of(&many)).await;
    many
}

/// Makes orders that are accepted and expire.
pub(super) async fn flood_expires(
    given: &Given,
    store: &Arc<dyn Store>,
    fixture: &impl StoreFixture,
) {
    let expiring = || {
        let mut order = given.order();
        order.terms.valid_for_seconds = Some(1);
        order
    };
    let orders = accept_all(store, expiring).await;
    fixture.advance(Duration::from_millis(1_050)).await;
    for page in orders.chunks(PAGE) {
        let expiries: Vec<_> = page
            .iter()
            .map(|order| Expiry {
                order: *order,
                event: given.event_id(),
            })
            .collect();
        let ended = store.expire(&expiries, "for the test").await;
        assert_eq!(ended.expect("expire answers").len(), page.len());
    }
}

async fn accept_all(store: &Arc<dyn Store>, mut order: impl FnMut() -> NewOrder) -> Vec<OrderId> {
    let mut ids = Vec::with_capacity(SIZE);
    while ids.len() < SIZE {
        let mut accepting = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (store, order) = (Arc::clone(store), order());
            ids.push(order.id);
            accepting.spawn(async move { store.accept(order).await });
        }
        for accepted in accepting.join_all().await {
            accepted.expect("accept answers");
        }
    }
    ids
}
