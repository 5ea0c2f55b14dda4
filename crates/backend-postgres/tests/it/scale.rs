//! Many orders change nothing: every query touches a handful of pages, however large the tables.

use std::time::Duration;

use domain::transaction::TransactionRef;
use domain::{EventData, OrderId, Seq, Status};
use ports::fills::{FillFilter, FillPage};
use ports::order_history::{ListFilter, Watch};
use ports::order_store::{Claim, DuePage, Withdrawal, Withdrawn};
use ports::worker_registry::Beat;
use servers::PostgresServer;
use testkit::contract::Given;

use crate::{ask, meddle, open_patiently};

/// Pages that any one query may touch: a few levels of index, and a row for each of some hundred
/// results. Reading a table of this size would take tens of thousands.
const PAGES: u64 = 3_000;

/// Puts a history of ended orders, and a backlog of open ones, beside those of the test.
const FILL: &str = "
insert into orders (id, client, terms, token_in, token_out, schema_version, created_at, due_at,
                    ended_at, end_status)
select gen_random_uuid(), 'anyone', t.terms, 'SOL', 'USDC', 1, n, case when n % 10 = 0 then n end,
       case when n % 10 <> 0 then n end,
       case when n % 10 <> 0 then case when n % 10000 = 1 then 5 else 4 end end
from generate_series(1, 100000) as n,
     (select terms from orders limit 1) as t;
insert into order_events (order_id, seq, event_id, status, executions, at, data)
select o.id, 0, gen_random_uuid(), 0, 0, o.created_at, '{\"type\":\"accepted\"}'
from orders o where not exists (select from order_events e where e.order_id = o.id);
insert into order_attempts (order_id, attempt, signature, bytes, last_valid_height, stored_at,
                            blockhash)
select o.id, 1, o.id::text, '', 150, o.created_at,
       case when o.created_at % 2 = 0 then a.blockhash
            else decode(md5((o.created_at / 50)::text), 'hex') end
from orders o, (select blockhash from order_attempts limit 1) as a
where not exists (select from order_attempts e where e.order_id = o.id);
";

/// A server that counts the pages which each statement touches.
pub(crate) async fn counting_server() -> PostgresServer {
    let counts = [("shared_preload_libraries", "pg_stat_statements")];
    let server = PostgresServer::start_with(&counts).expect("PostgreSQL starts with its contrib");
    meddle(&server, "create extension pg_stat_statements").await;
    server
}

/// Pages that the store's statements touched since the last call; each of its statements begins
/// with its name.
pub(crate) async fn pages_touched(server: &PostgresServer) -> u64 {
    let pages = "select coalesce(sum(shared_blks_hit + shared_blks_read), 0)::int8
                 from pg_stat_statements where query ~ '^-- [a-z]'";
    let touched = ask(server, pages).await;
    meddle(server, "select pg_stat_statements_reset()").await;
    touched.parse().expect("the sum is a number")
}

/// When the server counts its rows, on which it bases its plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    Never,
    WhenFew,
    WhenMany,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_question_reads_the_whole_table() {
    check_questions(Counted::WhenMany).await;
}

/// A server that may not analyse, or has had no time to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_question_reads_the_whole_of_a_table_that_was_never_counted() {
    check_questions(Counted::Never).await;
}

/// An engine that was idle for its first minute, and no longer is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_question_reads_the_whole_of_a_table_that_was_small_when_it_was_counted() {
    check_questions(Counted::WhenFew).await;
}

