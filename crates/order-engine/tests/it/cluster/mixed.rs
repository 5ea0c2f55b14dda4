//! A client may be on any gateway, and change it at any time.

mod upgrade;

use anyhow::{Context, Result, ensure};
use cluster::Scratch;
use cluster::e2e::socket::Socket;
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, load, text};
use cluster::http::http;
use futures_util::future::{join_all, try_join_all};
use serde_json::{Value, json};

use super::cluster;

/// Slow enough that an order can be met in the middle of its life.
const SLOW: (&str, &str) = ("SIM_LATENCY_SCALE", "0.2");

#[tokio::test]
async fn gateways_are_one_engine_to_their_clients() -> Result<()> {
    let cluster = cluster(&[SLOW]).await?;
    let target = cluster.target();

    streams_go_on_where_another_gateway_left_them(&target).await?;
    a_key_is_known_on_every_gateway(&target).await?;
    an_order_is_cancelled_on_another_gateway(&cluster).await?;
    every_gateway_counts_the_whole_cluster(&target).await
}

/// After every single event the client goes to the other gateway.
async fn streams_go_on_where_another_gateway_left_them(target: &Target) -> Result<()> {
    let restless = (0..20).map(|n| async move {
        let order_id = target.accept(n, SOL_FOR_USDC).await?;
        let mut events: Vec<Value> = Vec::new();
        loop {
            let gateway = n + 1 + events.len();
            let since = events
                .last()
                .map(|event| format!("?since={}", event["seq"]));
            let path = format!("/ws/orders/{order_id}{}", since.unwrap_or_default());
            let mut socket = Socket::open(&target.ws_url(gateway, &path)).await?;
            let Some(event) = socket.next().await? else {
                break;
            };
            events.push(event);
        }
        load::check_order(target, &order_id, &events).await
    });
    try_join_all(restless).await?;
    Ok(())
}

/// Concurrent duplicates at both gateways are one order; later repeats get the same bytes, other
/// bodies a 422.
async fn a_key_is_known_on_every_gateway(target: &Target) -> Result<()> {
    let post = |n: usize, body: &'static str| {
        let request = http()
            .post(target.url(n, "/api/orders/execute"))
            .header("content-type", "application/json")
            .header("idempotency-key", "one-and-the-same")
            .body(body);
        async move {
            let answer = request.send().await.context("post the order")?;
            let status = answer.status().as_u16();
            anyhow::Ok((status, answer.text().await.context("read the answer")?))
        }
    };

    let twins: Vec<(u16, String)> = join_all((0..20).map(|n| post(n, SOL_FOR_USDC)))
        .await
        .into_iter()
        .collect::<Result<_>>()?;

    for (status, answer) in &twins {
        ensure!(*status == 201, "{status}: {answer}");
        ensure!(*answer == twins[0].1, "{answer} is not {}", twins[0].1);
    }
    let other = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"2"}"#;
    for n in 0..2 {
        let (status, answer) = post(n, other).await?;
        ensure!(status == 422, "{status}: {answer}");
    }
    Ok(())
}

/// What one gateway accepted, the other cancels, and a follower on the first learns of it.
async fn an_order_is_cancelled_on_another_gateway(cluster: &Scratch) -> Result<()> {
    let target = cluster.target();
    // Held back, it cannot get away in the meantime.
    operate(&target, 0, "pause").await?;
    let order_id = target.accept(0, SOL_FOR_USDC).await?;
    let follower = Socket::open(&target.ws_url(0, &format!("/ws/orders/{order_id}"))).await?;

    let cancel = http()
        .post(target.url(1, &format!("/api/orders/{order_id}/cancel")))
        .send();
    let answer = cancel.await.context("cancel")?;

    ensure!(answer.status().as_u16() == 200, "{}", answer.status());
    let followed = follower.rest().await?;
    ensure!(followed.close_code == Some(1000), "{followed:?}");
    load::check_order(&target, &order_id, &followed.messages).await?;
    let last = followed.messages.last().context("no event")?;
    ensure!(text(last, "status")? == "cancelled", "{last}");
    operate(&target, 1, "resume").await
}

async fn operate(target: &Target, gateway: usize, act: &str) -> Result<()> {
    let call = http()
        .post(target.url(gateway, &format!("/api/admin/{act}")))
        .send();
    call.await.context("call the engine")?.error_for_status()?;
    Ok(())
}

/// Twenty-two orders are through by now, whichever gateway is asked.
async fn every_gateway_counts_the_whole_cluster(target: &Target) -> Result<()> {
    let settled = json!({"pending": 0, "routing": 0, "building": 0, "submitted": 0});
    for gateway in 0..2 {
        let counted = async {
            loop {
                let stats = target.get(gateway, "/api/stats").await?;
                let by_status = &stats["byStatus"];
                let fields = settled.as_object().context("an object")?;
                let open = fields.keys().any(|status| by_status[status] != 0);
                let count = |status: &str| by_status[status].as_u64().unwrap_or_default();
                let ended = count("confirmed") + count("failed") + count("cancelled");
                if !open && ended == 22 && stats["workers"].as_array().map(Vec::len) == Some(3) {
                    return anyhow::Ok(());
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(SHOWN_LIMIT, counted)
            .await
            .with_context(|| format!("gateway {gateway} counts something else"))??;
    }
    Ok(())
}

const POLL: std::time::Duration = std::time::Duration::from_millis(100);
/// An answer is at most a second old; the last order may still be on its way.
const SHOWN_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);
