//! Starting: several processes at once, on an empty database, on a newer one or next to a newer
//! version, on an unsafe server, before the server.

use std::sync::Arc;

use backend_postgres::{ConnectError, PgSettings, PgStore, migrate, peek};
use domain::event::SCHEMA_VERSION;
use domain::spending::{Purpose, WalletUse};
use domain::{Address, EventData, Seq};
use ports::order_history::{ListFilter, Watch};
use ports::order_store::Claim;
use servers::PostgresServer;
use testkit::contract::Given;
use tokio::task::JoinSet;

use crate::{ask, meddle, open, open_patiently, server, settings};

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
async fn a_look_at_a_database_sees_what_holds_its_engine_back() {
    let server = server();
    let wallet = Some(Address::new([1; 32]));
    let look = async || {
        let seen = peek(&settings(&server), wallet, &[Purpose::Fees]).await;
        seen.expect("it answers")
    };
    assert_eq!(look().await, None);

    let store = open(&server).await;
    let running = look().await.expect("there is a store");
    let halt = store.halt("admin", "a drill").await.expect("it halts");

    assert!(!running.is_paused && running.halt.is_none(), "{running:?}");
    assert_eq!(running.uses, [WalletUse::default()]);
    assert_eq!(look().await.expect("there is a store").halt, Some(halt));
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
