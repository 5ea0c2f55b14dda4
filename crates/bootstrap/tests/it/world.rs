//! The cluster that a process is given.

use std::sync::Arc;

use bootstrap::world::{cluster_of, reach};
use ports::{Random, Shutdown, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::config;

/// A node whose every answer is this genesis hash.
async fn node_of(genesis: &'static str) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4_096];
        let _ = stream.read(&mut request).await.unwrap();
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"result":"{genesis}"}}"#);
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all((head + &body).as_bytes()).await.unwrap();
    });
    (url, serving)
}

#[tokio::test]
async fn an_endpoint_of_another_cluster_is_refused_in_one_line_that_names_both() {
    const MAINNET: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
    let folder = tempfile::tempdir().unwrap();
    let (url, _serving) = node_of(MAINNET).await;
    let config = config(folder.path(), &[&format!("--solana-rpc-url={url}")]);

    let clock = Arc::new(SystemClock::new());
    let reached = reach(&config, clock, Random::seeded(1), &Shutdown::new()).await;

    let line = format!("{:#}", reached.expect_err("another cluster"));
    let own = cluster_of(config.chain.order_venue_mode)
        .genesis
        .to_string();
    assert!(line.contains(MAINNET) && line.contains(&own), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_reached_does_not_keep_a_process_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &["--sim-chain-url=http://127.0.0.1:1"]);
    let shutdown = Shutdown::new();

    let clock = Arc::new(SystemClock::new());
    let reached = reach(&config, clock, Random::seeded(1), &shutdown).await;

    assert!(reached.unwrap().sim.is_none());
    assert!(!shutdown.is_stopping());
}
