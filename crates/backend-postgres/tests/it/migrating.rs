//! Bringing the schema of an earlier version up to date: step by step, beside others, and refused where something
//! would be lost.

use std::time::Duration;

use backend_postgres::{ConnectError, Migrated, migrate};
use domain::event::{Failure, FailureCode};
use domain::{EventData, Status};
use ports::order_history::ListFilter;
use servers::PostgresServer;
use testkit::contract::{Given, eventually};
use tokio::task::JoinSet;

use crate::{ask, connect, meddle, open, open_patiently, server, settings};

/// Back to the third version.
const SIGNATURES_UNIQUE_ALONE: &str = "
    drop index order_attempts_blockhash;
    alter table order_attempts drop column blockhash;
    alter table order_attempts add unique (signature);
    alter table engine_state drop column cluster_mode, drop column cluster_genesis;
    delete from refinery_schema_history where version > 3";

#[tokio::test]
async fn a_schema_whose_signatures_were_unique_alone_is_brought_up_to_date() {
    let (server, given) = (server(), Given::new());
    let store = open(&server).await;
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.confirm(&store, &mut lease).await;
    let signatures = store.signatures_of(order).await.expect("it answers");
    drop(store);
    let since = "select count(*) from refinery_schema_history where version > 3";
    let since = ask(&server, since).await;
    meddle(&server, SIGNATURES_UNIQUE_ALONE).await;

    let migrated = migrate(&settings(&server)).await.expect("migrate answers");

    assert_eq!(migrated.applied.to_string(), since);
    let store = open(&server).await;
    let kept = store.signatures_of(order).await;
    assert_eq!(kept.expect("it answers"), signatures);
    let unique = "select string_agg(indexname, ' ' order by indexname) from pg_indexes
         where tablename = 'order_attempts' and indexdef ~ 'signature'";
    assert_eq!(ask(&server, unique).await, "order_attempts_blockhash");
}

