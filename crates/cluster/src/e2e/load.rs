//! Many orders at once, each compared with its stream, its history and the chain's own ledger.

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::socket::follow;
use super::{Target, check_gapless, statuses, text};

/// What became of the orders of a run.
#[derive(Debug, Default, Clone, Copy)]
pub struct Outcome {
    pub confirmed: usize,
    pub failed: usize,
    /// Orders that needed more than one attempt.
    pub retried: usize,
}

/// Submits `count` orders at once, follows each, and checks all that must hold for each of them.
pub async fn run(target: &Target, count: usize, body: &str) -> Result<Outcome> {
    let at_once = count.min(256);
    let events: Vec<Vec<Value>> = stream::iter(0..count)
        .map(|n| async move {
            let order_id = target.accept(n, body).await?;
            // Another gateway than the one that took the order, where there are several.
            let followed = follow(&target.ws_url(n + 1, &format!("/ws/orders/{order_id}"))).await?;
            ensure!(
                followed.close_code == Some(1000),
                "closed with {:?}",
                followed.close_code
            );
            check_order(target, &order_id, &followed.messages).await?;
            anyhow::Ok(followed.messages)
        })
        .buffer_unordered(at_once)
        .try_collect()
        .await?;

    let ended = |events: &Vec<Value>, status| statuses(events).last() == Some(&status);
    Ok(Outcome {
        confirmed: events
            .iter()
            .filter(|events| ended(events, "confirmed"))
            .count(),
        failed: events
            .iter()
            .filter(|events| ended(events, "failed"))
            .count(),
        retried: events
            .iter()
            .filter(|events| {
                statuses(events)
                    .iter()
                    .filter(|status| **status == "routing")
                    .count()
                    > 1
            })
            .count(),
    })
}

/// What the stream said, what the history says and what the ledger says must agree.
pub async fn check_order(target: &Target, order_id: &str, streamed: &[Value]) -> Result<()> {
    check_gapless(streamed)?;
    let history = target
        .get(0, &format!("/api/orders/{order_id}/events"))
        .await?;
    ensure!(
        history["events"].as_array().context("events")? == streamed,
        "history and stream differ"
    );
    let order = target.get(0, &format!("/api/orders/{order_id}")).await?["order"].clone();
    let last = streamed.last().context("no event")?;
    ensure!(order["status"] == last["status"], "{order}");
    let begun = statuses(streamed)
        .iter()
        .filter(|status| **status == "routing")
        .count();
    ensure!(
        order["attempts"] == begun,
        "{begun} executions, but {order}"
    );

    let landed: Vec<Value> = target
        .ledger_of(order_id)
        .await?
        .into_iter()
        .filter(|entry| entry["ok"] == true)
        .collect();
    if last["status"] == "confirmed" {
        ensure!(
            landed.len() == 1,
            "{} executions of a confirmed order",
            landed.len()
        );
        let entry = &landed[0];
        ensure!(entry["signature"] == last["txHash"] && entry["signature"] == order["txHash"]);
        for field in ["amountIn", "amountOut", "tokenIn", "tokenOut", "dex"] {
            ensure!(
                entry[field] == order[field],
                "`{field}` differs: {entry} and {order}"
            );
        }
    } else {
        ensure!(
            landed.is_empty(),
            "an order that was not confirmed has landed: {landed:?}"
        );
        ensure!(
            !text(last, "error")
                .or_else(|_| text(last, "reason"))?
                .is_empty()
        );
    }
    Ok(())
}
