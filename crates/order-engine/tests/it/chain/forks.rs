//! Blocks that vanish, processed and confirmed ones, with successes and reverts in them (docs/FAILURES.md, case 25d1): a
//! vanished confirmation is told and sent again, a revert is no death before it is final, and no order is executed
//! twice.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::Chain;
use cluster::engine::Engine;
use cluster::http::http;
use serde_json::{Value, json};

/// Orders without any room for a worse price are rolled back now and then.
const ORDERS: usize = 40;
/// Slots of 40 ms.
const SCALE: (&str, &str) = ("SIM_LATENCY_SCALE", "0.1");
pub(super) const POLL: Duration = Duration::from_millis(100);
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

pub(super) async fn post(engine: &Engine, path: &str, body: &Value) -> Result<Value> {
    let answer = http().post(engine.url(path)).json(body).send().await?;
    let status = answer.status();
    let answer: Value = answer.json().await?;
    ensure!(status.is_success(), "{path}: {answer}");
    Ok(answer)
}

pub(super) async fn get(engine: &Engine, path: &str) -> Result<Value> {
    Ok(http().get(engine.url(path)).send().await?.json().await?)
}

pub(super) async fn submit(engine: &Engine, slippage_bps: u32) -> Result<String> {
    let order = json!({
        "tokenIn": "SOL", "tokenOut": "USDC", "amount": "0.5", "slippageBps": slippage_bps,
    });
    let accepted = post(engine, "/api/orders/execute", &order).await?;
    let id = accepted["orderId"].as_str().context("an id")?;
    Ok(id.to_owned())
}

/// Whether nothing more happens to it, and it is right as it is.
async fn is_settled(engine: &Engine, id: &str) -> Result<bool> {
    let mut order = get(engine, &format!("/api/orders/{id}")).await?;
    let order = order["order"].take();
    Ok(match order["status"].as_str().context("a status")? {
        "failed" => true,
        "confirmed" => {
            let receipt = &order["receipt"];
            let is_final = receipt["finalizedAt"].is_string() && receipt["vanishedAt"].is_null();
            is_final || receipt["diedAt"].is_string()
        }
        _ => false,
    })
}

/// An order that is confirmed is on the ledger once, and any other never: not one either whose transaction vanished and
/// was rolled back when it landed again, which is told.
async fn check_executions(engine: &Engine, id: &str) -> Result<()> {
    let order = get(engine, &format!("/api/orders/{id}")).await?;
    let order = &order["order"];
    let ledger = get(engine, &format!("/api/sim/ledger?orderId={id}")).await?;
    let lines = ledger["entries"].as_array().context("lines")?;
    let executed: Vec<_> = lines.iter().filter(|line| line["ok"] == true).collect();
    let is_lost = order["receipt"]["diedAt"].is_string();
    let expected = usize::from(order["status"] == "confirmed" && !is_lost);
    ensure!(executed.len() == expected, "{order}: {ledger}");
    if let Some(line) = executed.first() {
        ensure!(line["signature"] == order["txHash"], "{order}: {line}");
        ensure!(line["amountOut"] == order["amountOut"], "{order}: {line}");
    }
    Ok(())
}

async fn forks_make_no_second_execution(engine: &Engine) -> Result<()> {
    let faults = json!({"confirmedBlockVanishes": 0.2, "blockVanishes": 0.2});
    post(engine, "/api/sim/faults", &faults).await?;
    let mut orders = Vec::new();
    for number in 0..ORDERS {
        orders.push(submit(engine, if number % 2 == 0 { 0 } else { 100 }).await?);
        tokio::time::sleep(POLL).await;
    }
    post(engine, "/api/sim/faults", &json!({})).await?;

    let settling = async {
        for id in &orders {
            while !is_settled(engine, id).await? {
                tokio::time::sleep(POLL).await;
            }
        }
        anyhow::Ok(())
    };
    let settled = tokio::time::timeout(PATIENCE, settling).await;
    settled.context("orders do not settle")??;

    for id in &orders {
        check_executions(engine, id).await?;
    }
    Ok(())
}

/// Slots of 20 ms: a transaction lives some four seconds.
const SHORT_LIVES: [(&str, &str); 2] = [("SIM_LATENCY_SCALE", "0.05"), ("SWEEP_MS", "200")];

pub(super) async fn until(engine: &Engine, id: &str, status: &str) -> Result<()> {
    let waiting = async {
        while get(engine, &format!("/api/orders/{id}")).await?["order"]["status"] != status {
            tokio::time::sleep(POLL).await;
        }
        anyhow::Ok(())
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.with_context(|| format!("{id} is not {status}"))?
}

/// Why its second execution begins, once it does.
async fn retried_for(engine: &Engine, id: &str) -> Result<String> {
    let waiting = async {
        loop {
            let events = get(engine, &format!("/api/orders/{id}/events")).await?;
            let mut events = events["events"].as_array().context("events")?.iter();
            let retry = events.find(|it| it["status"] == "pending" && it["attempt"] == 2);
            if let Some(why) = retry.and_then(|it| it["error"].as_str()) {
                return anyhow::Ok(why.to_owned());
            }
            tokio::time::sleep(POLL).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.context("it is not tried again")?
}

#[tokio::test]
async fn an_operators_word_lets_an_order_go_on_and_it_is_executed_once() -> Result<()> {
    let engine = Engine::start(&SHORT_LIVES).await?;
    post(&engine, "/api/sim/faults", &json!({"sendDropped": 1})).await?;
    let id = submit(&engine, 100).await?;
    until(&engine, &id, "submitted").await?;

    let word = json!({"reason": "no explorer shows it"});
    let said = post(&engine, &format!("/api/admin/orders/{id}/dead"), &word).await?;
    let why = retried_for(&engine, &id).await?;
    post(&engine, "/api/sim/faults", &json!({})).await?;
    until(&engine, &id, "confirmed").await?;

    ensure!(
        said["declaredDead"]["reason"] == "no explorer shows it",
        "{said}"
    );
    ensure!(
        why == "loopback said that its transaction is dead: no explorer shows it",
        "{why}"
    );
    check_executions(&engine, &id).await?;
    let audit = get(&engine, "/api/admin/audit").await?;
    let entries = audit["entries"].as_array().context("entries")?;
    let words = entries
        .iter()
        .filter(|it| it["action"] == "dead" && it["subject"] == id.as_str());
    ensure!(words.count() == 1, "{audit}");
    Ok(())
}

const SETTINGS: [(&str, &str); 3] = [
    SCALE,
    ("SWEEP_MS", "200"),
    ("QUEUE_RATE_LIMIT_PER_MINUTE", "0"),
];

#[tokio::test]
async fn blocks_that_vanish_make_no_second_execution() -> Result<()> {
    let engine = Engine::start(&SETTINGS).await?;

    forks_make_no_second_execution(&engine).await
}

#[tokio::test]
async fn blocks_that_vanish_make_no_second_execution_over_json_rpc() -> Result<()> {
    let chain = Chain::start(&[SCALE]).await?;
    let mut settings = SETTINGS.to_vec();
    settings.push(("SIM_CHAIN_URL", chain.url()));
    let engine = Engine::start(&settings).await?;

    forks_make_no_second_execution(&engine).await
}
