//! Bodies that nest as deeply as their length allows: they are parsed with a bounded stack, and
//! with work that grows no faster than their length.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::e2e::socket::Socket;
use serde_json::Value;

use super::{EXECUTE, SWAP};
use crate::world::World;

/// As deep as 64 KiB allow beside the field's name.
const DEEP: usize = 32_000;
/// Such a request once took seconds, or killed the process.
const SOON: Duration = Duration::from_secs(20);

/// Bodies that nest in lists, in objects, in both, and one that is cut short, each with its refusal.
fn nested() -> Vec<(String, u16, &'static str)> {
    let within = |open: &str, close: &str, depth: usize| {
        format!(
            r#"{{"amount":1,"venues":{}1{}}}"#,
            open.repeat(depth),
            close.repeat(depth)
        )
    };
    vec![
        (within("[", "]", DEEP), 422, "invalid_order"),
        (within("[[],", "]", DEEP / 3), 422, "invalid_order"),
        (within(r#"{"a":"#, "}", DEEP / 4), 422, "invalid_order"),
        (within(r#"[{"a":"#, "}]", DEEP / 5), 422, "invalid_order"),
        (within("[", "", DEEP), 400, "malformed_json"),
    ]
}

pub(super) async fn a_deeply_nested_body_is_refused_and_ends_no_process(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();
    let taken = [("Idempotency-Key", "nested-taken")];
    let first = caller.call("POST", EXECUTE, &taken, Some(SWAP)).await?;
    ensure!(first.status == 201, "{first:?}");
    let before = world.stored(1).await?;

    let sending = async {
        for (body, status, code) in nested() {
            for gateway in 0..world.gateways() {
                let caller = caller.on(gateway);
                let free = [("Idempotency-Key", "nested-free")];
                let refused = caller.call("POST", EXECUTE, &free, Some(&body)).await?;
                refused.refusal(status, code)?;
                // A key belongs to its first body, whatever is wrong with the second one.
                let (status, code) = match status {
                    422 => (422, "idempotency_key_reused"),
                    _ => (status, code),
                };
                let refused = caller.call("POST", EXECUTE, &taken, Some(&body)).await?;
                refused.refusal(status, code)?;
            }
        }
        anyhow::Ok(())
    };
    let sent = tokio::time::timeout(SOON, sending).await;
    sent.context("reading them takes too long")??;

    let again = caller.call("POST", EXECUTE, &taken, Some(SWAP)).await?;
    // With keys the token in its address is a new one.
    let is_same = again.json()?["orderId"] == first.json()?["orderId"];
    ensure!(again.status == 201 && is_same, "{again:?}");
    ensure!(world.stored(before).await? == before);
    Ok(())
}

pub(super) async fn a_deeply_nested_first_message_is_refused_and_ends_no_process(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();
    let before = world.stored(0).await?;

    for (body, _, code) in nested() {
        for gateway in 0..world.gateways() {
            let url = caller.on(gateway).socket_url(EXECUTE).await?;
            let key = ("idempotency-key", "nested-socket");
            let mut socket = Socket::open_with(&url, key).await?;
            socket.send(&body).await?;
            let told = tokio::time::timeout(SOON, socket.rest()).await;
            let told = told.context("reading it takes too long")??;
            let codes: Vec<&Value> = told.messages.iter().map(|said| &said["code"]).collect();
            ensure!(codes == [code] && told.close_code == Some(4000), "{told:?}");
        }
    }

    ensure!(world.stored(before).await? == before);
    Ok(())
}
