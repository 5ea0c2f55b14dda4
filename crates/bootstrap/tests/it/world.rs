//! The cluster that a process is given.

use std::path::Path;
use std::sync::Arc;

use bootstrap::backend::StoppedWaiting;
use bootstrap::world::blank::Blank;
use bootstrap::world::{World, cluster_of, reach};
use config::Config;
use ports::cluster::Mode;
use ports::{Random, Shutdown, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::config;

const MAINNET: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
const DEVNET: &str = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG";
/// Of no cluster with a name.
const UNKNOWN: &str = "cGfHiC6Kgg3FpFZvgwGcswsCRtp4aBP2fzuXRQPizuN";

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
    let folder = tempfile::tempdir().unwrap();
    let (url, _serving) = node_of(MAINNET).await;
    let config = config(folder.path(), &[&format!("--solana-rpc-url={url}")]);

    let clock = Arc::new(SystemClock::new());
    let reached = reach(
        &config,
        Arc::new(Blank),
        clock,
        Random::seeded(1),
        &Shutdown::new(),
    )
    .await;

    let line = format!("{:#}", reached.expect_err("another cluster"));
    let own = cluster_of(&config).await.unwrap().genesis.to_string();
    assert!(line.contains(MAINNET) && line.contains(&own), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_reached_does_not_keep_a_process_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &["--sim-chain-url=http://127.0.0.1:1"]);
    let shutdown = Shutdown::new();

    let clock = Arc::new(SystemClock::new());
    let reached = reach(
        &config,
        Arc::new(Blank),
        clock,
        Random::seeded(1),
        &shutdown,
    )
    .await;

    assert!(reached.unwrap().sim.is_none());
    assert!(!shutdown.is_stopping());
}

/// What becomes of a live process for this cluster whose endpoint shows this genesis hash.
async fn reach_live(cluster: &str, shown: &'static str) -> anyhow::Result<World> {
    let folder = tempfile::tempdir().unwrap();
    let (url, _serving) = node_of(shown).await;
    let config = live(folder.path(), &url, cluster);
    let clock = Arc::new(SystemClock::new());
    reach(
        &config,
        Arc::new(Blank),
        clock,
        Random::seeded(1),
        &Shutdown::new(),
    )
    .await
}

fn live(folder: &Path, url: &str, cluster: &str) -> Config {
    let flags = [
        "--order-venue-mode=live",
        &format!("--solana-rpc-url={url}"),
        &format!("--solana-cluster={cluster}"),
    ];
    config(folder, &flags)
}

#[tokio::test]
async fn a_live_process_trades_on_the_cluster_that_is_named_and_on_no_other() {
    for (cluster, shown) in [
        ("mainnet-beta", DEVNET),
        ("mainnet-beta", UNKNOWN),
        ("devnet", MAINNET),
        ("testnet", UNKNOWN),
        ("localnet", MAINNET),
        ("localnet", DEVNET),
    ] {
        let reached = reach_live(cluster, shown).await;

        let line = format!("{:#}", reached.expect_err("another cluster"));
        let named = format!("SOLANA_CLUSTER={cluster}");
        assert!(line.contains(shown) && line.contains(&named), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
    for (cluster, shown) in [("devnet", DEVNET), ("localnet", UNKNOWN)] {
        let world = reach_live(cluster, shown).await.unwrap();

        assert_eq!(world.cluster.mode, Mode::Live);
        assert_eq!(world.cluster.genesis.to_string(), shown);
        assert!(world.simulation.is_none() && world.sim.is_none());
    }
}

#[tokio::test]
async fn a_live_process_does_nothing_before_it_knows_its_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let config = live(folder.path(), "http://127.0.0.1:1", "localnet");
    let shutdown = Shutdown::new();
    let clock = Arc::new(SystemClock::new());

    let reaching = reach(
        &config,
        Arc::new(Blank),
        clock,
        Random::seeded(1),
        &shutdown,
    );
    let stopping = async { shutdown.request_soft() };
    let (reached, ()) = tokio::join!(reaching, stopping);

    let stopped = reached.expect_err("nobody answers");
    assert!(stopped.is::<StoppedWaiting>(), "{stopped:#}");
}

#[tokio::test]
async fn only_a_cluster_without_a_name_has_to_be_asked_who_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = "http://127.0.0.1:1";

    let known = cluster_of(&live(folder.path(), nobody, "devnet")).await;
    assert_eq!(known.unwrap().genesis.to_string(), DEVNET);
    let unknown = cluster_of(&live(folder.path(), nobody, "localnet")).await;
    assert!(unknown.is_err());

    let (url, _serving) = node_of(UNKNOWN).await;
    let asked = cluster_of(&live(folder.path(), &url, "localnet")).await;
    assert_eq!(asked.unwrap().genesis.to_string(), UNKNOWN);
}
