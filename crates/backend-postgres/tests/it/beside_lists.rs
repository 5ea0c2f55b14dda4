//! Lists: what they read, and which calls they delay.

use std::sync::Arc;
use std::time::Duration;

use domain::{Asset, ClientId, Status, TokenList};
use ports::order_history::ListFilter;
use ports::{Error, Store};
use servers::PostgresServer;
use testkit::contract::{Given, promptly};
use tokio::task::JoinSet;

use crate::scale::{counting_server, pages_touched};
use crate::{connect, meddle, open_patiently, server};

/// Waiting orders of one client and one pair, newer than all others.
const WAITING: &str = "
insert into orders (id, client, terms, token_in, token_out, schema_version, created_at, due_at)
select overlay(gen_random_uuid()::text placing 'ffffffff' from 1)::uuid, 'many', t.terms,
       'SOL', 'USDC', 1, n, n
from generate_series(1, 60000) as n, (select terms from orders limit 1) as t;
insert into order_events (order_id, seq, event_id, status, executions, at, data)
select o.id, 0, gen_random_uuid(), 0, 0, o.created_at, '{\"type\":\"accepted\"}'
from orders o where o.client = 'many';
vacuum analyze orders;
vacuum analyze order_events;
";
/// Some levels of index and some rows of each source; a list that walks over all waiting orders
/// touches as many pages as there are orders.
const PAGES: u64 = 3_000;

/// Fills the store; each statement by itself, because the last ones cannot run in a transaction.
async fn fill(server: &PostgresServer) {
    for statement in WAITING.split_inclusive(';') {
        meddle(server, statement).await;
    }
}

fn filters() -> Vec<ListFilter> {
    let bonk = TokenList::mainnet().find("BONK").map(|bonk| bonk.mint);
    let (sol, usdc) = (Some(Asset::SOL.mint), Some(Asset::USDC.mint));
    let pairs = [
        (None, None),
        (bonk, None),
        (None, bonk),
        (bonk, sol),
        (sol, usdc),
    ];
    let mut filters = Vec::new();
    for status in [
        None,
        Some(Status::Pending),
        Some(Status::Submitted),
        Some(Status::Failed),
    ] {
        for client in [None, Some("few"), Some("many")] {
            for (mint_in, mint_out) in pairs {
                filters.push(ListFilter {
                    client: client.map(|name| ClientId::parse(name).expect("a client")),
                    status,
                    mint_in,
                    mint_out,
                    limit: 11,
                    ..ListFilter::default()
                });
            }
        }
    }
    filters
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_list_walks_past_what_waits() {
    let server = counting_server().await;
    let given = Given::new();
    let store = open_patiently(&server).await;
    let few = given.client("few");
    for _ in 0..3 {
        let order = given.accept(&store, given.order_of(&few)).await;
        let mut lease = given.leased(&store, order).await;
        given.build(&store, &mut lease).await;
        given.submit(&store, &mut lease).await;
    }
    given.accept(&store, given.order_of(&few)).await;
    fill(&server).await;
    pages_touched(&server).await;

    for filter in &filters() {
        let page = store.list(filter).await.expect("list answers");
        let touched = pages_touched(&server).await;
        assert!(touched < PAGES, "{filter:?} touched {touched} pages");
        // A page that is not full is the last one.
        assert!(
            page.orders.len() == filter.limit || page.next.is_none(),
            "{filter:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_that_hang_keep_nobody_but_lists_waiting() {
    let server = server();
    let given = Given::new();
    let store = open_patiently(&server).await;
    let order = given.accepted(&store).await;
    let worker = given.worker(&store).await;
    let (somebody, _driver) = connect(&server).await;
    let lock = "begin; lock table orders_begun in access exclusive mode";
    somebody.batch_execute(lock).await.expect("it is locked");
    let hanging = ListFilter {
        status: Some(Status::Submitted),
        limit: 10,
        ..ListFilter::default()
    };
    let mut lists = JoinSet::new();
    for _ in 0..20 {
        let (store, filter) = (Arc::clone(&store), hanging.clone());
        lists.spawn(async move { store.list(&filter).await });
    }

    // While they run, until the last has given up, and afterwards.
    let mut refused = 0;
    let mut claimed = false;
    loop {
        check_answers(&given, &store, order).await;
        if !claimed {
            let claim = promptly("a claim", store.claim(order, worker)).await;
            claim.expect("claim answers");
            claimed = true;
        }
        match lists.try_join_next() {
            Some(list) => match list.expect("no list panics") {
                Err(Error::Busy { .. }) => refused += 1,
                Err(Error::Unavailable { .. }) => {}
                other => panic!("a list hangs and is answered: {other:?}"),
            },
            None if lists.is_empty() => break,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    check_answers(&given, &store, order).await;

    assert!(
        refused >= 16,
        "two hang at a time, and {refused} were refused"
    );
    somebody
        .batch_execute("rollback")
        .await
        .expect("it is free");
    testkit::contract::eventually("lists to be read again", async || {
        store.list(&hanging).await.ok()
    })
    .await;
}

async fn check_answers(given: &Given, store: &Arc<dyn Store>, order: domain::OrderId) {
    promptly("an order", given.accepted(store)).await;
    let found = promptly("an answer", store.order(order, None)).await;
    assert!(found.expect("the store answers").is_some());
    let ping = promptly("a ping", store.ping()).await;
    ping.expect("the store is ready");
}
