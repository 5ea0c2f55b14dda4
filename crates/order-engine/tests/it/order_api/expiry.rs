//! Orders with a time limit: shown as expired in time, and not executed after it.

use anyhow::{Result, ensure};
use cluster::e2e::statuses;
use serde_json::Value;

use super::{EXECUTE, Settings};
use crate::world::World;
use crate::world::caller::Caller;

/// Every execution fails, and the next one begins an hour later.
pub(super) const IN_BACKOFF: Settings = &[
    ("SIM_FAILURE_RATE", "1"),
    ("RETRY_BASE_DELAY_MS", "3600000"),
    ("RETRY_MAX_DELAY_MS", "3600000"),
];
const FOR_A_SECOND: &str = r#"{"amount":1,"validForSeconds":1}"#;
/// `SWEEP_MS` is a second, and there may be one more.
const SHOWN_WITHIN_MS: i64 = 1_000 + 2_000;

/// Milliseconds of the day.
fn millis(time: &Value) -> Option<i64> {
    let (hour, rest) = time.as_str()?.split_once('T')?.1.split_once(':')?;
    let (minute, second) = rest.trim_end_matches('Z').split_once(':')?;
    let second = second.replace('.', "");
    let (hour, minute, millis): (i64, i64, i64) = (
        hour.parse().ok()?,
        minute.parse().ok()?,
        second.parse().ok()?,
    );
    Some((hour * 60 + minute) * 60_000 + millis)
}

async fn check_expired(world: &World, caller: &Caller, id: &str, lived: &[&str]) -> Result<()> {
    let order = caller.ended(id).await?;
    ensure!(
        order["status"] == "expired" && order["reason"].is_string(),
        "{order}"
    );
    let events = caller.events(id).await?;
    ensure!(statuses(&events) == lived, "{events:#?}");
    let took = millis(&order["updatedAt"]).zip(millis(&order["createdAt"]));
    let took = took.map(|(end, begin)| (end - begin).rem_euclid(86_400_000));
    let shown_within = SHOWN_WITHIN_MS + i64::try_from(world.stall().as_millis())?;
    ensure!(
        took.is_some_and(|took| (1_000..=shown_within).contains(&took)),
        "{took:?}: {order}"
    );
    ensure!(caller.landed(id).await?.is_empty());
    let refused = caller.cancel(id).await?.refusal(409, "not_cancellable")?;
    ensure!(refused["orderStatus"] == "expired");
    Ok(())
}

pub(super) async fn an_order_expires_while_it_waits_its_turn(world: &mut World) -> Result<()> {
    let caller = world.client();
    world.operator().post("/api/admin/pause").await?;
    let id = caller.accept(FOR_A_SECOND).await?;

    check_expired(world, &caller, &id, &["pending", "expired"]).await?;
    world.operator().post("/api/admin/resume").await?;
    Ok(())
}

pub(super) async fn an_order_expires_while_it_waits_for_its_next_attempt(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();
    let id = caller.accept(FOR_A_SECOND).await?;

    let lived = ["pending", "routing", "pending", "expired"];
    check_expired(world, &caller, &id, &lived).await
}

pub(super) async fn an_order_that_ends_in_time_does_not_expire(world: &mut World) -> Result<()> {
    let caller = world.client();
    let body = r#"{"amount":1,"validForSeconds":2592000}"#;

    let order = caller
        .call("POST", EXECUTE, &[], Some(body))
        .await?
        .json()?;
    let order = caller
        .ended(order["orderId"].as_str().unwrap_or_default())
        .await?;

    ensure!(
        order["status"] == "confirmed" && order["expiresAt"].is_string(),
        "{order}"
    );
    Ok(())
}
