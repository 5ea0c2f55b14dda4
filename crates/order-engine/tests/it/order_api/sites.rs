//! Pages of other sites: what they may not do to an engine without keys. A gateway decides by
//! headers alone, so the cases run over one process only.

use anyhow::{Result, ensure};

use super::{EXECUTE, SWAP, Settings};
use crate::world::World;
use crate::world::caller::Caller;

pub(super) const ONE_ORIGIN: Settings = &[("CORS_ORIGINS", "https://desk.example")];
const UPGRADE: [(&str, &str); 4] = [
    ("Connection", "upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// Submits an order, cancels it and opens a socket to submit one, all with these additional
/// headers.
async fn statuses(caller: &Caller, id: &str, headers: &[(&str, &str)]) -> Result<[u16; 3]> {
    let cancel = format!("/api/orders/{id}/cancel");
    let upgrade = [&UPGRADE, headers].concat();
    Ok([
        caller
            .call("POST", EXECUTE, headers, Some(SWAP))
            .await?
            .status,
        caller.call("POST", &cancel, headers, None).await?.status,
        caller.call("GET", EXECUTE, &upgrade, None).await?.status,
    ])
}

pub(super) async fn a_page_of_another_site_cannot_trade(world: &mut World) -> Result<()> {
    let caller = world.client();
    let id = caller.accept(SWAP).await?;
    caller.ended(&id).await?;

    for foreign in [
        [("Origin", "https://evil.example")].as_slice(),
        &[("Origin", "null")],
        // A host name that was pointed at this machine.
        &[
            ("Host", "evil.example:3000"),
            ("Origin", "http://evil.example:3000"),
        ],
        &[("Host", "evil.example:3000")],
    ] {
        let refused = statuses(&caller, &id, foreign).await?;
        ensure!(refused == [403; 3], "{foreign:?}: {refused:?}");
    }
    ensure!(caller.listed().await? == [id.as_str()]);
    // Its reads carry no Origin.
    let rebound = [("Host", "evil.example:3000")];
    let read = caller.call("GET", "/api/orders", &rebound, None).await?;
    ensure!(read.status == 403, "{read:?}");

    let own = caller.url("");
    for allowed in [&*own, "https://desk.example"] {
        let answered = statuses(&caller, &id, &[("Origin", allowed)]).await?;
        ensure!(answered == [201, 409, 101], "{allowed}: {answered:?}");
    }
    Ok(())
}

pub(super) async fn answers_tell_caches_that_they_differ_by_origin(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();

    for origin in [
        [].as_slice(),
        &[("Origin", "https://evil.example")],
        &[("Origin", "https://desk.example")],
    ] {
        let answer = caller.call("GET", "/api/tokens", origin, None).await?;
        ensure!(answer.header("vary") == Some("Origin"), "{answer:?}");
    }
    Ok(())
}
