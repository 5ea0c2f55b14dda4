//! No secret leaves the engine: neither a key, nor an endpoint's credential, nor one of the API's stands in a log, a
//! metric, an answer, a document or the list of processes, while everything at the cluster goes wrong.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::Chain;
use cluster::engine::Engine;
use cluster::http::http;
use domain::Address;
use serde_json::json;

use crate::world::LIVE_CHAIN;

/// What stands in the endpoint's address, as providers want it.
const ENDPOINT_SECRET: &str = "endpoint-hunter2";
const API_SECRET: &str = "client-hunter2";
const ADMIN_SECRET: &str = "admin-hunter2";
const ORDERS: usize = 12;
/// How long everything goes wrong.
const STORM: Duration = Duration::from_secs(4);
const PAGES: [&str; 8] = [
    "/metrics",
    "/ready",
    "/openapi.json",
    "/docs",
    "/api/orders",
    "/api/stats",
    "/api/wallet",
    "/api/admin/audit",
];

#[tokio::test]
async fn nothing_secret_is_told_while_everything_goes_wrong() -> Result<()> {
    let chain = Chain::start(&LIVE_CHAIN).await?;
    let wallet = chain.wallet("wallet").await?;
    let endpoint = format!("{}/?api-key={ENDPOINT_SECRET}", chain.url());
    let socket = format!("ws://127.0.0.1:1/?api-key={ENDPOINT_SECRET}");
    let api_keys = format!("desk:{API_SECRET}");
    let key = wallet.text()?;
    let mut engine = Engine::start(&[
        ("ORDER_VENUE_MODE", "live"),
        ("SOLANA_RPC_URL", &endpoint),
        ("SOLANA_WS_URL", &socket),
        ("SOLANA_CLUSTER", "localnet"),
        ("WALLET_KEY", &key),
        ("API_KEYS", &api_keys),
        ("ADMIN_KEY", ADMIN_SECRET),
        ("RUST_LOG", "debug"),
    ])
    .await?;

    chain.let_go_wrong(&everything()).await?;
    for number in 0..ORDERS {
        post(&engine, number).await?;
    }
    tokio::time::sleep(STORM).await;
    let mut told = seen(&mut engine).await?;
    chain.let_go_wrong(&json!({"outage": true})).await?;
    post(&engine, ORDERS).await?;
    tokio::time::sleep(STORM / 4).await;
    told += &seen(&mut engine).await?;

    ensure!(told.contains(&wallet.address), "the address is no secret");
    ensure!(
        told.contains("the key is a variable (WALLET_KEY)"),
        "each start warns of it"
    );
    let base58 = Address::new(wallet.key()?.to_bytes()).to_string();
    let numbers = key.trim_matches(['[', ']']);
    for secret in [ENDPOINT_SECRET, API_SECRET, ADMIN_SECRET, numbers, &base58] {
        if let Some(place) = told.find(secret) {
            let from = told.floor_char_boundary(place.saturating_sub(200));
            anyhow::bail!("a secret is told: {}", &told[from..place]);
        }
    }
    Ok(())
}

/// Every fault that lets some answers through.
fn everything() -> serde_json::Value {
    json!({
        "sendDropped": 0.3, "landLate": 0.3, "landBeforeExpiry": 0.1, "replyLost": 0.3, "tooManyRequests": 0.2,
        "unavailable": 0.2, "nodeBehind": 0.2, "timeOut": 0.05, "readLagSlots": 8, "heightIsSlot": true,
        "transactionNullMs": 500, "blockVanishes": 0.1, "socketDrops": 0.5,
    })
}

async fn post(engine: &Engine, number: usize) -> Result<()> {
    let order = json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": "0.5", "clientOrderId": number.to_string()});
    let answer = http()
        .post(engine.url("/api/orders/execute"))
        .bearer_auth(API_SECRET)
        .json(&order)
        .send()
        .await?;
    ensure!(answer.status() == 201, "{answer:?}");
    Ok(())
}

/// All that anybody gets to see: the log, the answers, and what the system tells of the process.
async fn seen(engine: &mut Engine) -> Result<String> {
    let mut told = engine.program().output();
    for page in PAGES {
        let answer = http().get(engine.url(page)).bearer_auth(ADMIN_SECRET);
        told += &answer.send().await?.text().await?;
    }
    let wrong = http()
        .get(engine.url("/api/orders/none"))
        .bearer_auth("wrong");
    told += &wrong.send().await?.text().await?;
    let pid = engine.program().pid();
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits"));
    let limits = limits.context("look at the limits")?;
    let mut dumps = limits
        .lines()
        .filter(|line| line.starts_with("Max core file size"));
    let dump = dumps.next().context("a limit of core dumps")?;
    ensure!(
        dump.split_whitespace().filter(|word| *word == "0").count() == 2,
        "{dump}"
    );
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).context("look at the process")?;
    told += &String::from_utf8_lossy(&command);
    Ok(told)
}
