//! Following one order: each of its events once and in order, however often the connection is lost.

use api_types::EventView;
use uuid::Uuid;

use crate::Error;
use crate::socket::{Received, Reconnects, Socket};
use crate::transport::Client;

/// An order being followed, from its first event to its last.
#[derive(Debug)]
pub struct Follow {
    client: Client,
    order: Uuid,
    /// The last event seen.
    seen: Option<u32>,
    ended: bool,
    socket: Option<Socket>,
    reconnects: Reconnects,
}

impl Follow {
    pub(crate) fn new(client: Client, order: Uuid) -> Self {
        Self {
            client,
            order,
            seen: None,
            ended: false,
            socket: None,
            reconnects: Reconnects::default(),
        }
    }

    /// Goes on after this event instead of beginning with the first one.
    #[must_use]
    pub fn since(mut self, seq: u32) -> Self {
        self.seen = Some(seq);
        self
    }

    /// The next event; `None` after the order's end. After an error nothing more comes.
    pub async fn next(&mut self) -> Result<Option<EventView>, Error> {
        while !self.ended {
            if let Some(text) = self.receive().await.inspect_err(|_| self.ended = true)? {
                let event: EventView = serde_json::from_str(&text)
                    .map_err(|error| self.client.unexpected(format!("{error} in an event")))?;
                // A server that repeats itself after a reconnect is heard once.
                if self.seen.is_some_and(|seen| event.seq <= seen) {
                    continue;
                }
                self.seen = Some(event.seq);
                self.ended = event.status.is_terminal();
                self.reconnects.succeeded();
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// One message, or the news that there may be one after another look.
    async fn receive(&mut self) -> Result<Option<String>, Error> {
        let Some(socket) = &mut self.socket else {
            let since = self
                .seen
                .map(|seq| format!("?since={seq}"))
                .unwrap_or_default();
            let path = format!("/api/orders/{}/stream{since}", self.order);
            self.socket = Some(self.reconnects.open(&self.client, &path).await?);
            return Ok(None);
        };
        match socket.next().await {
            Received::Text(text) => return Ok(Some(text)),
            Received::Ended => self.ended = true,
            Received::Reconnect => {
                self.socket = None;
                self.reconnects.lost(&self.client).await?;
            }
            Received::Closed { code, reason } => {
                let what = format!("it closed the socket with {code} {reason}");
                return Err(self.client.unexpected(what));
            }
        }
        Ok(None)
    }
}
