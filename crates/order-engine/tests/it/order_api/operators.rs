//! The operators' calls: pausing, the dead list, the log of who did what.

use anyhow::{Result, ensure};
use serde_json::Value;
use testkit::e2e::text;
use testkit::engine::Engine;

use super::{Caller, SWAP};

const ADMIN: [(&str, &str); 2] = [("API_KEYS", "desk:alpha"), ("ADMIN_KEY", "root")];

#[tokio::test]
async fn a_paused_engine_accepts_and_begins_nothing_and_goes_on_when_told() -> Result<()> {
    let engine = Engine::start(&[("SIM_LATENCY_SCALE", "0.5")]).await?;
    let caller = Caller::new(&engine);
    let sent = caller.accept(SWAP).await?;
    caller
        .until(&sent, |order| order["status"] == "submitted")
        .await?;

    let paused = caller.post("/api/admin/pause").await?.json()?;
    let waiting = caller.accept(SWAP).await?;
    // What was sent is still confirmed, and that takes longer than a start would.
    let ended = caller.ended(&sent).await?;

    ensure!(
        paused["paused"] == true && ended["status"] == "confirmed",
        "{ended}"
    );
    ensure!(caller.order(&waiting).await?["status"] == "pending");
    let queue = caller
        .until_at("/api/admin/queue", |queue| queue["queue"]["waiting"] == 1)
        .await?;
    ensure!(queue["paused"] == true, "{queue}");
    caller.post("/api/admin/resume").await?;
    ensure!(caller.ended(&waiting).await?["status"] == "confirmed");
    Ok(())
}

#[tokio::test]
async fn a_dead_order_is_listed_retried_once_and_all_of_it_is_written_down() -> Result<()> {
    let engine = Engine::start(&ADMIN).await?;
    let desk = Caller::with_key(&engine, "alpha");
    let root = Caller::with_key(&engine, "root");
    // Nobody pays that much.
    let body = r#"{"amount":"1","minAmountOut":"1000000","clientOrderId":"hopeless"}"#;
    let dead = desk.accept(body).await?;
    let order = desk.ended(&dead).await?;
    ensure!(
        order["status"] == "failed" && order["errorCode"].is_string(),
        "{order}"
    );

    let listed = root.read("/api/admin/dead").await?;
    ensure!(listed["orders"][0]["orderId"] == *dead, "{listed}");
    ensure!(listed["orders"][0]["errorReason"] == order["errorReason"]);

    let retry = format!("/api/admin/dead/{dead}/retry");
    desk.post(&retry).await?.refusal(403, "forbidden")?;
    let retried = root.post(&retry).await?.json()?;
    let new = text(&retried, "orderId")?.to_owned();
    ensure!(retried["retryOf"] == *dead && new != dead, "{retried}");
    let refused = root.post(&retry).await?.refusal(409, "not_dead")?;
    ensure!(refused["orderStatus"] == "failed", "{refused}");
    let again = desk.ended(&new).await?;
    ensure!(
        again["status"] == "failed" && again["clientOrderId"].is_null(),
        "{again}"
    );
    ensure!(
        desk.order(&dead).await? == order,
        "the dead order stays as it ended"
    );
    let listed = root.read("/api/admin/dead").await?;
    let listed: Vec<&Value> = listed["orders"].as_array().into_iter().flatten().collect();
    ensure!(
        listed.len() == 1 && listed[0]["orderId"] == *new,
        "{listed:?}"
    );

    root.post("/api/admin/pause").await?;
    root.post("/api/admin/resume").await?;
    let audit = root.read("/api/admin/audit").await?;
    let entries: Vec<&Value> = audit["entries"].as_array().into_iter().flatten().collect();
    let actions: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry["action"].as_str())
        .collect();
    ensure!(
        actions.len() == 3 && actions[..2] == ["resume", "pause"],
        "{actions:?}"
    );
    ensure!(
        entries.iter().all(|entry| entry["actor"] == "admin"),
        "{entries:?}"
    );
    ensure!(entries[2]["subject"] == *dead, "{entries:?}");
    Ok(())
}

#[tokio::test]
async fn workers_are_shown_to_operators() -> Result<()> {
    let engine = Engine::start(&ADMIN).await?;
    let root = Caller::with_key(&engine, "root");

    let workers = root
        .until_at("/api/admin/workers", |answer| {
            answer["workers"][0].is_object()
        })
        .await?;

    ensure!(workers["workers"][0]["slots"] == 50, "{workers}");
    Ok(())
}
