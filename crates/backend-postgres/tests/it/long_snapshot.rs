//! Somebody keeps a snapshot open for long, as a backup does: orders that ended meanwhile do not
//! slow down searches for open ones.

use std::time::Duration;

use domain::EventData;
use ports::order_store::DuePage;
use testkit::contract::Given;

use crate::scale::{counting_server, pages_touched};
use crate::{ask, connect, meddle, open_patiently, server};

/// Orders that end while the snapshot is held, due and expired long ago. Those that have begun stand in no order,
/// so that each of them is another page for who passes it.
const FILL: &str = "
insert into orders (id, client, terms, token_in, token_out, schema_version, created_at, due_at, expires_at)
select rpad(lpad(to_hex(now_ms() - 3600000 + n), 12, '0'), 32, '7')::uuid, 'ended', t.terms, 'SOL', 'USDC', 1,
       now_ms() - 3600000, now_ms() - 3600000 + n, now_ms() - 1800000 + n
from generate_series(1, 20000) as n, (select terms from orders limit 1) as t;
insert into order_events (order_id, seq, event_id, status, executions, at, data)
select o.id, 0, gen_random_uuid(), 0, 0, o.created_at, '{\"type\":\"accepted\"}'
from orders o where o.client = 'ended';
insert into orders_begun (order_id) select id from orders where client = 'ended' order by md5(id::text)";
const END: &str = "
update orders set due_at = null, ended_at = now_ms(), end_status = 7 where client = 'ended';
delete from orders_begun b using orders o where o.id = b.order_id and o.client = 'ended'";
/// Looks of a process, as it makes them every second.
const LOOKS: u64 = 10;
/// One search of each kind: less than a tenth of the orders that ended.
const PAGES: u64 = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_for_what_is_open_costs_the_same_however_much_ends_beside_a_long_snapshot() {
    let server = counting_server().await;
    let given = Given::new();
    let store = open_patiently(&server).await;
    given.accepted(&store).await;
    // Its id is of a clock that is years behind, as that of an order that has waited for as long.
    let begins = given.accepted(&store).await;
    let mut lease = given.leased(&store, begins).await;
    meddle(&server, FILL).await;
    let (backup, _driver) = connect(&server).await;
    let snapshot = "begin isolation level repeatable read; select count(*) from orders";
    backup.batch_execute(snapshot).await.expect("it sees all");
    meddle(&server, END).await;
    let look = async |pending: u64, routing: u64| {
        let page = DuePage {
            grace: Duration::ZERO,
            after: None,
            limit: 100,
        };
        assert_eq!(store.due(page).await.expect("due answers").len(), 1);
        let fair = store.due_fairly(10, 10).await.expect("due_fairly answers");
        assert_eq!(fair.len(), 1);
        assert_eq!(store.overdue(100).await.expect("overdue answers"), []);
        let counts = store.counts().await.expect("counts answer");
        assert!(counts.oldest_waiting_ms.is_some());
        assert_eq!(counts.by_status[..2], [pending, routing]);
        let of_client = store.open_orders(&given.client("ended"), 100).await;
        assert_eq!(of_client.expect("open_orders answers"), 0);
    };
    // The first passes what has ended, and remembers how far.
    look(2, 0).await;
    given
        .record(&store, &mut lease, EventData::RoutingStarted)
        .await;
    pages_touched(&server).await;

    for _ in 0..LOOKS {
        look(1, 1).await;
    }

    let touched = pages_touched(&server).await;
    assert!(
        touched < LOOKS * PAGES,
        "{LOOKS} looks touched {touched} pages"
    );
    let still_there = "select count(*) from orders where client = 'ended'";
    assert_eq!(ask(&server, still_there).await, "20000");
    backup.batch_execute("rollback").await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_comes_in_below_what_was_remembered_is_found_when_the_clock_goes_back() {
    let server = server();
    let given = Given::new();
    let store = open_patiently(&server).await;
    let clock_at = |behind_ms: u32| {
        format!(
            "create or replace function now_ms() returns bigint language sql volatile
             return floor(extract(epoch from clock_timestamp()) * 1000)::bigint - {behind_ms}"
        )
    };
    let everything = DuePage {
        grace: Duration::ZERO,
        after: None,
        limit: 100,
    };
    assert_eq!(store.due(everything).await.expect("due answers"), []);

    meddle(&server, &clock_at(3_600_000)).await;
    let order = given.accepted(&store).await;

    testkit::contract::eventually("the order to be due", async || {
        let due = store.due(everything).await.expect("due answers");
        due.iter().any(|due| due.id == order).then_some(())
    })
    .await;
}
