//! The choice of backends.

use std::sync::Arc;

use bootstrap::backend;
use ports::{Random, Shutdown, SystemClock};

use crate::config;

#[tokio::test]
async fn without_servers_everything_is_in_the_folder_and_the_folder_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &[]);
    let open = || async {
        let clock = Arc::new(SystemClock::new());
        backend::open(&config, clock, Random::seeded(1), &Shutdown::new()).await
    };

    let ports = open().await.unwrap();
    ports.store.ping().await.unwrap();
    let error = open().await.expect_err("locked").to_string();

    assert!(
        error.contains(&folder.path().display().to_string()),
        "{error}"
    );
    assert!(error.contains(&std::process::id().to_string()), "{error}");
    drop(ports);
    open().await.expect("unlocked with its last user");
}

#[tokio::test]
async fn a_stop_ends_the_wait_for_a_server_that_cannot_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let gone = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!(
        "--database-url=postgres://x@{}/x",
        gone.local_addr().unwrap()
    );
    drop(gone);
    let config = config(folder.path(), &[&url]);
    let shutdown = Shutdown::new();
    shutdown.request_soft();

    let opened = backend::open(
        &config,
        Arc::new(SystemClock::new()),
        Random::seeded(1),
        &shutdown,
    );

    let error = opened.await.expect_err("asked to stop").to_string();
    assert!(error.contains("PostgreSQL"), "{error}");
}
