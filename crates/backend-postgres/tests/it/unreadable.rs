//! Orders of other versions. Those that this one cannot read, as a newer one writes them during an
//! upgrade, block no other order; those of version 1 are read whole.

use std::sync::Arc;

use domain::OrderId;
use domain::event::SCHEMA_VERSION;
use ports::order_history::ListFilter;
use ports::order_store::Claim;
use servers::PostgresServer;
use testkit::contract::{Given, eventually, version_1, waiting};
use tokio::task::JoinSet;

use crate::{ask, meddle, open_patiently, server};

/// A newer version recorded an event of its own.
async fn make_unreadable(server: &PostgresServer, order: OrderId) {
    let sql = format!(
        "insert into order_events (order_id, seq, event_id, status, executions, at, data)
         values ('{order}', 1, gen_random_uuid(), 0, 0, now_ms(), '{{\"type\":\"armed\"}}')"
    );
    meddle(server, &sql).await;
}

#[tokio::test]
async fn an_unreadable_order_leaves_the_claims_beside_it_granted_and_is_given_back() {
    let (server, given) = (server(), Given::new());
    let store = open_patiently(&server).await;
    let worker = given.worker(&store).await;
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(given.accepted(&store).await);
    }
    let unreadable = orders[2];
    make_unreadable(&server, unreadable).await;

    // In one batch: all of them are asked for before the first is sent.
    let mut claiming = JoinSet::new();
    for order in orders {
        let store = Arc::clone(&store);
        claiming.spawn(async move { (order, store.claim(order, worker).await) });
    }

    for (order, claim) in claiming.join_all().await {
        let claim = claim.expect("the store answers");
        if order == unreadable {
            assert!(matches!(claim, Claim::Unknown), "{claim:?}");
        } else {
            assert!(matches!(claim, Claim::Granted(_)), "{claim:?}");
        }
    }
    let is_free = format!("select lease_worker is null from orders where id = '{unreadable}'");
    eventually("the order to be given back", async || {
        (ask(&server, &is_free).await == "t").then_some(())
    })
    .await;
}

#[tokio::test]
async fn unreadable_orders_leave_lists_as_long_as_asked_for() {
    let (server, given) = (server(), Given::new());
    let store = open_patiently(&server).await;
    let mut orders = Vec::new();
    for _ in 0..6 {
        orders.push(given.accepted(&store).await);
    }
    // The newest two and the oldest but one.
    for unreadable in [1, 4, 5] {
        make_unreadable(&server, orders[unreadable]).await;
    }
    let fail_all = format!(
        "update orders set end_status = 5, ended_at = now_ms(), due_at = null;
         update orders set schema_version = {} where id = '{}'",
        SCHEMA_VERSION + 1,
        orders[5]
    );
    let readable = [orders[3], orders[2], orders[0]];

    for limit in 1..=4 {
        let filter = ListFilter {
            limit,
            ..ListFilter::default()
        };
        let listed = store.list(&filter).await.expect("a page is read");
        let listed: Vec<_> = listed.orders.iter().map(|order| order.id).collect();
        assert_eq!(listed, readable[..limit.min(3)]);
    }
    meddle(&server, &fail_all).await;
    for limit in 1..=4 {
        let dead = store.dead(None, limit).await.expect("a page is read");
        let dead: Vec<_> = dead.iter().map(|order| order.id).collect();
        assert_eq!(dead, readable[..limit.min(3)]);
    }
}

#[tokio::test]
async fn an_unreadable_order_that_waits_keeps_nobody_from_the_others_of_its_pair() {
    let (server, given) = (server(), Given::new());
    let store = open_patiently(&server).await;
    let orders = waiting::accept_some(&given, &store, 5).await;
    let damaged = format!(
        "update orders set terms = 'not json' where id = '{}'",
        orders[1]
    );
    meddle(&server, &damaged).await;
    let newer = format!(
        "update orders set schema_version = {} where id = '{}'",
        SCHEMA_VERSION + 1,
        orders[4]
    );
    meddle(&server, &newer).await;

    waiting::check_left_out(&store, &orders, &[orders[1], orders[4]]).await;
}

#[tokio::test]
async fn an_order_of_version_1_is_read_whole_and_goes_on() {
    let (server, given) = (server(), Given::new());
    let store = open_patiently(&server).await;
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let becomes_old = format!(
        "update orders set schema_version = 1, terms = '{}', lease_worker = null;
         update order_events set data = '{}' where seq = {}",
        version_1::TERMS,
        version_1::ROUTED,
        version_1::ROUTED_AT.get()
    );
    meddle(&server, &becomes_old).await;
    let worker = given.worker(&store).await;

    version_1::check(&store, order, worker).await;
}