/// A migration that has begun, once a step of it waits for another's lock.
async fn migrating_until_it_waits(
    server: &PostgresServer,
) -> JoinSet<Result<Migrated, ConnectError>> {
    let settings = settings(server);
    let mut migrating = JoinSet::new();
    migrating.spawn(async move { migrate(&settings).await });
    let is_waiting = "select count(*) from pg_stat_activity
                      where application_name = 'order-engine migrate' and wait_event_type = 'Lock'";
    eventually("the step to wait", || async {
        (ask(server, is_waiting).await == "1").then_some(())
    })
    .await;
    migrating
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_waits_for_a_long_reader_keeps_nobody_else_waiting() {
    let server = server();
    drop(open(&server).await);
    meddle(&server, SIGNATURES_UNIQUE_ALONE).await;
    let (reader, _driver) = connect(&server).await;
    let backup = "begin; select count(*) from orders";
    reader.simple_query(backup).await.expect("it reads");
    let mut migrating = migrating_until_it_waits(&server).await;

    let beside = tokio::time::timeout(Duration::from_secs(10), async {
        ask(&server, "select count(*) from orders").await
    });
    assert_eq!(beside.await.as_deref(), Ok("0"), "others go on meanwhile");
    assert!(migrating.try_join_next().is_none(), "the step waits");
    reader.simple_query("rollback").await.expect("it has read");

    let migrated = migrating.join_next().await.expect("it was begun");
    let migrated = migrated.expect("no panic").expect("migrate answers");
    assert!(migrated.applied > 0);
}

#[tokio::test]
async fn an_index_built_beforehand_that_holds_no_rule_does_not_replace_one() {
    let server = server();
    drop(open(&server).await);
    meddle(&server, SIGNATURES_UNIQUE_ALONE).await;
    let loose = "create index order_attempts_signature on order_attempts (signature)";
    meddle(&server, loose).await;

    let refused = migrate(&settings(&server)).await;

    assert!(
        matches!(refused, Err(ConnectError::Migration(_))),
        "{refused:?}"
    );
    let kept = "select count(*) from pg_constraint where conname = 'order_attempts_signature_key'";
    assert_eq!(ask(&server, kept).await, "1");
}

/// Back to the version before lists had indexes of open orders.
const LISTS_WITHOUT_INDEXES: &str = "
    drop table orders_begun;
    drop index orders_open;
    drop index orders_open_of_pair;
    delete from refinery_schema_history where version >= 7";

#[tokio::test]
async fn orders_that_were_begun_before_lists_had_indexes_are_listed() {
    let (server, given) = (server(), Given::new());
    let store = open_patiently(&server).await;
    given.accepted(&store).await;
    let begun = given.accepted(&store).await;
    let mut lease = given.leased(&store, begun).await;
    given.build(&store, &mut lease).await;
    drop(store);
    meddle(&server, LISTS_WITHOUT_INDEXES).await;

    let store = open_patiently(&server).await;

    let filter = ListFilter {
        status: Some(Status::Building),
        limit: 10,
        ..ListFilter::default()
    };
    let page = store.list(&filter).await.expect("a page is read");
    let listed: Vec<_> = page.orders.iter().map(|order| order.id).collect();
    assert_eq!(listed, [begun]);
    assert_eq!(ask(&server, "select count(*) from orders_begun").await, "1");
    given.submit(&store, &mut lease).await;
    given
        .record(&store, &mut lease, EventData::Failed { failure: failure() })
        .await;
    assert_eq!(ask(&server, "select count(*) from orders_begun").await, "0");
}

fn failure() -> Failure {
    Failure {
        code: FailureCode::Internal,
        reason: "for the test".to_owned(),
        landing: None,
        paid_lamports: None,
    }
}

#[tokio::test]
async fn an_index_of_open_orders_whose_building_failed_is_refused() {
    let server = server();
    drop(open(&server).await);
    meddle(&server, LISTS_WITHOUT_INDEXES).await;
    let failed = "create index orders_open on orders (id) where ended_at is null;
                  update pg_index set indisvalid = false
                  where indexrelid = 'orders_open'::regclass";
    meddle(&server, failed).await;

    let refused = migrate(&settings(&server)).await;

    assert!(
        matches!(refused, Err(ConnectError::Migration(_))),
        "{refused:?}"
    );
}

/// Back to the last version without clusters.
const WITHOUT_CLUSTER: &str = "
    drop index order_attempts_blockhash;
    alter table order_attempts drop column blockhash;
    alter table order_attempts
        add constraint order_attempts_signature unique (last_valid_height, signature);
    alter table engine_state drop column cluster_mode, drop column cluster_genesis;
    delete from refinery_schema_history where version >= 9";

const VERSION: &str = "select max(version) from refinery_schema_history";

#[tokio::test]
async fn a_store_with_submitted_orders_of_the_first_release_is_left_to_it() {
    let (server, given) = (server(), Given::new());
    let store = open_patiently(&server).await;
    given.accepted(&store).await;
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let transaction = given.submit(&store, &mut lease).await;
    drop(store);
    meddle(&server, SIGNATURES_UNIQUE_ALONE).await;

    let refused = migrate(&settings(&server)).await;

    let Err(ConnectError::Unfinished(unfinished)) = refused else {
        panic!("not refused: {refused:?}");
    };
    assert_eq!(unfinished.orders, 1);
    assert_eq!(ask(&server, VERSION).await, "3");
    let finished = format!(
        "update orders set ended_at = now_ms(), end_status = 4, due_at = null, lease_worker = null
         where id = '{order}'"
    );
    meddle(&server, &finished).await;
    let store = open(&server).await;
    let kept = store.signatures_of(order).await;
    assert_eq!(kept.expect("it answers"), [transaction.signature]);
}

/// A worker of the first release submits after the first look, before the step that would keep it from doing so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_submitted_while_the_schema_is_brought_up_to_date_is_left_to_it() {
    let (server, given) = (server(), Given::new());
    let store = open_patiently(&server).await;
    let order = given.accepted(&store).await;
    drop(store);
    meddle(&server, WITHOUT_CLUSTER).await;
    let (worker, _driver) = connect(&server).await;
    let submitting = format!(
        "begin;
         insert into order_attempts (order_id, attempt, signature, bytes, last_valid_height, stored_at)
         values ('{order}', 1, 'new', '', 150, 1)"
    );
    worker.simple_query(&submitting).await.expect("it stores");
    let mut migrating = migrating_until_it_waits(&server).await;

    worker.simple_query("commit").await.expect("it has stored");

    let refused = migrating.join_next().await.expect("it was begun");
    let refused = refused.expect("no panic");
    assert!(
        matches!(refused, Err(ConnectError::Unfinished(_))),
        "{refused:?}"
    );
    assert_eq!(ask(&server, VERSION).await, "8");
}

#[tokio::test]
async fn a_process_of_the_first_release_submits_nothing_to_a_store_of_clusters() {
    let server = server();
    drop(open(&server).await);
    let (client, _driver) = connect(&server).await;

    let stored = client
        .simple_query(
            "insert into order_attempts (order_id, attempt, signature, bytes, last_valid_height,
                                         stored_at)
             values (gen_random_uuid(), 1, 'new', '', 150, 1)",
        )
        .await;

    let refused = stored.expect_err("it names no block");
    let rule = refused.as_db_error().and_then(|error| error.constraint());
    assert_eq!(rule, Some("order_attempts_names_its_block"));
}

#[tokio::test]
async fn an_index_of_blockhashes_built_beforehand_that_is_no_rule_is_refused() {
    let server = server();
    drop(open(&server).await);
    meddle(&server, WITHOUT_CLUSTER).await;
    let loose = "alter table order_attempts add column blockhash bytea;
                 create index order_attempts_blockhash on order_attempts (blockhash, signature)";
    meddle(&server, loose).await;

    let refused = migrate(&settings(&server)).await;

    assert!(
        matches!(refused, Err(ConnectError::Migration(_))),
        "{refused:?}"
    );
    let kept = "select count(*) from pg_constraint where conname = 'order_attempts_signature'";
    assert_eq!(ask(&server, kept).await, "1");
}
