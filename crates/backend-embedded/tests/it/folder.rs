//! The data folder: locked for one process, read by the next one, refused if it is newer.

use std::path::Path;
use std::sync::Arc;

use backend_embedded::{OpenError, Settings, SqliteStore, peek};
use domain::event::SCHEMA_VERSION;
use domain::spending::{Purpose, WalletUse};
use domain::{Address, OrderId, Seq};
use ports::order_store::Claim;
use ports::{Clock, Store, SystemClock};
use rusqlite::{Connection, ErrorCode, params};
use tempfile::TempDir;
use testkit::contract::{Given, version_1, waiting};

const FIRST_SCHEMA: &str = include_str!("../../../../migrations/sqlite/0001_orders.sql");

fn try_open(folder: &Path) -> Result<Arc<dyn Store>, OpenError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let store = SqliteStore::open(folder, Settings::default(), clock)?;
    Ok(Arc::new(store))
}

fn open(folder: &Path) -> Arc<dyn Store> {
    try_open(folder).unwrap()
}

/// Another program that has the same file open.
fn file(folder: &Path) -> Connection {
    Connection::open(folder.join("engine.db")).unwrap()
}

#[tokio::test]
async fn a_second_process_is_told_the_folder_and_the_pid() {
    let folder = TempDir::new().unwrap();
    let _first = open(folder.path());

    let refused = try_open(folder.path()).unwrap_err().to_string();

    assert!(
        refused.contains(&folder.path().display().to_string()),
        "{refused}"
    );
    assert!(
        refused.contains(&std::process::id().to_string()),
        "{refused}"
    );
}

#[tokio::test]
async fn a_look_at_a_store_in_use_sees_what_holds_its_engine_back() {
    let folder = TempDir::new().unwrap();
    let wallet = Some(Address::new([1; 32]));
    let look = || peek(folder.path(), wallet, &[Purpose::Fees]).unwrap();
    assert_eq!(look(), None);

    let store = open(folder.path());
    let running = look().unwrap();
    let halt = store.halt("admin", "a drill").await.unwrap();

    assert!(!running.is_paused && running.halt.is_none(), "{running:?}");
    assert_eq!(running.uses, [WalletUse::default()]);
    assert_eq!(look().unwrap().halt, Some(halt.clone()));
    drop(store);
    assert_eq!(look().unwrap().halt, Some(halt));
}

#[tokio::test]
async fn a_closed_store_is_opened_again_with_all_it_held() {
    let folder = TempDir::new().unwrap();
    let given = Given::new();
    let store = open(folder.path());
    let order = given.accepted(&store).await;
    let before = store.order(order, None).await.unwrap();
    assert!(before.is_some());
    drop(store);

    let store = open(folder.path());

    assert_eq!(store.order(order, None).await.unwrap(), before);
    assert_eq!(store.counts().await.unwrap().by_status[0], 1);
}

#[tokio::test]
async fn leases_do_not_outlive_their_process() {
    let folder = TempDir::new().unwrap();
    let given = Given::new();
    let store = open(folder.path());
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let transaction = given.submit(&store, &mut lease).await;
    drop(store);

    let store = open(folder.path());

    assert_eq!(store.workers().await.unwrap(), []);
    let due = store.due_fairly(1, 1).await.unwrap();
    assert_eq!(due[0].id, order);
    let resumed = given.leased(&store, order).await;
    assert_eq!(resumed.order, lease.order);
    assert_eq!(resumed.live_transaction, Some(transaction));
}

#[tokio::test]
async fn a_newer_store_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    drop(open(folder.path()));
    file(folder.path())
        .execute("update schema_version set version = 99", [])
        .unwrap();

    let refused = try_open(folder.path()).unwrap_err().to_string();

    assert!(refused.contains("newer version"), "{refused}");
    assert!(refused.contains("99"), "{refused}");
    assert_eq!(version(folder.path()), 99);
}

fn version_of_a_fresh_store() -> i64 {
    let folder = TempDir::new().unwrap();
    drop(open(folder.path()));
    version(folder.path())
}

/// A folder as the first release leaves it: two attempts, of which one may still land.
fn of_the_first_release() -> TempDir {
    let folder = TempDir::new().unwrap();
    let first_release = file(folder.path());
    first_release.execute_batch(FIRST_SCHEMA).unwrap();
    first_release
        .execute_batch(
            "create table schema_version (version integer not null) strict;
             insert into schema_version values (1);
             insert into order_attempts values (7, 1, 'raydium', 'dead', x'01', 100, 5);
             insert into order_attempts values (7, 2, 'meteora', 'live', x'02', 150, null);",
        )
        .unwrap();
    folder
}

/// The same with the order of these attempts, which is submitted.
fn submitted_to_the_first_release() -> TempDir {
    let folder = of_the_first_release();
    file(folder.path())
        .execute(
            "insert into orders (key, id, client, schema_version, terms, token_in, token_out,
                 created_at, due_at)
             values (7, randomblob(16), 'open', 1, '{}', 'SOL', 'USDC', 1, 1)",
            [],
        )
        .unwrap();
    folder
}

