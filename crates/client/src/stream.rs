//! Following everything that the key in use may see.

use api_types::EventView;
use serde::Deserialize;

use crate::Error;
use crate::socket::{Received, Reconnects, Socket};
use crate::transport::Client;

/// The events of all orders, from now on.
#[derive(Debug)]
pub struct Stream {
    client: Client,
    cursor: Option<String>,
    socket: Option<Socket>,
    reconnects: Reconnects,
}

/// What the stream brought.
#[derive(Debug)]
pub enum Streamed {
    /// Something happened to an order.
    Event(Box<EventView>),
    /// Events before the next one may be missing: read what matters again.
    Resync,
}

#[derive(Deserialize)]
struct Placed {
    cursor: String,
    #[serde(flatten)]
    event: EventView,
}

impl Client {
    /// Follows all orders from now on, across lost connections.
    #[must_use]
    pub fn stream(&self) -> Stream {
        Stream {
            client: self.clone(),
            cursor: None,
            socket: None,
            reconnects: Reconnects::default(),
        }
    }
}

impl Stream {
    /// Opens the stream now, so that whatever happens from here on is seen.
    pub async fn open(&mut self) -> Result<(), Error> {
        let path = match &self.cursor {
            Some(cursor) => format!("/api/stream?cursor={cursor}"),
            None => "/api/stream".to_owned(),
        };
        self.socket = Some(self.reconnects.open(&self.client, &path).await?);
        Ok(())
    }

    /// What comes next.
    pub async fn next(&mut self) -> Result<Streamed, Error> {
        loop {
            let Some(socket) = &mut self.socket else {
                self.open().await?;
                continue;
            };
            match socket.next().await {
                Received::Text(text) => {
                    self.reconnects.succeeded();
                    return self.read(&text);
                }
                Received::Ended | Received::Reconnect => {
                    self.socket = None;
                    self.reconnects.lost(&self.client).await?;
                }
                Received::Closed { code, reason } => {
                    let what = format!("it closed the socket with {code} {reason}");
                    return Err(self.client.unexpected(what));
                }
            }
        }
    }

    fn read(&mut self, text: &str) -> Result<Streamed, Error> {
        if let Ok(placed) = serde_json::from_str::<Placed>(text) {
            self.cursor = Some(placed.cursor);
            return Ok(Streamed::Event(Box::new(placed.event)));
        }
        if text == api_types::socket::RESYNC {
            return Ok(Streamed::Resync);
        }
        Err(self.client.unexpected("a message that is no event"))
    }
}
