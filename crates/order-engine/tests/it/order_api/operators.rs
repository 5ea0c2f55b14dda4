//! The operators' calls: pausing, the dead list, the audit log.

use anyhow::{Context, Result, ensure};
use cluster::e2e::text;
use serde_json::Value;
use testkit::contract::eventually;

use super::{SWAP, Settings};
use crate::world::World;
use crate::world::caller::Caller;

/// Slow enough that a sent order is met before it has ended.
pub(super) const HALF_SPEED: Settings = &[("SIM_LATENCY_SCALE", "0.5")];

pub(super) async fn a_paused_engine_accepts_and_begins_nothing_and_goes_on_when_told(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();
    let operator = world.operator();
    let sent = caller.accept(SWAP).await?;
    caller
        .until(&sent, |order| order["status"] == "submitted")
        .await?;

    let paused = operator.post("/api/admin/pause").await?.json()?;
    let waiting = caller.accept(SWAP).await?;
    // What was sent is still confirmed, and that takes longer than a start would.
    let ended = caller.ended(&sent).await?;

    ensure!(
        paused["paused"] == true && ended["status"] == "confirmed",
        "{ended}"
    );
    ensure!(caller.order(&waiting).await?["status"] == "pending");
    let queue = operator
        .until_at("/api/admin/queue", |queue| queue["queue"]["waiting"] == 1)
        .await?;
    ensure!(queue["paused"] == true, "{queue}");
    let told = |stats: &Value| stats["paused"] == true && stats["queue"]["waiting"] == 1;
    caller.until_at("/api/stats", told).await?;
    // Nobody knows when they will resume; a gateway's numbers may be a second old.
    eventually("no turn to be told", async || {
        let accepted = caller.submit(SWAP).await.ok()?.json().ok()?;
        caller.cancel(accepted["orderId"].as_str()?).await.ok()?;
        accepted["queue"].is_null().then_some(())
    })
    .await;
    operator.post("/api/admin/resume").await?;
    ensure!(caller.ended(&waiting).await?["status"] == "confirmed");
    Ok(())
}

pub(super) async fn a_dead_order_is_listed_retried_once_and_all_of_it_is_written_down(
    world: &mut World,
) -> Result<()> {
    let desk = world.client();
    let root = world.operator();
    let (deaths, acts) = (dead_list(&root).await?, audit(&root).await?);
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
    let dead_now = dead_list(&root).await?;
    ensure!(
        dead_now.len() == deaths.len() + 1 && dead_now[0]["orderId"] == *new,
        "{dead_now:?}"
    );

    root.post("/api/admin/pause").await?;
    root.post("/api/admin/resume").await?;
    let entries = audit(&root).await?;
    let actions: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry["action"].as_str())
        .collect();
    ensure!(
        actions.len() == acts.len() + 3 && actions[..2] == ["resume", "pause"],
        "{actions:?}"
    );
    ensure!(
        entries.iter().all(|entry| entry["actor"] == "admin"),
        "{entries:?}"
    );
    ensure!(entries[2]["subject"] == *dead, "{entries:?}");
    Ok(())
}

/// The orders that are dead, the last one first.
async fn dead_list(root: &Caller) -> Result<Vec<Value>> {
    let listed = root.read("/api/admin/dead").await?;
    Ok(listed["orders"].as_array().context("orders")?.clone())
}

/// What operators did, the last act first.
async fn audit(root: &Caller) -> Result<Vec<Value>> {
    let audit = root.read("/api/admin/audit").await?;
    Ok(audit["entries"].as_array().context("entries")?.clone())
}

pub(super) async fn workers_are_shown_to_operators(world: &mut World) -> Result<()> {
    let root = world.operator();

    let answer = root
        .until_at("/api/admin/workers", |answer| {
            answer["workers"].as_array().map(Vec::len) == Some(world.workers())
        })
        .await?;

    let workers = answer["workers"].as_array().context("workers")?;
    ensure!(
        workers.iter().all(|worker| worker["slots"] == 50),
        "{answer}"
    );
    Ok(())
}

pub(super) async fn a_halt_holds_for_every_worker_until_somebody_resumes(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();
    let operator = world.operator();
    caller
        .post("/api/admin/halt")
        .await?
        .refusal(403, "forbidden")?;

    let halted = operator.post("/api/admin/halt").await?.json()?;

    let halt = &halted["halted"];
    ensure!(
        halted["paused"] == true && halt["reason"] == "no reason given",
        "{halted}"
    );
    let landed = operator.read("/api/sim/ledger?limit=200").await?;
    let waiting = caller.accept(SWAP).await?;
    // Longer than an order takes.
    let queue = operator
        .until_at("/api/admin/queue", |queue| {
            queue["queue"]["oldestMs"].as_u64() > Some(2_000)
        })
        .await?;
    ensure!(
        queue["halted"]["by"] == halt["by"] && queue["paused"] == true,
        "{queue}"
    );
    ensure!(caller.order(&waiting).await?["status"] == "pending");
    ensure!(operator.read("/api/sim/ledger?limit=200").await? == landed);
    let wallet = operator.read("/api/wallet").await?;
    ensure!(wallet["trading"] == "halted", "{wallet}");
    let quotes = caller
        .until_at("/api/quotes?tokenIn=SOL&tokenOut=USDC&amount=1", |quotes| {
            quotes["issues"][0]["code"] == "trading_disabled"
        })
        .await?;
    ensure!(!quotes["best"].is_null(), "{quotes}");
    // A pause ends no halt, and whoever looks is told of it without the reason.
    operator.post("/api/admin/pause").await?;
    let stats = caller.read("/api/stats").await?;
    ensure!(
        stats["halted"]["by"] == halt["by"] && stats["halted"]["reason"].is_null(),
        "{stats}"
    );

    let resumed = operator.post("/api/admin/resume").await?.json()?;

    ensure!(resumed["halted"].is_null(), "{resumed}");
    ensure!(caller.ended(&waiting).await?["status"] == "confirmed");
    let report = operator.post("/api/admin/reconcile").await?.json()?;
    ensure!(
        report["explained"] == true && report["foreign"] == 0,
        "{report}"
    );
    Ok(())
}
