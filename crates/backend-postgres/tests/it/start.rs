//! Starting: several processes at once, on an empty database, on a newer one or next to a newer
//! version, on an unsafe server, before the server.

use std::sync::Arc;
use std::time::Duration;

use backend_postgres::{ConnectError, PgSettings, PgStore, migrate};
use domain::event::{Failure, FailureCode, SCHEMA_VERSION};
use domain::{EventData, Seq, Status};
use ports::order_history::{ListFilter, Watch};
use ports::order_store::Claim;
use servers::PostgresServer;
use testkit::contract::{Given, eventually};
use tokio::task::JoinSet;

use crate::{ask, connect, meddle, open, open_patiently, server, settings};

/// Back to the third version.
const SIGNATURES_UNIQUE_ALONE: &str = "
    alter table order_attempts drop constraint order_attempts_signature;
    alter table order_attempts add unique (signature);
    delete from refinery_schema_history where version > 3";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_migrate_an_empty_database_at_once() {
    let server = server();
    let mut starting = JoinSet::new();
    for _ in 0..8 {
        starting.spawn(PgStore::connect(PgSettings {
            pool_size: 2,
            writers: 1,
            ..settings(&server)
        }));
    }

    let stores: Vec<_> = starting.join_all().await.into_iter().collect();

    for store in stores {
        let store: Arc<dyn ports::Store> = store.expect("every process starts");
        Given::new().accepted(&store).await;
    }
    let applied = "select count(*) from refinery_schema_history";
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres");
    let files = std::fs::read_dir(files).expect("the folder of migrations");
    assert_eq!(ask(&server, applied).await, files.count().to_string());
    let again = migrate(&settings(&server)).await.expect("migrate answers");
    assert_eq!(again.applied, 0);
}

#[tokio::test]
async fn a_schema_whose_signatures_were_unique_alone_is_brought_up_to_date() {
    let (server, given) = (server(), Given::new());
    let store = open(&server).await;
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    given.submit(&store, &mut lease).await;
    drop(store);
    let since = "select count(*) from refinery_schema_history where version > 3";
    let since = ask(&server, since).await;
    meddle(&server, SIGNATURES_UNIQUE_ALONE).await;

    let migrated = migrate(&settings(&server)).await.expect("migrate answers");

    assert_eq!(migrated.applied.to_string(), since);
    let kept = "select count(*) from order_attempts";
    assert_eq!(ask(&server, kept).await, "1");
    let unique = "select string_agg(indexname, ' ' order by indexname) from pg_indexes
         where tablename = 'order_attempts' and indexdef ~ 'signature'";
    assert_eq!(ask(&server, unique).await, "order_attempts_signature");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_waits_for_a_long_reader_keeps_nobody_else_waiting() {
    let server = server();
    drop(open(&server).await);
    meddle(&server, SIGNATURES_UNIQUE_ALONE).await;
    let (reader, _driver) = connect(&server).await;
    let backup = "begin; select count(*) from orders";
    reader.simple_query(backup).await.expect("it reads");
    let settings = settings(&server);
    let mut migrating = JoinSet::new();
    migrating.spawn(async move { migrate(&settings).await });
    let is_waiting = "select count(*) from pg_stat_activity
                      where application_name = 'order-engine migrate' and wait_event_type = 'Lock'";
    eventually("the step to wait", || async {
        (ask(&server, is_waiting).await == "1").then_some(())
    })
    .await;

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

#[tokio::test]
async fn a_role_that_may_not_read_the_schemas_version_is_refused_at_once() {
    let server = server();
    drop(open(&server).await);
    meddle(&server, "create role clerk login").await;

    let refused = PgStore::connect(PgSettings {
        url: server.url().replace("postgres@", "clerk@"),
        ..settings(&server)
    })
    .await;

    assert!(
        matches!(refused, Err(ConnectError::Migration(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let server = server();
    drop(open(&server).await);
    meddle(
        &server,
        "insert into refinery_schema_history (version, name, applied_on, checksum)
         values (9999, 'of_the_future', '2030-01-01T00:00:00Z', '1')",
    )
    .await;

    let refused = PgStore::connect(settings(&server)).await;

    assert!(matches!(
        refused,
        Err(ConnectError::NewerSchema { found: 9999, .. })
    ));
}

#[tokio::test]
async fn an_order_of_a_newer_version_is_left_alone_and_hides_no_other() {
    let (server, given) = (server(), Given::new());
    let store = open_patiently(&server).await;
    let newer = given.accepted(&store).await;
    let known = given.accepted(&store).await;
    let worker = given.worker(&store).await;
    meddle(
        &server,
        &format!(
            "update orders set schema_version = {}, terms = '{{}}' where id = '{newer}';
             insert into order_events (order_id, seq, event_id, status, executions, at, data)
             values ('{newer}', 1, gen_random_uuid(), 0, 0, now_ms(), '{{\"type\":\"armed\"}}')",
            SCHEMA_VERSION + 1
        ),
    )
    .await;

    let filter = ListFilter {
        limit: 10,
        ..ListFilter::default()
    };
    let listed = store.list(&filter).await.expect("a page is read");
    let watches = [newer, known].map(|order_id| Watch {
        order_id,
        next: Seq::FIRST,
    });
    let events = store.events_for(&watches).await.expect("events are read");
    let claim = store.claim(newer, worker).await.expect("the store answers");

    let listed: Vec<_> = listed.orders.iter().map(|order| order.id).collect();
    assert_eq!(listed, [known]);
    let accepted: Vec<_> = events
        .iter()
        .map(|event| (event.order_id, event.data.clone()))
        .collect();
    assert_eq!(accepted.len(), 2, "{accepted:?}");
    for order in [newer, known] {
        assert!(
            accepted.contains(&(order, EventData::Accepted)),
            "{accepted:?}"
        );
    }
    assert!(matches!(claim, Claim::Unknown), "{claim:?}");
    given.leased(&store, known).await;
}

#[tokio::test]
async fn a_server_that_is_not_durable_is_refused() {
    for setting in ["fsync", "synchronous_commit"] {
        let server = PostgresServer::start_with(&[(setting, "off")]).expect("PostgreSQL starts");

        let refused = PgStore::connect(settings(&server)).await;

        let Err(ConnectError::NotDurable { setting: named }) = refused else {
            panic!("not refused: {refused:?}");
        };
        assert_eq!(named, setting);
    }
}

#[tokio::test]
async fn a_server_that_comes_later_is_waited_for() {
    let mut server = server();
    server.stop();
    let mut connecting = JoinSet::new();
    connecting.spawn(PgStore::connect(settings(&server)));
    tokio::task::yield_now().await;

    server.restart().expect("PostgreSQL starts");

    let connected = connecting.join_next().await.expect("one is connecting");
    connected
        .expect("it does not panic")
        .expect("the server is usable");
}

#[tokio::test]
async fn an_invalid_address_is_refused_at_once() {
    for url in ["mysql://here", "postgres://h/d?sslmode=sometimes"] {
        let refused = PgStore::connect(PgSettings::new(url)).await;

        assert!(matches!(refused, Err(ConnectError::Address(_))), "{url}");
    }
}
