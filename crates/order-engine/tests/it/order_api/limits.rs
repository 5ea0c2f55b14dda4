//! How many orders one client may have and how fast, and how many the engine accepts in total.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{SWAP, Settings};
use crate::world::World;
use crate::world::caller::{Answer, PATIENCE, POLL};

pub(super) const FIVE_WAITING: Settings = &[("QUEUE_MAX_WAITING", "5")];
pub(super) const THREE_OPEN: Settings = &[
    ("API_KEYS", "desk:alpha,fund:beta"),
    ("ADMIN_KEY", "root"),
    ("CLIENT_MAX_OPEN_ORDERS", "3"),
];
pub(super) const FIVE_A_MINUTE: Settings = &[("CLIENT_RATE_LIMIT_PER_MINUTE", "5")];
pub(super) const ONE_A_SECOND: Settings = &[
    ("QUEUE_RATE_LIMIT_PER_MINUTE", "60"),
    ("QUEUE_RATE_LIMIT_BURST", "1"),
];

fn check_told_when(refused: &Answer) -> Result<()> {
    let seconds = refused.header("retry-after").context("Retry-After")?;
    ensure!(seconds.parse::<u64>()? >= 1, "{refused:?}");
    Ok(())
}

pub(super) async fn a_full_queue_refuses_and_has_room_again_when_something_leaves(
    world: &mut World,
) -> Result<()> {
    let client = world.client();
    let operator = world.operator();
    let before = client.listed().await?;
    operator.post("/api/admin/pause").await?;
    // Another gateway knows a second later what one gateway accepted.
    let caller = client.on(0);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(caller.accept(SWAP).await?);
    }

    let refused = caller.submit(SWAP).await?;

    refused.refusal(503, "queue_full")?;
    check_told_when(&refused)?;
    for gateway in 0..world.gateways() {
        let there = client.on(gateway);
        let is_full = |stats: &Value| stats["queue"]["waiting"] == 5;
        there.until_at("/api/stats", is_full).await?;
        there.submit(SWAP).await?.refusal(503, "queue_full")?;
    }
    ensure!(client.listed().await?.len() == before.len() + 5);
    operator.post("/api/admin/resume").await?;
    for id in ids {
        client.ended(&id).await?;
    }
    caller
        .until_at("/api/stats", |stats| stats["queue"]["waiting"] == 0)
        .await?;
    caller.accept(SWAP).await?;
    Ok(())
}

pub(super) async fn a_client_has_so_many_open_orders_and_no_more(world: &mut World) -> Result<()> {
    let client = world.client();
    let operator = world.operator();
    operator.post("/api/admin/pause").await?;
    // Another gateway knows a second later what one gateway accepted.
    let desk = client.on(0);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(desk.accept(SWAP).await?);
    }

    for gateway in 0..world.gateways() {
        let refused = client.on(gateway).submit(SWAP).await?;
        refused.refusal(429, "too_many_open_orders")?;
        check_told_when(&refused)?;
    }

    world.client().accept(SWAP).await?;
    ensure!(client.cancel(&ids[0]).await?.status == 200);
    let room = async {
        loop {
            match desk.submit(SWAP).await?.status {
                201 => return anyhow::Ok(()),
                _ => tokio::time::sleep(POLL).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, room)
        .await
        .context("room again")??;
    ensure!(client.listed().await?.len() == 4);
    operator.post("/api/admin/resume").await?;
    Ok(())
}

/// One process only: each gateway counts only its own orders.
pub(super) async fn a_client_hands_in_so_fast_and_no_faster(world: &mut World) -> Result<()> {
    let caller = world.client();
    for left in (0..5).rev() {
        let accepted = caller.submit(SWAP).await?;
        ensure!(accepted.status == 201, "{accepted:?}");
        ensure!(accepted.header("ratelimit-limit") == Some("5"));
        ensure!(accepted.header("ratelimit-remaining") == Some(&*left.to_string()));
    }

    let refused = caller.submit(SWAP).await?;

    refused.refusal(429, "rate_limited")?;
    check_told_when(&refused)?;
    ensure!(refused.header("ratelimit-remaining") == Some("0"));
    ensure!(refused.header("ratelimit-reset").is_some());
    ensure!(caller.listed().await?.len() == 5);
    Ok(())
}

pub(super) async fn an_answer_tells_how_long_the_queue_is_from_the_first_second_on(
    world: &mut World,
) -> Result<()> {
    // Another gateway's numbers may be a second old.
    let caller = world.client().on(0);
    for _ in 0..30 {
        caller.accept(SWAP).await?;
    }
    caller
        .until_at("/api/stats", |stats| {
            stats["queue"]["waiting"].as_u64() >= Some(25)
        })
        .await?;

    let queue = caller.submit(SWAP).await?.json()?["queue"].clone();

    let position = queue["position"].as_u64().context("a position")?;
    // One a second.
    ensure!((20..=31).contains(&position), "{queue}");
    ensure!(queue["etaMs"] == position * 1_000, "{queue}");
    Ok(())
}

/// One process only: this concerns nothing but the gateway.
pub(super) async fn a_body_that_says_it_is_too_large_is_refused_unseen(
    world: &mut World,
) -> Result<()> {
    let address = world.client().url("").replacen("http://", "", 1);
    for expect in ["", "Expect: 100-continue\r\n"] {
        let mut peer = tokio::net::TcpStream::connect(&address).await?;
        let head = format!(
            "POST /api/orders/execute HTTP/1.1\r\nHost: {address}\r\n\
             Content-Type: application/json\r\nContent-Length: 10000000\r\n{expect}\r\n"
        );
        peer.write_all(head.as_bytes()).await?;

        let mut answer = Vec::new();
        let reading = peer.read_to_end(&mut answer);
        // Far less than the ten seconds that a body may take.
        tokio::time::timeout(std::time::Duration::from_secs(5), reading).await??;

        let answer = String::from_utf8_lossy(&answer).into_owned();
        ensure!(
            answer.contains("HTTP/1.1 413 ") && answer.contains("body_too_large"),
            "{answer}"
        );
    }
    Ok(())
}
