//! An order that is slow to land says how its transaction fares, to whoever asks, for as long as it waits.

use anyhow::{Context, Result, ensure};
use cluster::engine::Engine;
use serde_json::{Value, json};

use super::forks::{PATIENCE, POLL, get, post, submit, until};
use crate::run::run;

/// Slots of 200 ms: a transaction lives some forty seconds.
const LONG_LIVES: [(&str, &str); 2] = [("SIM_LATENCY_SCALE", "0.5"), ("SWEEP_MS", "200")];

/// The submitted order, once it says how its transaction fares.
async fn told(engine: &Engine, id: &str) -> Result<Value> {
    let waiting = async {
        loop {
            let mut order = get(engine, &format!("/api/orders/{id}")).await?;
            let order = order["order"].take();
            if order["status"] == "submitted" && order["landing"].is_object() {
                return anyhow::Ok(order);
            }
            tokio::time::sleep(POLL).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.context("it says nothing")?
}

#[tokio::test]
async fn an_order_that_is_slow_to_land_says_why_and_lands_all_the_same() -> Result<()> {
    let engine = Engine::start(&LONG_LIVES).await?;
    post(&engine, "/api/sim/faults", &json!({"sendDropped": 1})).await?;
    let id = submit(&engine, 500).await?;

    let order = told(&engine, &id).await?;
    let folder = tempfile::tempdir()?;
    let url = engine.url("");
    let variables = [("ORDER_ENGINE_URL", &*url)];
    let shown = run(folder.path(), &["orders", "show", &id], &variables).await;
    post(&engine, "/api/sim/faults", &json!({})).await?;
    until(&engine, &id, "confirmed").await?;

    let landing = &order["landing"];
    ensure!(landing["blocksLived"].is_u64(), "{landing}");
    ensure!(landing["unitPrice"].as_u64() > Some(0), "{landing}");
    ensure!(order["attempts"] == 0, "{order}");
    let is_told = shown.stdout.contains("slow") && shown.stdout.contains("it could land in");
    ensure!(is_told, "{shown:?}");
    let confirmed = get(&engine, &format!("/api/orders/{id}")).await?;
    ensure!(confirmed["order"]["landing"].is_null(), "{confirmed}");
    Ok(())
}
