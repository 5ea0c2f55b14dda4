//! `order-engine` as a process of its own: orders over HTTP, a cluster over JSON-RPC, the real programs behind it.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use ports::simulation::{Faults, Simulation as _};
use serde_json::{Value, json};
use sim_chain::market::Mode;
use svm::serve::serve;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::stand::{Stand, say};
use crate::twins::key_text;

/// The engine's program, where it is not where Cargo puts it.
const ENGINE: &str = "ORDER_ENGINE";
const ORDERS: usize = 60;
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);

struct Engine {
    url: String,
    client: reqwest::Client,
    process: Child,
    data: PathBuf,
}

fn program() -> PathBuf {
    let named = std::env::var_os(ENGINE).map(PathBuf::from);
    // Variables name paths from the repository's root, where scripts begin.
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let path = root.join(named.unwrap_or_else(|| "target/debug/order-engine".into()));
    assert!(
        path.is_file(),
        "{} is not there: run cargo build -p order-engine, or name it in {ENGINE}",
        path.display()
    );
    path
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// How the engine takes the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As its simulated one.
    Sim,
    /// As somebody else's, of which it knows an endpoint and a key.
    Live,
}

impl Way {
    fn variables(self, cluster: &str) -> Vec<(&'static str, String)> {
        match self {
            Self::Sim => vec![
                ("SIM_CHAIN_URL", cluster.to_owned()),
                ("SIM_LATENCY_SCALE", "0".to_owned()),
            ],
            Self::Live => vec![
                ("ORDER_VENUE_MODE", "live".to_owned()),
                ("SOLANA_CLUSTER", "localnet".to_owned()),
                ("SOLANA_RPC_URL", cluster.to_owned()),
                ("WALLET_KEY", key_text()),
            ],
        }
    }
}

impl Engine {
    async fn start(cluster: &str, way: Way) -> Self {
        let port = free_port();
        let data = std::env::temp_dir().join(format!("svm-engine-{port}"));
        let process = Command::new(program())
            .arg("serve")
            .env("PORT", port.to_string())
            .env("DATA_DIR", &data)
            .envs(way.variables(cluster))
            .env("QUEUE_RATE_LIMIT_PER_MINUTE", "0")
            .env("RETRY_MAX_ATTEMPTS", "10")
            // At the usual half a minute ten executions take longer than anybody waits here.
            .env("RETRY_MAX_DELAY_MS", "2000")
            .env("RUST_LOG", "warn")
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        // Whoever asks by reqwest here names what TLS is made of, as the engine's crates do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let engine = Self {
            url: format!("http://127.0.0.1:{port}"),
            client: reqwest::Client::new(),
            process,
            data,
        };
        let is_ready = async {
            while !matches!(engine.get("/ready").await, Some(status) if status["status"] == "ready")
            {
                tokio::time::sleep(POLL).await;
            }
        };
        let ready = tokio::time::timeout(PATIENCE, is_ready).await;
        ready.expect("the engine becomes ready");
        engine
    }

    async fn get(&self, path: &str) -> Option<Value> {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await;
        answer.ok()?.json().await.ok()
    }

    async fn order(&self, order: &Value) -> String {
        let url = format!("{}/api/orders/execute", self.url);
        let answer = self.client.post(url).json(order).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let id = answer["orderId"].as_str();
        id.unwrap_or_else(|| panic!("no order: {answer}"))
            .to_owned()
    }

    async fn stored(&self, id: &str) -> Value {
        let answer = self.get(&format!("/api/orders/{id}")).await;
        answer.unwrap_or_default()["order"].take()
    }

    /// The order, once it has ended.
    async fn ended(&self, id: &str) -> Value {
        let ended = async {
            loop {
                let order = self.stored(id).await;
                if matches!(order["status"].as_str(), Some("confirmed" | "failed")) {
                    return order;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        let ended = tokio::time::timeout(PATIENCE, ended).await;
        match ended {
            Ok(order) => order,
            Err(_) => {
                panic!("order {id} does not end: {}", self.stored(id).await)
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it needs the engine's program: cargo build -p order-engine"]
async fn the_engine_as_a_process_executes_every_order_once_under_faults() {
    if let Some(stand) = Stand::new(Mode::Moving, 21) {
        executes_every_order_once(stand, Way::Sim).await;
    }
}

/// Slots of 40 ms, as the engine itself keeps the time here.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it needs the engine's program: cargo build -p order-engine"]
async fn the_engine_in_live_executes_every_order_once_under_faults() {
    if let Some(stand) = Stand::with_slots(Mode::Moving, 22, 0.1) {
        executes_every_order_once(stand, Way::Live).await;
    }
}

async fn executes_every_order_once(stand: Stand, way: Way) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = serve(Arc::clone(&stand.world), vec![listener]).unwrap();
    let handle = server.handle();
    let mut running = JoinSet::new();
    running.spawn(server);
    let mut engine = Engine::start(&url, way).await;
    let faults = Faults {
        send_dropped: 0.3,
        reply_lost: 0.3,
        land_late: 0.2,
        too_many_requests: 0.05,
        unavailable: 0.05,
        ..Faults::default()
    };
    stand.world.set_faults(&faults).await.unwrap();

    let mut ids = Vec::new();
    for number in 0..ORDERS {
        let (token_in, token_out) = [
            ("SOL", "USDC"),
            ("USDC", "SOL"),
            ("JUP", "USDC"),
            ("SOL", "JUP"),
        ][number % 4];
        let order = json!({
            "tokenIn": token_in, "tokenOut": token_out, "amount": "1.25", "slippageBps": 100,
        });
        ids.push(engine.order(&order).await);
    }
    let mut confirmed = Vec::new();
    for id in &ids {
        let order = engine.ended(id).await;
        if order["status"] == "confirmed" {
            confirmed.push(order["txHash"].as_str().unwrap().to_owned());
        }
    }
    stand.world.set_faults(&Faults::default()).await.unwrap();
    // Nothing that was sent before lands any more.
    stand.pass_blocks(200).await;

    let mut landed = landed(&stand);
    say(&format!(
        "{ORDERS} orders under faults, {way:?}: {} confirmed, {} landed",
        confirmed.len(),
        landed.len()
    ));
    landed.sort_unstable();
    confirmed.sort_unstable();
    assert_eq!(landed, confirmed);
    assert!(confirmed.len() > ORDERS / 2);
    stand.check_emulation();
    engine.process.kill().await.unwrap();
    std::fs::remove_dir_all(&engine.data).unwrap();
    handle.stop(true).await;
}

/// The swaps of the engine's wallet that took effect.
fn landed(stand: &Stand) -> Vec<String> {
    let own = stand.own().into_iter();
    own.filter(|landed| landed.outcome.status.is_ok())
        .map(|landed| landed.transaction.signature().to_string())
        .collect()
}
