//! Follows every order that the key may see.

use api_types::EventView;
use serde::Deserialize;

use crate::Error;
use crate::socket::{Connection, Received};
use crate::transport::Client;

/// The events of all orders, from now on.
#[derive(Debug)]
pub struct Stream {
    client: Client,
    cursor: Option<String>,
    /// Whether it was open before: opened again without a cursor it may have missed events.
    was_open: bool,
    connection: Connection,
}

/// What the stream delivered.
#[derive(Debug)]
pub enum Streamed {
    /// Something happened to an order.
    Event(Box<EventView>),
    /// Events before the next one may be missing: read what matters again. It also comes where a connection was lost
    /// before its first event, which says where to continue.
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
            was_open: false,
            connection: Connection::default(),
        }
    }
}

impl Stream {
    /// Opens the stream now, so that every event from here on is seen.
    pub async fn open(&mut self) -> Result<(), Error> {
        let path = path(self.cursor.as_deref());
        self.connection.open(&self.client, &path).await?;
        self.was_open = true;
        Ok(())
    }

    /// What comes next.
    pub async fn next(&mut self) -> Result<Streamed, Error> {
        loop {
            if !self.connection.is_open() {
                let may_miss = self.was_open && self.cursor.is_none();
                self.open().await?;
                if may_miss {
                    return Ok(Streamed::Resync);
                }
            }
            match self.connection.receive(&self.client).await? {
                Received::Text(text) => {
                    self.connection.succeeded();
                    return self.read(&text);
                }
                Received::Reconnect => {}
                // The stream of all orders has no end.
                Received::Ended => self.connection.lost(&self.client).await?,
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

fn path(cursor: Option<&str>) -> String {
    let resume = cursor.map(|cursor| format!("?cursor={cursor}"));
    format!("/api/stream{}", resume.unwrap_or_default())
}
