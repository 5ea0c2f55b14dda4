//! Clients that each follow one order, all in this process.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use domain::Timestamp;
use futures_util::StreamExt;
use ports::{Clock, SystemClock};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::call;
use crate::latency::Latencies;
use crate::orders::BODY;

/// Sockets that open, and orders that are submitted, at the same time.
const AT_ONCE: usize = 64;
/// A client's own buffers; ten thousand clients live in this process.
const BUFFER_BYTES: usize = 1_024;
/// An order that has not ended by then fails the run.
const PATIENCE: Duration = Duration::from_secs(90);

/// Sockets that have had their order's first event and wait for what comes.
#[derive(Debug)]
pub struct Followers(Vec<WebSocketStream<TcpStream>>);

/// What the followers saw.
#[derive(Debug)]
pub struct Followed {
    /// From when an event was stored, given in whole milliseconds, to its arrival.
    pub latency: Latencies,
    pub confirmed: u64,
}

#[derive(Deserialize)]
struct Accepted {
    #[serde(rename = "orderId")]
    order_id: String,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(default)]
    seq: Option<u64>,
    status: &'a str,
    #[serde(default)]
    timestamp: Option<&'a str>,
}

impl Followers {
    /// Submits `count` orders to a paused engine, and follows each on a socket of its own.
    pub async fn open(gateways: &[SocketAddr], count: usize) -> anyhow::Result<Self> {
        let mut opening = JoinSet::new();
        let mut sockets = Vec::with_capacity(count);
        for place in 0..count {
            if opening.len() >= AT_ONCE {
                join_one(&mut opening, &mut sockets).await?;
            }
            let address = gateways[place % gateways.len()];
            opening.spawn(async move { open_one(address).await });
        }
        while !opening.is_empty() {
            join_one(&mut opening, &mut sockets).await?;
        }
        Ok(Self(sockets))
    }

    /// Reads every event until all orders have ended.
    pub async fn follow(self) -> anyhow::Result<Followed> {
        let clock = Arc::new(SystemClock::new());
        let mut following = JoinSet::new();
        for socket in self.0 {
            following.spawn(follow_one(socket, Arc::clone(&clock)));
        }
        Followed::of(following).await
    }
}

impl Followed {
    async fn of(
        mut following: JoinSet<anyhow::Result<(Vec<Duration>, bool)>>,
    ) -> anyhow::Result<Self> {
        let mut all = Self {
            latency: Latencies::new()?,
            confirmed: 0,
        };
        while let Some(joined) = following.join_next().await {
            let (took, is_confirmed) = joined.context("follow an order")??;
            for one in took {
                all.latency.add(one);
            }
            all.confirmed += u64::from(is_confirmed);
        }
        Ok(all)
    }
}

/// Submits this many orders a second, open loop, and follows each on a socket of its own until it
/// has ended.
pub async fn follow_at(
    gateways: &[SocketAddr],
    rate: f64,
    lasting: Duration,
) -> anyhow::Result<Followed> {
    let clock = Arc::new(SystemClock::new());
    let (began, mut following, mut due) = (Instant::now(), JoinSet::new(), Duration::ZERO);
    for address in gateways.iter().cycle() {
        if due >= lasting {
            break;
        }
        tokio::time::sleep_until(began + due).await;
        let (address, clock) = (*address, Arc::clone(&clock));
        following.spawn(async move { follow_one(open_one(address).await?, clock).await });
        due += Duration::from_secs_f64(1.0 / rate);
    }
    Followed::of(following).await
}

async fn join_one(
    opening: &mut JoinSet<anyhow::Result<WebSocketStream<TcpStream>>>,
    sockets: &mut Vec<WebSocketStream<TcpStream>>,
) -> anyhow::Result<()> {
    if let Some(opened) = opening.join_next().await {
        sockets.push(opened.context("open a socket")??);
    }
    Ok(())
}

async fn open_one(address: SocketAddr) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let accepted = call::post(address, "/api/orders/execute", BODY).await?;
    let Accepted { order_id } = serde_json::from_str(&accepted).context("read the answer")?;
    let tcp = TcpStream::connect(address).await.context("connect")?;
    let url = format!("ws://{address}/api/orders/execute?orderId={order_id}");
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0);
    let upgraded = client_async_with_config(url, tcp, Some(config)).await;
    let (mut socket, _) = upgraded.context("open a WebSocket")?;
    let first = tokio::time::timeout(PATIENCE, socket.next()).await;
    first
        .context("a socket without a greeting")?
        .context("a socket that closed")??;
    Ok(socket)
}

/// What each event after the first took, and whether the order was confirmed.
async fn follow_one(
    mut socket: WebSocketStream<TcpStream>,
    clock: Arc<SystemClock>,
) -> anyhow::Result<(Vec<Duration>, bool)> {
    let mut took = Vec::with_capacity(8);
    let mut is_confirmed = false;
    let reading = async {
        while let Some(message) = socket.next().await {
            match message? {
                Message::Text(text) => {
                    let event: Event<'_> = serde_json::from_str(&text).context("an event")?;
                    if let (Some(1..), Some(timestamp)) = (event.seq, event.timestamp) {
                        let stored = Timestamp::from_str(timestamp)?;
                        took.push(clock.now().since(stored));
                    }
                    is_confirmed |= event.status == "confirmed";
                }
                Message::Close(_) => return Ok(()),
                _ => {}
            }
        }
        Ok(())
    };
    let read: Result<anyhow::Result<()>, _> = tokio::time::timeout(PATIENCE, reading).await;
    match read {
        Ok(Ok(())) => Ok((took, is_confirmed)),
        Ok(Err(error)) => Err(error),
        Err(_) => bail!("an order did not end within {PATIENCE:?}"),
    }
}
