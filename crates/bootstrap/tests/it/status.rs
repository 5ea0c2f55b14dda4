//! The tiny server of processes that serve nothing else.

use std::net::SocketAddr;
use std::sync::Arc;

use bootstrap::status::{Parts, Status};
use bootstrap::{backend, measure};
use ports::{Random, Shutdown, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::config;

async fn get(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{request} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn it_tells_of_life_readiness_and_numbers_to_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &[]);
    let shutdown = Shutdown::new();
    let clock = Arc::new(SystemClock::new());
    let ports = backend::open(&config, clock, Random::seeded(1), &shutdown)
        .await
        .unwrap();
    let prometheus = measure::start(&shutdown).unwrap();
    metrics::counter!("test_things_total").increment(3);
    let parts = Parts {
        clock: ports.clock.clone(),
        ports: Some(ports),
        prometheus,
        shutdown: shutdown.clone(),
    };
    let status = Status::listen("127.0.0.1", 0, parts).unwrap();
    let address = status.address().unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(status.serve_during(std::future::pending()));

    let health = get(address, "GET /health").await;
    assert!(health.starts_with("HTTP/1.1 200 OK\r\n"), "{health}");
    assert!(health.contains(r#""status":"ok""#), "{health}");
    let ready = get(address, "GET /ready?probe=1").await;
    assert!(ready.contains(r#""status":"ready""#), "{ready}");
    let numbers = get(address, "GET /metrics").await;
    assert!(numbers.contains("test_things_total 3"), "{numbers}");
    assert!(
        get(address, "GET /nowhere")
            .await
            .starts_with("HTTP/1.1 404")
    );
    assert!(
        get(address, "POST /health")
            .await
            .starts_with("HTTP/1.1 405")
    );
    assert!(get(address, "HEAD /health").await.ends_with("\r\n\r\n"));

    shutdown.request_soft();
    let stopping = get(address, "GET /ready").await;
    assert!(stopping.starts_with("HTTP/1.1 503"), "{stopping}");
    assert!(stopping.contains("stopping"), "{stopping}");
}
