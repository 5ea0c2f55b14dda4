//! Cancelling: in time, too late, and at the very moment.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use cluster::e2e::{check_gapless, statuses};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{SWAP, Settings};
use crate::world::World;
use crate::world::caller::Caller;

/// Every execution fails, and the next one begins much later.
pub(super) const IN_BACKOFF: Settings = &[
    ("SIM_FAILURE_RATE", "1"),
    ("RETRY_MAX_ATTEMPTS", "10"),
    ("RETRY_BASE_DELAY_MS", "20000"),
    ("RETRY_MAX_DELAY_MS", "20000"),
];

/// Slow enough that a client can act between two events: quotes take two seconds, a block four.
pub(super) const SLOW: Settings = &[("SIM_LATENCY_SCALE", "8")];

pub(super) const QUICK: Settings = &[("SIM_LATENCY_SCALE", "0.1"), ("SIM_SEED", "5")];

async fn check_cancelled(caller: &Caller, id: &str) -> Result<()> {
    let cancelled = caller.cancel(id).await?;
    ensure!(cancelled.status == 200, "{cancelled:?}");
    ensure!(cancelled.json()?["status"] == "cancelled");

    let order = caller.order(id).await?;
    ensure!(order["status"] == "cancelled", "{order}");
    ensure!(order["reason"] == "cancelled by the client", "{order}");
    check_gapless(&caller.events(id).await?)?;
    let again = caller.cancel(id).await?.refusal(409, "not_cancellable")?;
    ensure!(again["orderId"] == id && again["orderStatus"] == "cancelled");
    ensure!(caller.landed(id).await?.is_empty());
    Ok(())
}

/// Waits on the order's own stream until it has reached a status.
async fn reached(caller: &Caller, id: &str, status: &str) -> Result<()> {
    let mut socket = caller.socket(&format!("/ws/orders/{id}")).await?;
    loop {
        let event = socket.next().await?.context("the order ended before")?;
        if event["status"] == status {
            return Ok(());
        }
    }
}

pub(super) async fn an_order_that_waits_its_turn_is_cancelled_and_never_begun(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();
    world.operator().post("/api/admin/pause").await?;
    let id = caller.accept(SWAP).await?;

    check_cancelled(&caller, &id).await?;

    world.operator().post("/api/admin/resume").await?;
    let other = caller.accept(SWAP).await?;
    caller.ended(&other).await?;
    ensure!(statuses(&caller.events(&id).await?) == ["pending", "cancelled"]);
    Ok(())
}

pub(super) async fn an_order_that_waits_for_its_next_attempt_is_cancelled(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();
    let id = caller.accept(SWAP).await?;
    caller
        .until(&id, |order| {
            order["status"] == "pending" && order["attempts"] != 0
        })
        .await?;

    check_cancelled(&caller, &id).await
}

pub(super) async fn an_order_is_cancelled_while_venues_are_asked_and_not_once_it_is_submitted(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();
    let (routed, submitted) = (caller.accept(SWAP).await?, caller.accept(SWAP).await?);

    reached(&caller, &routed, "routing").await?;
    check_cancelled(&caller, &routed).await?;

    reached(&caller, &submitted, "submitted").await?;
    let refused = caller.cancel(&submitted).await?;
    let refused = refused.refusal(409, "not_cancellable")?;
    ensure!(refused["orderStatus"] == "submitted", "{refused}");
    Ok(())
}

pub(super) async fn cancel_and_execution_race_and_one_of_them_wins(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();

    let ends: Vec<String> = stream::iter(0..200)
        .map(|n| race(&caller, n))
        .buffer_unordered(40)
        .try_collect()
        .await?;

    let mut counted = BTreeMap::<String, usize>::new();
    for end in ends {
        *counted.entry(end).or_default() += 1;
    }
    ensure!(
        counted.contains_key("cancelled") && counted.contains_key("confirmed"),
        "not much of a race: {counted:?}"
    );
    Ok(())
}

/// Cancels one order at a moment that its number selects: at once, after some looks at it, or as
/// soon as an event is seen. Returns how it ended.
async fn race(caller: &Caller, n: u32) -> Result<String> {
    let id = caller.accept(SWAP).await?;
    match n % 4 {
        0 => {
            for _ in 0..n % 37 {
                caller.order(&id).await?;
            }
        }
        1 => reached(caller, &id, "routing").await?,
        2 => reached(caller, &id, "building").await?,
        _ => reached(caller, &id, "submitted").await?,
    }
    let cancelled = caller.cancel(&id).await?;
    let order = caller.ended(&id).await?;
    let landed = caller.landed(&id).await?;
    let executed = landed.iter().filter(|entry| entry["ok"] == true).count();
    check_gapless(&caller.events(&id).await?)?;
    if cancelled.status == 200 {
        ensure!(
            order["status"] == "cancelled" && landed.is_empty(),
            "{order}"
        );
    } else {
        let problem = cancelled.refusal(409, "not_cancellable")?;
        let stood = problem["orderStatus"].as_str();
        ensure!(
            matches!(stood, Some("submitted" | "confirmed" | "failed")),
            "{problem}"
        );
        let expected = usize::from(order["status"] == "confirmed");
        ensure!(
            order["status"] != "cancelled" && executed == expected,
            "{order}"
        );
    }
    Ok(order["status"].as_str().unwrap_or_default().to_owned())
}
