//! What people use with real Solana nodes, unchanged: `@solana/web3.js` and `@solana/spl-token`, and the venues' own SDKs,
//! which find their pools here, quote, build and send swaps, and must get what their quotes said. They need Node and
//! its packages: `scripts/test` installs both. The scripts name every deviation that an SDK is known for.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use ports::{Random, Shutdown, SystemClock};
use sim_chain::cluster::Settings;
use sim_chain::market::Mode;
use sim_chain::node::http;
use sim_chain::{SimConfig, World};
use tokio::process::Command;

use super::served::{Served, serve_on, serve_service};

/// Faster than a real cluster, and slow enough for `@solana/web3.js`, which uses a blockhash for 30 seconds: here it is
/// good for 42 seconds.
const LATENCY_SCALE: f64 = 0.7;
/// How often the long test trades every pair of an SDK.
const MANY_ROUNDS: u32 = 8;
/// Ports whose next one is free as well.
const PORTS: std::ops::Range<u16> = 19_000..19_999;

#[tokio::test]
async fn real_tools_work_unchanged() {
    let settings = Settings {
        latency_scale: LATENCY_SCALE,
        ..Settings::default()
    };
    run("tools.cjs", &serve_on(settings, two_ports()), 1).await;
}

#[tokio::test]
async fn the_sdk_of_raydium_receives_what_it_quoted() {
    run("raydium.cjs", &serve_market(), 1).await;
}

#[tokio::test]
async fn the_sdk_of_damm_v2_receives_what_it_quoted() {
    run("damm_v2.cjs", &serve_market(), 1).await;
}

#[tokio::test]
async fn the_sdk_of_dlmm_receives_what_it_quoted() {
    run("dlmm.cjs", &serve_market(), 1).await;
}

#[tokio::test]
#[ignore = "long: scripts/test --full runs it"]
async fn the_sdk_of_raydium_receives_what_it_quoted_many_times() {
    run("raydium.cjs", &serve_market(), MANY_ROUNDS).await;
}

#[tokio::test]
#[ignore = "long: scripts/test --full runs it"]
async fn the_sdk_of_damm_v2_receives_what_it_quoted_many_times() {
    run("damm_v2.cjs", &serve_market(), MANY_ROUNDS).await;
}

#[tokio::test]
#[ignore = "long: scripts/test --full runs it"]
async fn the_sdk_of_dlmm_receives_what_it_quoted_many_times() {
    run("dlmm.cjs", &serve_market(), MANY_ROUNDS).await;
}

/// A node whose pools wait for the client to trade.
fn serve_market() -> Served {
    let config = SimConfig {
        latency_scale: LATENCY_SCALE,
        market: Mode::Still,
        ..SimConfig::default()
    };
    let clock = Arc::new(SystemClock::new());
    let world = World::open(&config, clock, &Random::seeded(3), &Shutdown::new()).unwrap();
    serve_service(
        world.cluster().clone(),
        world.service().clone(),
        two_ports(),
    )
}

/// Clients look for the socket at the port after the node's.
fn two_ports() -> Vec<TcpListener> {
    static SERVED: AtomicU16 = AtomicU16::new(0);
    let of_process = u16::try_from(std::process::id() % 400).unwrap();
    let start = (of_process + SERVED.fetch_add(1, Ordering::Relaxed)) * 2;
    let mut both = (PORTS.start + start..PORTS.end)
        .step_by(2)
        .filter_map(|port| http::listen("127.0.0.1", port).ok());
    both.find(|listeners| listeners.len() == 2)
        .expect("two free ports side by side")
}

/// Runs a script against a node, which must say that it is through.
#[expect(
    clippy::print_stdout,
    reason = "what was quoted and what moved, for whoever asks the test for its output"
)]
async fn run(script: &str, node: &Served, rounds: u32) {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools");
    let packages = packages(&tools);

    let ended = Command::new("node")
        .arg(tools.join(script))
        .arg(&node.url)
        .arg(rounds.to_string())
        .env("NODE_PATH", packages.join("node_modules"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("Node runs the tools; scripts/test installs it");

    let said = String::from_utf8_lossy(&ended.stdout);
    let complained = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}\n{complained}");
    assert!(said.ends_with("all done\n"), "{said}\n{complained}");
    println!("{said}");
}

/// Where `scripts/test` puts the packages: beside what cargo builds, with the lock file that they come from.
fn packages(tools: &Path) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap();
    let packages = target.join("solana-tools");
    let lock = |folder: &Path| std::fs::read(folder.join("package-lock.json")).ok();
    assert!(
        lock(tools) == lock(&packages) && packages.join("node_modules").is_dir(),
        "the packages of {} are not in {}; run scripts/test, which installs them",
        tools.display(),
        packages.display()
    );
    packages
}