async fn check_questions(counted: Counted) {
    let server = counting_server().await;
    meddle(&server, "alter system set autovacuum = off").await;
    meddle(&server, "select pg_reload_conf()").await;
    let given = Given::new();
    let store = open_patiently(&server).await;
    let round = async || {
        for _ in 0..20 {
            let order = given.accepted(&store).await;
            let mut lease = given.leased(&store, order).await;
            given.confirm(&store, &mut lease).await;
        }
    };
    // Plans made while the tables are empty, or small, must not be kept when they are full.
    round().await;
    if counted == Counted::WhenFew {
        meddle(&server, "analyze").await;
        round().await;
    }
    meddle(&server, FILL).await;
    if counted == Counted::WhenMany {
        meddle(&server, "analyze").await;
    }
    let worker = given.worker(&store).await;

    pages_touched(&server).await;
    let check = async |what: &str| {
        let touched = pages_touched(&server).await;
        assert!(touched < PAGES, "{what} touched {touched} pages");
    };

    let order = given.accepted(&store).await;
    check("accept").await;
    let claim = store.claim(order, worker).await.expect("claim answers");
    let Claim::Granted(mut lease) = claim else {
        panic!("not granted: {claim:?}");
    };
    check("claim").await;
    given
        .record(&store, &mut lease, EventData::RoutingStarted)
        .await;
    check("a step").await;
    let watch = Watch {
        order_id: order,
        next: Seq::FIRST,
    };
    let events = store.events_for(&[watch]).await;
    assert_eq!(events.expect("events_for answers").len(), 2);
    check("events of a watched order").await;
    let released = store.release(&lease, Duration::ZERO).await;
    released.expect("release answers");
    check("release").await;
    given.leased(&store, order).await;
    check("a claim of what has begun").await;
    let ending = given.accepted(&store).await;
    let mut lease = given.leased(&store, ending).await;
    let transaction = given.confirm(&store, &mut lease).await;
    check("a life").await;
    let signatures = store.signatures_of(ending).await.expect("it answers");
    assert_eq!(
        signatures.as_slice(),
        std::slice::from_ref(&transaction.signature)
    );
    check("an order's signatures").await;
    let reference = TransactionRef {
        blockhash: transaction.blockhash.expect("it names a block"),
        signature: transaction.signature,
    };
    let owners = store.orders_of(&[reference]).await.expect("it answers");
    assert_eq!(owners.len(), 1);
    check("a transaction's order").await;
    let page = FillPage {
        after: None,
        limit: 50,
        look: 5_000,
    };
    for client in [None, Some(given.client("nobody"))] {
        let filter = FillFilter {
            client,
            ..FillFilter::default()
        };
        let fills = store.settled(&filter, page).await.expect("settled answers");
        assert!(fills.reached.is_some());
        check("fills").await;
    }
    store.corrections().await.expect("corrections answer");
    check("corrections of fills").await;
    let beat = Beat {
        number: 1,
        heard: 0,
        holding: vec![order],
    };
    store.heartbeat(worker, &beat).await.expect("it is alive");
    check("heartbeat").await;
    let withdrawn = given.accepted(&store).await;
    let event = given.event_id();
    let ended = store
        .withdraw(withdrawn, None, event, Withdrawal::Cancelled, "a test")
        .await;
    assert!(matches!(ended, Ok(Withdrawn::Won { .. })), "{ended:?}");
    check("accept and withdraw").await;
    for status in [
        None,
        Some(Status::Confirmed),
        Some(Status::Failed),
        Some(Status::Pending),
        Some(Status::Submitted),
    ] {
        let filter = ListFilter {
            status,
            limit: 50,
            ..ListFilter::default()
        };
        store.list(&filter).await.expect("list answers");
        check(&format!("list {status:?}")).await;
    }
    let page = DuePage {
        grace: Duration::ZERO,
        after: None,
        limit: 100,
    };
    assert_eq!(store.due(page).await.expect("due answers").len(), 100);
    check("due").await;
    let fair = store.due_fairly(10, 100).await.expect("due_fairly answers");
    assert_eq!(fair.len(), 10);
    check("due_fairly").await;
    let dead = store.dead(None, 10).await.expect("dead answers");
    assert_eq!(dead.len(), 10);
    check("dead").await;
    store.overdue(100).await.expect("overdue answers");
    check("overdue").await;
    store.counts().await.expect("counts answer");
    check("counts").await;
    store
        .events(order, Seq::FIRST)
        .await
        .expect("events answer");
    store
        .order(OrderId::new(order.uuid()), None)
        .await
        .expect("order answers");
    check("order and events").await;
}
