//! Five client programs written for five older engines. Each must work unchanged.

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;

use super::socket::{Socket, follow};
use super::{Target, check_gapless, statuses, text};

const LIFE: [&str; 5] = ["pending", "routing", "building", "submitted", "confirmed"];

/// Submits and follows on one connection.
pub async fn program_a(target: &Target) -> Result<()> {
    let mut socket = Socket::open(&target.ws_url(0, "/api/orders/execute")).await?;
    socket
        .send(r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":1.5,"slippage":0.01}"#)
        .await?;

    let answer = socket.next().await?.context("no answer to the order")?;
    let order_id = text(&answer, "orderId")?;
    ensure!(answer["status"] == "pending", "{answer}");
    let followed = socket.rest().await?;

    check_gapless(&followed.messages)?;
    for event in &followed.messages {
        ensure!(event["orderId"] == order_id, "{event}");
        text(event, "status")?;
        text(event, "timestamp")?;
    }
    let last = followed.messages.last().context("no event")?;
    match text(last, "status")? {
        "confirmed" => ensure!(!text(last, "txHash")?.is_empty()),
        _ => ensure!(!text(last, "error")?.is_empty()),
    }
    ensure!(
        followed.close_code == Some(1000),
        "closed with {:?}",
        followed.close_code
    );
    Ok(())
}

/// Opens the address the answer gives, as it is.
pub async fn program_b(target: &Target) -> Result<()> {
    let body = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":10,"slippageBps":50}"#;
    let (status, answer) = target.post_order(0, body).await?;
    ensure!(status == 201, "{status}: {answer}");
    text(&answer, "orderId")?;

    let followed = follow(text(&answer, "wsUrl")?).await?;

    // The address with an order id greets first.
    ensure!(
        followed.messages[0]["status"] == "connected",
        "{:?}",
        followed.messages[0]
    );
    let events = &followed.messages[1..];
    check_gapless(events)?;
    if statuses(events).last() == Some(&"confirmed") && events.len() == LIFE.len() {
        ensure!(statuses(events) == LIFE, "{:?}", statuses(events));
    }
    let last = events.last().context("no event")?;
    ensure!(last["status"] == "confirmed", "{last}");
    for field in ["txHash", "dex", "executedPrice"] {
        ensure!(!text(last, field)?.is_empty(), "{field}");
    }
    Ok(())
}

/// Follows with several sockets, then reads the order.
pub async fn program_c(target: &Target) -> Result<()> {
    let body = r#"{"tokenIn":"SOL","tokenOut":"USDC","amountIn":"100","slippageTolerance":0.5,"minAmountOut":"99"}"#;
    let (status, answer) = target.post_order(0, body).await?;
    ensure!(
        status == 201 && answer["success"] == true,
        "{status}: {answer}"
    );
    ensure!(answer["status"] == "pending", "{answer}");
    text(&answer, "message")?;
    let order_id = text(&answer, "orderId")?;

    let door = format!("/api/orders/{order_id}/stream");
    let urls: Vec<String> = (0..3).map(|n| target.ws_url(n, &door)).collect();
    let all = try_join_all(urls.iter().map(|url| follow(url))).await?;

    for followed in &all {
        check_gapless(&followed.messages)?;
        ensure!(
            followed.messages == all[0].messages,
            "sockets were told different things"
        );
    }
    let order = target.get(0, &format!("/api/orders/{order_id}")).await?["order"].clone();
    match text(&order, "status")? {
        "confirmed" => {
            ensure!(
                matches!(text(&order, "dexType")?, "raydium" | "meteora"),
                "{order}"
            );
            for field in ["executedPrice", "txHash", "createdAt", "updatedAt"] {
                ensure!(!text(&order, field)?.is_empty(), "{field}");
            }
        }
        _ => ensure!(!text(&order, "errorReason")?.is_empty(), "{order}"),
    }
    ensure!(target.get(0, "/health").await?["status"] == "ok");
    Ok(())
}

/// Names an amount and nothing else.
pub async fn program_d(target: &Target) -> Result<()> {
    let (status, answer) = target.post_order(0, r#"{"amount":100}"#).await?;
    ensure!(status == 201, "{status}: {answer}");
    text(&answer, "wsUrl")?;

    let followed =
        follow(&target.ws_url(0, &format!("/ws/orders/{}", text(&answer, "orderId")?))).await?;

    check_gapless(&followed.messages)
}

/// Is greeted first, and finds confirmed and failed orders in the history.
pub async fn program_e(target: &Target) -> Result<()> {
    let body = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":1}"#;
    let confirmed = target.accept(0, body).await?;
    // A floor that no venue meets fails like a slippage does: for good, after all attempts, with a reason.
    let body = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":1,"minAmountOut":"1000000"}"#;
    let failed = target.accept(0, body).await?;

    for (order_id, end) in [(&confirmed, "confirmed"), (&failed, "failed")] {
        let door = format!("/api/orders/execute?orderId={order_id}");
        let followed = follow(&target.ws_url(0, &door)).await?;
        let greeting = &followed.messages[0];
        ensure!(
            greeting["type"] == "connected" && greeting["status"] == "connected",
            "{greeting}"
        );
        ensure!(
            greeting["orderId"] == order_id.as_str() && greeting.get("seq").is_none(),
            "{greeting}"
        );
        let events = &followed.messages[1..];
        check_gapless(events)?;
        let last = events.last().context("no event")?;
        ensure!(last["status"] == end, "{last}");
        if end == "failed" {
            ensure!(
                !text(last, "error")?.is_empty() && last["error"] == last["errorReason"],
                "{last}"
            );
            text(last, "errorCode")?;
        }
        let history = target
            .get(0, &format!("/api/orders?status={end}&limit=200"))
            .await?;
        let orders = history["orders"].as_array().context("orders")?;
        ensure!(
            orders
                .iter()
                .any(|order| order["orderId"] == order_id.as_str()),
            "not in the history"
        );
    }
    Ok(())
}
