//! A client: submits one order until it learns that it was accepted, follows it to its end over
//! sockets that break, and perhaps cancels it.

mod handing_in;
mod reset;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use ports::Random;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;

use super::check::Check;
use crate::e2e::Target;

/// Longer than the engine waits for its store (CONTRACT.md, section 3).
const CALL_LIMIT: Duration = Duration::from_secs(8);
/// A gateway that says nothing for so long may be frozen; an order that only waits costs a new socket.
const SILENCE: Duration = Duration::from_secs(6);
/// The longest pause before another try.
const PAUSE: Duration = Duration::from_millis(400);

/// The gateways, as far as clients know.
#[derive(Debug)]
pub(super) struct Doors(Mutex<Vec<String>>);

impl Doors {
    pub(super) fn new(gateways: Vec<String>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(gateways)))
    }

    pub(super) fn set(&self, gateways: Vec<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = gateways;
    }

    pub(super) fn target(&self) -> Target {
        let gateways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Target::new(gateways.clone())
    }
}

#[derive(Debug)]
pub(super) struct Client {
    pub(super) doors: Arc<Doors>,
    pub(super) random: Random,
    pub(super) number: u64,
    /// Whether it resets connections now and then.
    pub(super) resets: bool,
}

/// What a client has seen of its order.
#[derive(Debug)]
pub(super) struct Kept {
    /// Before the first byte of its order was sent.
    pub(super) handed_in: Instant,
    /// Empty where nobody has accepted it.
    pub(super) order_id: String,
    /// Whether it saw its order's end.
    pub(super) has_ended: bool,
    pub(super) events: Vec<Value>,
    /// Whether it learned that its order is cancelled.
    pub(super) told_cancelled: bool,
    /// Connections it has reset right after it had handed the order in, and cancelled it.
    pub(super) posts_reset: usize,
    pub(super) cancels_reset: usize,
    pub(super) complaints: Vec<(Check, String)>,
}

impl Kept {
    fn from_now_on() -> Self {
        Self {
            handed_in: Instant::now(),
            order_id: String::new(),
            has_ended: false,
            events: Vec::new(),
            told_cancelled: false,
            posts_reset: 0,
            cancels_reset: 0,
            complaints: Vec::new(),
        }
    }
}

impl Client {
    /// From the first try to the order's end, or until its patience is at an end.
    pub(super) async fn serve(self, patience: CancellationToken) -> Kept {
        let mut kept = Kept::from_now_on();
        let served = patience.run_until_cancelled(Box::pin(self.follow_through(&mut kept)));
        let has_ended = served.await.is_some();
        kept.has_ended = has_ended;
        kept
    }

    async fn follow_through(&self, kept: &mut Kept) {
        kept.order_id = self.accepted(kept).await;
        if self.random.below(4) == 0 {
            let again = self.accepted(kept).await;
            if again != kept.order_id {
                let complaint = format!("one name, two orders: {} and {again}", kept.order_id);
                kept.complaints.push((Check::Foreign, complaint));
            }
        }
        if self.random.below(8) == 0 {
            kept.told_cancelled = self.cancelled(kept).await;
        }
        while !self.follow(kept).await.unwrap_or(false) {
            self.pause().await;
        }
    }

    async fn pause(&self) {
        sleep(self.random.duration_below(PAUSE)).await;
    }

    fn any_url(&self, path: &str) -> String {
        let n = usize::try_from(self.random.below(64)).unwrap_or(0);
        self.doors.target().url(n, path)
    }

    /// Follows over one socket; whether the order has ended.
    async fn follow(&self, kept: &mut Kept) -> Result<bool> {
        let since = kept.events.last().map(|event| event["seq"].clone());
        let since = since.map_or_else(String::new, |seq| format!("?since={seq}"));
        let path = format!("/ws/orders/{}{since}", kept.order_id);
        let url = self.any_url(&path).replacen("http", "ws", 1);
        let opened = timeout(CALL_LIMIT, connect_async(url)).await?;
        let mut socket = match opened {
            Ok((socket, _)) => socket,
            Err(Error::Http(answer)) if answer.status() == 404 => {
                let complaint = format!("accepted order {} is not there", kept.order_id);
                kept.complaints.push((Check::Lost, complaint));
                bail!("not there");
            }
            Err(error) => return Err(error).context("open the socket"),
        };
        while let Some(message) = timeout(SILENCE, socket.next()).await? {
            let Message::Text(text) = message.context("read from the socket")? else {
                continue;
            };
            let event: Value = serde_json::from_str(&text).context("read an event")?;
            if event["seq"] != kept.events.len() {
                let (id, place) = (&kept.order_id, kept.events.len());
                let complaint = format!("{id}: event {place} was shown as {text}");
                kept.complaints.push((Check::Gap, complaint));
            }
            let status = event["status"].as_str().unwrap_or_default();
            let has_ended = matches!(status, "confirmed" | "failed" | "cancelled" | "expired");
            kept.events.push(event);
            if has_ended {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
