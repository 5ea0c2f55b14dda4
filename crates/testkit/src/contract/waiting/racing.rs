//! Promises 2 and 4 where several ask at once: exactly one wins.

use std::sync::Arc;

use domain::order::OrderType;
use domain::{OcoGroup, OrderId, Status};
use ports::Store;
use ports::order_store::Withdrawn;
use ports::waiting::Changed;
use tokio::task::JoinSet;

use super::{cancel, fire, firing, limit, price, status, waits};
use crate::contract::{Given, StoreFixture};

const ROUNDS: usize = 12;

async fn fire_at_once(handles: &[Arc<dyn Store>], orders: &[OrderId]) -> usize {
    let mut firing_all = JoinSet::new();
    for _ in 0..4 {
        for store in handles {
            for order in orders {
                let (store, order) = (Arc::clone(store), *order);
                firing_all.spawn(async move { fire(&store, order).await.len() });
            }
        }
    }
    firing_all.join_all().await.into_iter().sum()
}

/// 2: two sweepers.
pub async fn concurrent_firings_fire_once(fixture: &impl StoreFixture) {
    let given = Given::new();
    let handles = [fixture.store(), fixture.second_handle().await];
    for _ in 0..ROUNDS {
        let order = given.accept(&handles[0], limit(&given)).await;

        let fired = fire_at_once(&handles, &[order]).await;

        assert_eq!(fired, 1);
    }
}

/// 4: two of one group.
pub async fn of_a_group_concurrent_firings_fire_one(fixture: &impl StoreFixture) {
    let given = Given::new();
    let handles = [fixture.store(), fixture.second_handle().await];
    for round in 0..ROUNDS {
        let mut orders = Vec::new();
        for _ in 0..3 {
            let mut order = limit(&given);
            order.terms.oco_group = OcoGroup::parse(&format!("round {round}")).ok();
            orders.push(given.accept(&handles[0], order).await);
        }

        let fired = fire_at_once(&handles, &orders).await;

        assert_eq!(fired, 1);
    }
}

/// 2: a cancel and a firing.
pub async fn a_firing_and_a_cancel_have_one_order(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    for _ in 0..ROUNDS {
        let order = given.accept(&store, limit(&given)).await;

        let (fired, cancelled) = tokio::join!(fire(&other, order), cancel(&given, &store, order));

        // A cancel comes in time even after the firing: nothing has been submitted.
        assert!(matches!(cancelled, Withdrawn::Won { .. }), "{cancelled:?}");
        assert!(fired.len() <= 1);
        assert_eq!(status(&store, order).await, Status::Cancelled);
        assert_eq!(waits(&store, order).await, None);
        assert_eq!(fire(&store, order).await, []);
    }
    let counts = store.counts().await.expect("counts answer");
    assert_eq!((counts.on_condition, counts.waiting), (0, 0));
}

/// 2, 3: a change and a firing.
pub async fn a_firing_and_a_change_have_one_winner(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    for _ in 0..ROUNDS {
        let order = limit(&given);
        let mut terms = order.terms.clone();
        terms.order_type = OrderType::Limit {
            price: price("900"),
        };
        let order = given.accept(&store, order).await;

        let old = [firing(order, 0)];
        let (fired, changed) = tokio::join!(other.fire(&old), store.change(order, None, 0, &terms));

        let has_fired = !fired.expect("fire answers").is_empty();
        let has_changed = changed.expect("change answers") == Changed::Done;
        assert!(!(has_fired && has_changed), "both");
        // One that found the row locked leaves it to the next look.
        assert!(has_fired || has_changed || waits(&store, order).await.is_some());
        let stored = store.order(order, None).await.expect("order answers");
        let is_new = stored.expect("it is stored").terms == terms;
        assert_eq!(is_new, has_changed);
    }
}
