//! Programs that wait at their start for a server that cannot be reached.

use std::net::TcpListener;
use std::time::Duration;

use cluster::program::Program;
use servers::free_port::free_port;
use testkit::contract::eventually;

/// Nothing has begun, so there is nothing to finish.
const PROMPTLY: Duration = Duration::from_secs(3);
const PROGRAMS: [(&str, &[&str]); 3] = [
    ("order-engine", &["serve"]),
    ("api-gateway", &[]),
    ("order-worker", &[]),
];

fn variables(postgres: u16, redis: u16) -> Vec<(String, String)> {
    [
        ("PORT", "0".to_owned()),
        (
            "DATABASE_URL",
            format!("postgres://trader@127.0.0.1:{postgres}/orders"),
        ),
        ("REDIS_URL", format!("redis://127.0.0.1:{redis}")),
        ("SIM_CHAIN_URL", "http://127.0.0.1:1".to_owned()),
        ("LOG_FORMAT", "text".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

async fn check_ends_with_0(postgres: u16, redis: u16, has_begun: &str) {
    for (program, args) in PROGRAMS {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let mut waiting = Program::start(program, args, &variables(postgres, redis), &log)
            .expect("the program starts");
        eventually("the wait", async || {
            waiting.output().contains(has_begun).then_some(())
        })
        .await;

        let status = waiting.terminate(PROMPTLY).await.expect("it ends");

        let said = waiting.output();
        assert_eq!(status.code(), Some(0), "{program}: {said}");
        assert!(said.contains("asked to stop"), "{program}: {said}");
    }
}

#[tokio::test]
async fn sigterm_ends_a_program_that_waits_for_its_servers_with_0_at_once() {
    check_ends_with_0(free_port(), free_port(), "waiting for it").await;
}

#[tokio::test]
async fn sigterm_ends_a_program_whose_servers_take_calls_and_say_nothing_with_0_at_once() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port();

    check_ends_with_0(port, port, "Redis is down").await;
}

#[tokio::test]
async fn a_simulated_chain_that_cannot_be_reached_is_named_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let variables = [
        ("PORT", "0".to_owned()),
        ("DATA_DIR", folder.path().join("data").display().to_string()),
        ("SIM_CHAIN_URL", "http://127.0.0.1:1".to_owned()),
        ("LOG_FORMAT", "text".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let log = folder.path().join("log");

    let engine = Program::start("order-engine", &["serve"], &variables, &log);
    let mut engine = engine.expect("the program starts");

    eventually("the line", async || {
        let line = "the cluster at http://127.0.0.1:1 cannot be reached";
        engine.output().contains(line).then_some(())
    })
    .await;
    let status = engine.terminate(PROMPTLY).await.expect("it ends");
    assert_eq!(status.code(), Some(0));
}