#[tokio::test]
async fn a_store_of_the_first_release_keeps_its_attempts_and_their_rules() {
    let folder = of_the_first_release();

    drop(open(folder.path()));

    let db = file(folder.path());
    let told: String = db
        .query_row(
            "select (select version from schema_version) || ': ' || group_concat(concat_ws(' ',
                 order_key, attempt, venue, signature, hex(bytes), last_valid_height, dead_at,
                 hex(blockhash)), '; ')
             from order_attempts",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let newest = version_of_a_fresh_store();
    assert_eq!(
        told,
        format!("{newest}: 7 1 raydium dead 01 100 5 ; 7 2 meteora live 02 150 ")
    );
    let insert = |row| {
        let into = "insert into order_attempts (order_key, attempt, signature, last_valid_height,
                        dead_at, blockhash, venue, bytes)";
        db.execute(&format!("{into} values ({row}, 'raydium', x'03')"), [])
    };
    for allowed in [
        "8, 1, 'new', 150, null, x'0a'",
        "8, 2, 'new', 150, 9, x'0b'",
    ] {
        insert(allowed).expect(allowed);
    }
    for refused in [
        // Another height makes it no other transaction.
        "9, 1, 'new', 151, null, x'0a'",
        "7, 1, 'other', 150, 9, x'0a'",
        "7, 3, 'other', 150, null, x'0a'",
    ] {
        let code = insert(refused).expect_err(refused).sqlite_error_code();
        assert_eq!(code, Some(ErrorCode::ConstraintViolation), "{refused}");
    }
}

