//! Follows one order: returns each of its events once and in order, however often the connection is
//! lost.

use api_types::EventView;
use uuid::Uuid;

use crate::Error;
use crate::socket::{Connection, Received};
use crate::transport::Client;

/// An order being followed, from its first event to its last.
#[derive(Debug)]
pub struct Follow {
    client: Client,
    order: Uuid,
    /// The last event seen.
    seen: Option<u32>,
    ended: bool,
    connection: Connection,
}

impl Follow {
    pub(crate) fn new(client: Client, order: Uuid) -> Self {
        Self {
            client,
            order,
            seen: None,
            ended: false,
            connection: Connection::default(),
        }
    }

    /// Continues after this event instead of beginning with the first one.
    #[must_use]
    pub fn since(mut self, seq: u32) -> Self {
        self.seen = Some(seq);
        self
    }

    /// The next event; `None` after the order's end. After an error nothing more follows.
    pub async fn next(&mut self) -> Result<Option<EventView>, Error> {
        while !self.ended {
            let (order, seen) = (self.order, self.seen);
            let since = seen.map(|seq| format!("?since={seq}")).unwrap_or_default();
            let path = format!("/api/orders/{order}/stream{since}");
            let received = self.receive(&path).await;
            let text = match received.inspect_err(|_| self.ended = true)? {
                Received::Text(text) => text,
                Received::Reconnect => continue,
                Received::Ended => {
                    self.ended = true;
                    break;
                }
            };
            let event: EventView = serde_json::from_str(&text)
                .map_err(|error| self.client.unexpected(format!("{error} in an event")))?;
            // An event that the server repeats after a reconnect is returned once.
            if seen.is_some_and(|seen| event.seq <= seen) {
                continue;
            }
            self.seen = Some(event.seq);
            self.ended = event.status.is_terminal();
            self.connection.succeeded();
            return Ok(Some(event));
        }
        Ok(None)
    }

    async fn receive(&mut self, path: &str) -> Result<Received, Error> {
        self.connection.open(&self.client, path).await?;
        self.connection.receive(&self.client).await
    }
}
