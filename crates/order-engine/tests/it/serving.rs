//! `serve`: how it starts, what it prints, how it stops. Gateways and workers are other programs:
//! `cluster::members` tests how they start and stop.

use std::path::Path;
use std::time::Duration;

use cluster::engine::Engine;
use cluster::http::http;
use cluster::program::Program;
use testkit::contract::eventually;

use crate::run::run;

/// Starts the engine on a port that the system chooses; returns it with what it printed.
async fn start_on_any_port(folder: &Path, variables: &[(&str, &str)]) -> (Program, String) {
    let all = variables
        .iter()
        .chain(&[("PORT", "0"), ("SIM_LATENCY_SCALE", "0.01")]);
    let all: Vec<_> = all
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let log = folder.join("log");
    let program = Program::start("order-engine", &[], &all, &log).expect("the program starts");
    let output = eventually("the greeting", || async {
        let output = program.output();
        output.contains("}'").then_some(output)
    })
    .await;
    (program, output)
}

/// What the program printed after `mark`, up to the next white space.
fn printed<'a>(output: &'a str, mark: &str) -> &'a str {
    let (_, after) = output.split_once(mark).expect("it prints that");
    after.split_whitespace().next().expect("something follows")
}

#[tokio::test]
async fn it_prints_its_real_address_and_a_curl_that_works() {
    let folder = tempfile::tempdir().unwrap();

    let (_program, output) = start_on_any_port(folder.path(), &[]).await;

    let base = printed(&output, "dashboard").trim_end_matches('/');
    assert!(!base.ends_with(":0"), "{base}");
    let url = printed(&output, "curl -X POST");
    assert_eq!(url, format!("{base}/api/orders/execute"));
    let body = output
        .split("-d '")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    let request = http().post(url).header("content-type", "application/json");
    let answer = request.body(body.to_owned()).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let page = http().get(base).send().await.unwrap();
    assert!(page.status().is_success(), "the dashboard answers");
}

#[tokio::test]
async fn the_curl_carries_a_key_where_one_is_needed_and_prints_none() {
    let folder = tempfile::tempdir().unwrap();

    let (_program, output) =
        start_on_any_port(folder.path(), &[("API_KEYS", "desk:hunter2")]).await;

    assert!(
        output.contains("Authorization: Bearer $API_KEY"),
        "{output}"
    );
    assert!(!output.contains("hunter2"), "{output}");
}

#[tokio::test]
async fn sigterm_ends_it_with_0_soon() {
    let mut engine = Engine::start(&[]).await.unwrap();

    let status = engine
        .program()
        .terminate(Duration::from_secs(3))
        .await
        .unwrap();

    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_told_whose_it_is() {
    let mut engine = Engine::start(&[]).await.unwrap();
    let (folder, pid) = (engine.data_dir(), engine.program().pid());
    let variables = [("PORT", "0"), ("DATA_DIR", folder.to_str().unwrap())];

    let second = run(
        &std::env::temp_dir(),
        &["serve", "--log", "off"],
        &variables,
    )
    .await;

    assert_eq!(second.code, Some(1), "{second:?}");
    assert_eq!(second.stderr.lines().count(), 1, "{second:?}");
    assert!(
        second.stderr.contains(folder.to_str().unwrap()),
        "{second:?}"
    );
    assert!(second.stderr.contains(&pid.to_string()), "{second:?}");
}

#[tokio::test]
async fn a_taken_port_is_said_in_one_line() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();

    let ran = run(
        folder.path(),
        &["serve", "--log", "off"],
        &[("PORT", &port)],
    )
    .await;

    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stderr
            .starts_with(&format!("could not listen on 127.0.0.1:{port}")),
        "{ran:?}"
    );
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
}

#[tokio::test]
async fn variables_of_older_engines_are_ignored_with_a_line() {
    let mut engine = Engine::start(&[
        ("WS_WORKER_CONCURRENCY", "5"),
        ("WS_WORKER_RATE_LIMIT", "9"),
    ])
    .await
    .unwrap();

    let output = engine.program().output();

    assert!(
        output.contains("WS_WORKER_CONCURRENCY is ignored: QUEUE_MAX_CONCURRENCY"),
        "{output}"
    );
    assert!(
        output.contains("WS_WORKER_RATE_LIMIT is ignored: QUEUE_RATE_LIMIT"),
        "{output}"
    );
}

#[tokio::test]
async fn an_engine_on_a_shared_chain_confirms_orders() {
    let folder = tempfile::tempdir().unwrap();
    let port = servers::free_port::free_port();
    let settings = [
        ("PORT", port.to_string()),
        ("SIM_LATENCY_SCALE", "0.01".to_owned()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let chain_url = format!("http://127.0.0.1:{port}");
    let log = folder.path().join("chain.log");
    let mut chain = Program::start("order-engine", &["sim-chain"], &settings, &log).unwrap();
    chain.ready(&chain_url).await.unwrap();
    let engine = Engine::start(&[("SIM_CHAIN_URL", &chain_url)])
        .await
        .unwrap();

    let base_url = engine.url("");
    let args = ["submit", "SOL", "USDC", "1", "--base-url", &base_url];
    let ran = run(folder.path(), &args, &[]).await;

    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ledger = http()
        .get(format!("{chain_url}/api/sim/ledger"))
        .send()
        .await
        .unwrap();
    let ledger: serde_json::Value = ledger.json().await.unwrap();
    assert_eq!(
        ledger["entries"].as_array().map(Vec::len),
        Some(1),
        "{ledger}"
    );
    let metrics = http()
        .get(format!("{chain_url}/metrics"))
        .send()
        .await
        .unwrap();
    assert!(metrics.status().is_success());
    let status = chain.terminate(Duration::from_secs(5)).await.unwrap();
    assert_eq!(status.code(), Some(0));
}
