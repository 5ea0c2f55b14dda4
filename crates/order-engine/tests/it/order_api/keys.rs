//! Two keys and the operators' key: what each of them sees, on every endpoint.

use anyhow::{Context, Result, ensure};
use cluster::e2e::socket::follow;
use cluster::e2e::{statuses, text};
use serde_json::Value;

use super::SWAP;
use crate::world::World;
use crate::world::caller::{Caller, with_token};

/// The headers that begin a WebSocket.
const UPGRADE: [(&str, &str); 4] = [
    ("Connection", "upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];
const LIVE: [(&str, &str); 1] = [("Accept", "text/event-stream")];

/// The streams of one order.
fn doors(id: &str) -> [String; 3] {
    [
        format!("/api/orders/execute?orderId={id}"),
        format!("/api/orders/{id}/stream?since=0"),
        format!("/ws/orders/{id}?since=0"),
    ]
}

pub(super) async fn an_order_is_its_keys_own_at_every_door(world: &mut World) -> Result<()> {
    let [nobody, desk, fund, root] = [
        world.nobody(),
        world.client(),
        world.client(),
        world.operator(),
    ];
    let body = r#"{"amount":"1","clientOrderId":"mine"}"#;
    let id = desk.accept(body).await?;
    desk.ended(&id).await?;

    let reads = [
        format!("/api/orders/{id}"),
        format!("/api/orders/{id}/events"),
        "/api/orders/by-client-id/mine".to_owned(),
    ];
    for path in &reads {
        ensure!(desk.get(path).await?.status == 200, "{path}");
        fund.get(path).await?.refusal(404, "order_not_found")?;
        nobody.get(path).await?.refusal(401, "unauthorized")?;
    }
    for path in &reads[..2] {
        ensure!(root.get(path).await?.status == 200, "{path}");
    }
    fund.cancel(&id).await?.refusal(404, "order_not_found")?;
    nobody.cancel(&id).await?.refusal(401, "unauthorized")?;

    for path in doors(&id) {
        let knock =
            async |caller: &Caller, path: &str| caller.call("GET", path, &UPGRADE, None).await;
        ensure!(knock(&desk, &path).await?.status == 101, "{path}");
        knock(&fund, &path).await?.refusal(404, "order_not_found")?;
        let refused = knock(&nobody, &path).await?;
        refused.refusal(401, "unauthorized")?;
        ensure!(refused.header("www-authenticate") == Some("Bearer"));

        let (own, others) = (desk.token().await?, fund.token().await?);
        ensure!(knock(&nobody, &with_token(&path, &own)).await?.status == 101);
        let refused = knock(&nobody, &with_token(&path, &others)).await?;
        refused.refusal(404, "order_not_found")?;
        let forged = format!("{}{}", &own[..own.len() - 4], "AAAA");
        let refused = knock(&nobody, &with_token(&path, &forged)).await?;
        refused.refusal(401, "unauthorized")?;
    }
    let live = format!("/api/orders/{id}/events");
    ensure!(desk.call("GET", &live, &LIVE, None).await?.status == 200);
    let refused = fund.call("GET", &live, &LIVE, None).await?;
    refused.refusal(404, "order_not_found")?;
    Ok(())
}

pub(super) async fn lists_and_ledger_show_a_key_its_own_and_the_operators_all(
    world: &mut World,
) -> Result<()> {
    let desk = world.client();
    let fund = world.client();
    let root = world.operator();
    let before = root.listed().await?;
    let (of_desk, of_fund) = (desk.accept(SWAP).await?, fund.accept(SWAP).await?);
    desk.ended(&of_desk).await?;
    fund.ended(&of_fund).await?;

    ensure!(desk.listed().await? == [of_desk.as_str()]);
    ensure!(fund.listed().await? == [of_fund.as_str()]);
    let both = vec![of_fund.clone(), of_desk.clone()];
    ensure!(root.listed().await? == [both, before].concat());

    let booked = async |caller: &Caller| {
        let page = caller.read("/api/sim/ledger").await?;
        let entries = page["entries"].as_array().context("entries")?.clone();
        let orders = entries.iter().map(|entry| entry["orderId"].clone());
        anyhow::Ok(orders.collect::<Vec<Value>>())
    };
    ensure!(booked(&desk).await?.iter().all(|order| *order == *of_desk));
    ensure!(booked(&fund).await?.iter().all(|order| *order == *of_fund));
    ensure!(booked(&root).await?.len() >= 2);
    ensure!(fund.landed(&of_desk).await?.is_empty());
    Ok(())
}

pub(super) async fn the_feed_brings_a_key_its_own_orders_alone(world: &mut World) -> Result<()> {
    let desk = world.client();
    let fund = world.client();
    let mut feed = fund.socket("/api/stream").await?;

    let of_desk = desk.accept(SWAP).await?;
    desk.ended(&of_desk).await?;
    let of_fund = fund.accept(SWAP).await?;

    loop {
        let event = feed.next().await?.context("the feed goes on")?;
        ensure!(event["orderId"] == *of_fund, "{event}");
        if event["status"] == "confirmed" || event["status"] == "failed" {
            return Ok(());
        }
    }
}

pub(super) async fn the_address_of_an_accepted_order_opens_as_it_is(
    world: &mut World,
) -> Result<()> {
    let desk = world.client();
    let answer = desk.submit(SWAP).await?.json()?;

    let followed = follow(text(&answer, "wsUrl")?).await?;

    ensure!(followed.messages[0]["type"] == "connected", "{followed:?}");
    ensure!(statuses(&followed.messages[1..]).first() == Some(&"pending"));
    ensure!(followed.close_code == Some(1000));
    Ok(())
}

pub(super) async fn the_token_of_an_orders_address_opens_that_order_alone(
    world: &mut World,
) -> Result<()> {
    let desk = world.client();
    let nobody = world.nobody();
    let answer = desk.submit(SWAP).await?.json()?;
    let id = text(&answer, "orderId")?;
    let (_, token) = text(&answer, "wsUrl")?
        .split_once("token=")
        .context("a token")?;
    let other = desk.accept(SWAP).await?;

    for path in doors(id) {
        let path = with_token(&path, token);
        let opened = nobody.call("GET", &path, &UPGRADE, None);
        ensure!(opened.await?.status == 101, "{path}");
    }
    let closed = doors(&other)
        .into_iter()
        .chain(["/api/orders/execute".to_owned(), "/api/stream".to_owned()]);
    for path in closed {
        let path = with_token(&path, token);
        let refused = nobody.call("GET", &path, &UPGRADE, None);
        refused.await?.refusal(401, "unauthorized")?;
    }
    Ok(())
}
