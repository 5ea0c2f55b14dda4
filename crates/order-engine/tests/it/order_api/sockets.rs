//! Live connections: compares their messages with their document, and tests how many there may be.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use cluster::documents::SocketDocument;
use cluster::e2e::socket::{Followed, Socket};
use cluster::e2e::text;
use serde_json::Value;

use super::{EXECUTE, SWAP, Settings, is_terminal};
use crate::world::World;
use crate::world::caller::{Caller, PATIENCE, POLL};

pub(super) const QUICK_SWEEPS: Settings = &[("SWEEP_MS", "100")];
pub(super) const FEW_CONNECTIONS: Settings = &[
    ("API_KEYS", "desk:alpha,fund:beta"),
    ("CLIENT_MAX_SOCKETS", "2"),
    ("MAX_SOCKETS", "3"),
];
const PING: &str = r#"{"type":"ping"}"#;
/// What ends how; the last two while nothing is executed.
const CONFIRMED: &str = r#"{"amount":"1","slippageBps":500}"#;
const FAILED: &str = r#"{"amount":"1","minAmountOut":"1000000"}"#;
const CANCELLED: &str = r#"{"amount":"2"}"#;
const EXPIRED: &str = r#"{"amount":"3","validForSeconds":1}"#;

/// Which messages of the document have been seen, by channel.
struct Seen {
    document: SocketDocument,
    kinds: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Seen {
    fn new() -> Self {
        Self {
            document: SocketDocument::new(api_gateway::asyncapi::document()),
            kinds: BTreeMap::new(),
        }
    }

    fn check(&mut self, url: &str, message: &Value) -> Result<String> {
        let channel = SocketDocument::channel_at(url);
        let kind = self.document.check(channel, message)?;
        self.kinds.entry(channel).or_default().insert(kind.clone());
        Ok(kind)
    }

    /// Reads on until a message of this kind has come.
    async fn until(&mut self, url: &str, socket: &mut Socket, wanted: &str) -> Result<Value> {
        loop {
            let message = socket.next().await?.context("it goes on")?;
            if self.check(url, &message)? == wanted {
                return Ok(message);
            }
        }
    }

    /// Everything up to the server's close, which must have this code.
    async fn rest(&mut self, url: &str, socket: Socket, code: u16) -> Result<Vec<Value>> {
        let Followed {
            messages,
            close_code,
        } = socket.rest().await?;
        ensure!(close_code == Some(code), "{url}: {close_code:?}");
        for message in &messages {
            self.check(url, message)?;
        }
        Ok(messages)
    }

    fn check_complete(&self) -> Result<()> {
        for channel in ["execute", "stream", "follow", "submit", "feed"] {
            let documented: BTreeSet<String> = self.document.sent_on(channel).into_iter().collect();
            let seen = self.kinds.get(channel).cloned().unwrap_or_default();
            ensure!(seen == documented, "{channel}: {seen:?} of {documented:?}");
        }
        Ok(())
    }
}

/// Submits an order over a socket and lets it end; returns its id.
async fn hand_in(seen: &mut Seen, caller: &Caller, body: &str) -> Result<String> {
    let url = caller.socket_url(EXECUTE).await?;
    let mut socket = Socket::open(&url).await?;
    socket.send(body).await?;
    let accepted = seen.until(&url, &mut socket, "accepted").await?;
    let id = text(&accepted, "orderId")?.to_owned();
    socket.send(PING).await?;
    seen.until(&url, &mut socket, "pong").await?;
    if body == CANCELLED {
        ensure!(caller.cancel(&id).await?.status == 200);
    }
    let events = seen.rest(&url, socket, 1000).await?;
    ensure!(
        events
            .last()
            .is_some_and(|last| is_terminal(&last["status"]))
    );
    Ok(id)
}

pub(super) async fn every_message_of_every_socket_is_in_the_document(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();
    let operator = world.operator();
    let mut seen = Seen::new();
    let feed_url = caller.socket_url("/api/stream").await?;
    let mut feed = Socket::open(&feed_url).await?;

    let mut ids = Vec::new();
    for body in [CONFIRMED, FAILED, CANCELLED, EXPIRED] {
        if body == CANCELLED {
            operator.post("/api/admin/pause").await?;
        }
        ids.push(hand_in(&mut seen, &caller, body).await?);
    }
    let waiting = caller.accept(CANCELLED).await?;
    let doors = |id: &str| {
        [
            format!("{EXECUTE}?orderId={id}"),
            format!("/api/orders/{id}/stream"),
            format!("/ws/orders/{id}"),
        ]
    };
    for path in doors(&waiting) {
        let url = caller.socket_url(&path).await?;
        let mut socket = Socket::open(&url).await?;
        socket.send(PING).await?;
        seen.until(&url, &mut socket, "pong").await?;
    }
    for path in ids.iter().flat_map(|id| doors(id)) {
        let url = caller.socket_url(&path).await?;
        let socket = Socket::open(&url).await?;
        seen.rest(&url, socket, 1000).await?;
    }
    let wrong = caller.socket_url(EXECUTE).await?;
    let mut socket = Socket::open(&wrong).await?;
    socket.send(r#"{"amount":0}"#).await?;
    seen.rest(&wrong, socket, 4000).await?;
    let event = seen.until(&feed_url, &mut feed, "feedEvent").await?;
    let cursor = text(&event, "cursor")?;
    feed.send(PING).await?;
    seen.until(&feed_url, &mut feed, "pong").await?;
    world.lose_feed().await?;
    let resumed = format!("/api/stream?cursor={cursor}");
    let resumed = caller.socket_url(&resumed).await?;
    let mut feed = Socket::open(&resumed).await?;
    seen.until(&resumed, &mut feed, "resync").await?;
    operator.post("/api/admin/resume").await?;

    seen.check_complete()
}

/// One process only: each gateway counts its own connections.
pub(super) async fn connections_are_limited_for_each_client_and_in_all(
    world: &mut World,
) -> Result<()> {
    let (desk, fund) = (world.client(), world.client());
    let order = desk.accept(SWAP).await?;
    let mut urls = Vec::new();
    for caller in [&desk, &fund] {
        urls.push(caller.socket_url("/api/stream").await?);
    }
    let _first = Socket::open(&urls[0]).await?;
    let second = Socket::open(&urls[0]).await?;

    let third = Socket::open(&urls[0]).await?.rest().await?;
    let live = [("Accept", "text/event-stream")];
    let path = format!("/api/orders/{order}/events");
    let streamed = desk.call("GET", &path, &live, None).await?;
    let _other = Socket::open(&urls[1]).await?;
    let beyond = Socket::open(&urls[1]).await?.rest().await?;

    ensure!(third.close_code == Some(4009) && third.messages.is_empty());
    streamed.refusal(429, "too_many_sockets")?;
    ensure!(streamed.header("retry-after").is_some());
    ensure!(beyond.close_code == Some(4009), "{beyond:?}");
    drop(second);
    let room = async {
        loop {
            let mut socket = Socket::open(&urls[1]).await?;
            socket.send(PING).await?;
            match socket.next().await {
                Ok(Some(_)) => return anyhow::Ok(()),
                _ => tokio::time::sleep(POLL).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, room)
        .await
        .context("room again")?
}