fn version(folder: &Path) -> i64 {
    file(folder)
        .query_row("select version from schema_version", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn a_store_with_submitted_orders_of_the_first_release_is_left_to_it() {
    let folder = submitted_to_the_first_release();

    let refused = try_open(folder.path()).unwrap_err();

    let told = refused.to_string();
    assert!(
        told.contains("submitted orders of version 0.1.0 (1)"),
        "{told}"
    );
    assert!(matches!(refused, OpenError::Unfinished { .. }), "{told}");
    assert_eq!(version(folder.path()), 1);
}

#[tokio::test]
async fn a_store_whose_submitted_orders_the_first_release_has_finished_is_brought_up_to_date() {
    let folder = submitted_to_the_first_release();
    file(folder.path())
        .execute("update orders set ended_at = 2, end_status = 4", [])
        .unwrap();

    drop(open(folder.path()));

    assert!(version(folder.path()) > 1);
}

/// As 0.1.0 stored it: no block is made up for it.
#[tokio::test]
async fn a_transaction_without_a_blockhash_is_read_without_one() {
    let folder = TempDir::new().unwrap();
    let given = Given::new();
    let store = open(folder.path());
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let transaction = given.submit(&store, &mut lease).await;
    file(folder.path())
        .execute("update order_attempts set blockhash = null", [])
        .unwrap();

    let claim = store.claim(order, lease.worker).await.unwrap();

    let Claim::Granted(lease) = claim else {
        panic!("{claim:?}");
    };
    let read = lease.live_transaction.expect("it may land");
    assert_eq!(read.blockhash, None);
    assert_eq!(read.signature, transaction.signature);
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("engine.db"), [b'x'; 8_192]).unwrap();

    let refused = try_open(folder.path()).unwrap_err();

    assert!(matches!(refused, OpenError::Store { .. }), "{refused:?}");
}

#[tokio::test]
async fn an_order_of_a_newer_engine_is_not_granted() {
    let folder = TempDir::new().unwrap();
    let given = Given::new();
    let store = open(folder.path());
    let order = given.accepted(&store).await;
    let worker = given.worker(&store).await;
    file(folder.path())
        .execute(
            "update orders set schema_version = ?1",
            [SCHEMA_VERSION + 1],
        )
        .unwrap();

    let claim = store.claim(order, worker).await.unwrap();

    assert!(matches!(claim, Claim::Unknown), "{claim:?}");
}

#[tokio::test]
async fn an_order_of_version_1_is_read_whole_and_goes_on() {
    let folder = TempDir::new().unwrap();
    let given = Given::new();
    let store = open(folder.path());
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    drop(store);
    let file = file(folder.path());
    file.execute(
        "update orders set schema_version = 1, terms = ?1, lease_worker = null",
        [version_1::TERMS],
    )
    .unwrap();
    file.execute(
        "update order_events set data = ?1 where seq = ?2",
        params![version_1::ROUTED, version_1::ROUTED_AT.get()],
    )
    .unwrap();

    let store = open(folder.path());
    let worker = given.worker(&store).await;

    version_1::check(&store, order, worker).await;
}

#[tokio::test]
async fn an_unreadable_row_is_corrupt_and_stops_nothing_else() {
    let folder = TempDir::new().unwrap();
    let given = Given::new();
    let store = open(folder.path());
    let broken = given.accepted(&store).await;
    file(folder.path())
        .execute("update orders set terms = 'not json'", [])
        .unwrap();
    let healthy = given.accepted(&store).await;

    let answer = store.order(broken, None).await;

    assert!(
        matches!(answer, Err(ports::Error::Corrupt { .. })),
        "{answer:?}"
    );
    assert!(store.order(healthy, None).await.unwrap().is_some());
    given.leased(&store, healthy).await;
}

#[tokio::test]
async fn an_unreadable_order_that_waits_keeps_nobody_from_the_others_of_its_pair() {
    let folder = TempDir::new().unwrap();
    let given = Given::new();
    let store = open(folder.path());
    let orders = waiting::accept_some(&given, &store, 5).await;
    let broken = [orders[1], orders[4]];
    for order in broken {
        file(folder.path())
            .execute(
                "update orders set terms = 'not json' where id = ?1",
                [order.uuid().as_bytes()],
            )
            .unwrap();
    }

    waiting::check_left_out(&store, &orders, &broken).await;
}

/// How a process ends.
#[derive(Debug, PartialEq, Eq)]
enum Farewell {
    Said,
    None,
}

/// Ends a process while a worker has an order, and claims the order in the next process; returns
/// how many workers have died with it.
async fn deaths_after(folder: &Path, farewell: Farewell) -> u32 {
    let given = Given::new();
    let store = open(folder);
    let order = given.accepted(&store).await;
    let lease = given.leased(&store, order).await;
    if farewell == Farewell::Said {
        store.retire(lease.worker).await.unwrap();
    }
    drop(store);

    let store = open(folder);
    given.leased(&store, order).await.deaths
}

#[tokio::test]
async fn a_process_that_ended_without_a_farewell_died_with_what_it_held() {
    assert_eq!(
        deaths_after(TempDir::new().unwrap().path(), Farewell::None).await,
        1
    );
}

#[tokio::test]
async fn a_process_that_said_farewell_did_not_die_with_what_it_held() {
    assert_eq!(
        deaths_after(TempDir::new().unwrap().path(), Farewell::Said).await,
        0
    );
}

/// A store with orders that have not reached the main file yet.
async fn running_with_orders(folder: &Path) -> (Arc<dyn Store>, Vec<OrderId>) {
    let given = Given::new();
    let store = open(folder);
    let mut orders = Vec::new();
    for _ in 0..50 {
        let order = given.accepted(&store).await;
        let mut lease = given.leased(&store, order).await;
        given.build(&store, &mut lease).await;
        given.submit(&store, &mut lease).await;
        orders.push(order);
    }
    (store, orders)
}

async fn histories(store: &Arc<dyn Store>, orders: &[OrderId]) -> Vec<String> {
    let mut histories = Vec::new();
    for order in orders {
        let found = store.order(*order, None).await.unwrap();
        let found = found.expect("the order is there");
        let events = store.events(*order, Seq::FIRST).await.unwrap();
        histories.push(format!("{found:?} {events:?}"));
    }
    histories
}

/// The commands of docs/OPERATIONS.md.
#[tokio::test]
async fn a_copy_that_sqlite_makes_of_a_running_store_restores_everything() {
    let (folder, restored) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (store, orders) = running_with_orders(folder.path()).await;
    let before = histories(&store, &orders).await;
    let copy = restored.path().join("engine.db");

    let into = copy.to_str().unwrap();
    file(folder.path())
        .execute("vacuum into ?1", [into])
        .unwrap();

    let copy = open(restored.path());
    assert_eq!(histories(&copy, &orders).await, before);
    assert_eq!(
        copy.counts().await.unwrap().by_status,
        store.counts().await.unwrap().by_status
    );
}

/// Likewise.
#[tokio::test]
async fn a_copied_folder_of_a_stopped_store_restores_everything() {
    let (folder, restored) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (store, orders) = running_with_orders(folder.path()).await;
    let before = histories(&store, &orders).await;
    drop(store);

    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), restored.path().join(entry.file_name())).unwrap();
    }

    let copy = open(restored.path());
    assert_eq!(histories(&copy, &orders).await, before);
}

#[tokio::test]
async fn the_main_file_of_a_running_store_is_not_taken_for_an_empty_one() {
    let (folder, restored) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (_store, _orders) = running_with_orders(folder.path()).await;

    std::fs::copy(
        folder.path().join("engine.db"),
        restored.path().join("engine.db"),
    )
    .unwrap();

    let refused = try_open(restored.path()).unwrap_err().to_string();
    assert!(refused.contains("engine.db-wal"), "{refused}");
}

#[tokio::test]
async fn a_first_start_that_was_cut_short_is_begun_again() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("engine.lock"), "1\n").unwrap();
    file(folder.path())
        .pragma_update(None, "journal_mode", "wal")
        .unwrap();

    let store = open(folder.path());

    assert_eq!(
        store.counts().await.unwrap(),
        ports::order_history::Counts::default()
    );
}
