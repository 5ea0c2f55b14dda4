//! `order-engine health`, by which container engines tell whether a process lives.

use testkit::engine::Engine;
use testkit::free_port::free_port;
use testkit::program::Program;

use crate::run::run;

#[tokio::test]
async fn health_is_silent_and_ends_with_zero_where_a_process_answers() {
    let engine = Engine::start(&[]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().to_string();
    let variables = [("PORT".to_owned(), port.clone())];
    let log = folder.path().join("chain.log");
    let mut chain = Program::start("order-engine", &["sim-chain"], &variables, &log).unwrap();
    chain
        .ready(&format!("http://127.0.0.1:{port}"))
        .await
        .unwrap();
    let engine_port = engine.address().port().to_string();

    // By its variable, as in a container, and by its flag.
    let of_engine = run(folder.path(), &["health"], &[("PORT", &engine_port)]).await;
    let of_chain = run(folder.path(), &["health", "--port", &port], &[]).await;

    for ran in [of_engine, of_chain] {
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stdout.is_empty() && ran.stderr.is_empty(), "{ran:?}");
    }
}

#[tokio::test]
async fn health_fails_with_one_line_where_nothing_answers() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().to_string();

    let ran = run(folder.path(), &["health", "--port", &port], &[]).await;

    assert!(ran.code.is_some_and(|code| code != 0), "{ran:?}");
    assert!(ran.stdout.is_empty(), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    assert!(ran.stderr.contains(&port), "{ran:?}");
}
