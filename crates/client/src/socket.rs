//! One WebSocket connection: opens it with the client's key, watches for silence, and explains its
//! end.

use std::time::Duration;

use api_types::Problem;
use futures_util::StreamExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::Error;
use crate::transport::Client;

/// Longer than any handshake across the world.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// The server pings every 20 s: a peer that is silent for three pings is gone.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);
/// The longest wait between two tries to connect.
const DELAY_MAX: Duration = Duration::from_secs(5);
const DELAY_FIRST: Duration = Duration::from_millis(100);
/// Consecutive tries without a message before a follower gets an error: about half a minute.
const ATTEMPTS_MAX: u32 = 10;

/// An open connection.
#[derive(Debug)]
struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a socket delivered.
#[derive(Debug)]
pub(crate) enum Received {
    Text(String),
    /// The server says that there is nothing more to come.
    Ended,
    /// The connection is gone or the server asks to reconnect: continue where it stopped.
    Reconnect,
}

/// Why a connection could not be opened.
#[derive(Debug)]
enum Refusal {
    /// It may work a little later.
    Later(Error),
    /// It will not.
    Final(Error),
}

impl Socket {
    /// Opens a connection to a path.
    async fn open(client: &Client, path: &str) -> Result<Self, Refusal> {
        let url = client.url(path).replacen("http", "ws", 1);
        let mut request = url
            .into_client_request()
            .map_err(|error| Refusal::Final(client.unexpected(error.to_string())))?;
        request.headers_mut().extend(client.headers().clone());
        let connecting = connect_async_with_config(request, None, true);
        match tokio::time::timeout(CONNECT_LIMIT, connecting).await {
            Ok(Ok((stream, _))) => Ok(Self { stream }),
            Ok(Err(WsError::Http(response))) => Err(refusal(client, &response)),
            Ok(Err(error)) => Err(Refusal::Later(client.unreachable(error))),
            Err(late) => Err(Refusal::Later(client.unreachable(late))),
        }
    }

    /// Waits for what comes next; the error says why the server closed for good. Cancel safety:
    /// dropping the future loses nothing.
    async fn next(&mut self) -> Result<Received, String> {
        loop {
            let message = match tokio::time::timeout(SILENCE_LIMIT, self.stream.next()).await {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(_)) | None) | Err(_) => return Ok(Received::Reconnect),
            };
            match message {
                Message::Text(text) => return Ok(Received::Text(text.as_str().to_owned())),
                Message::Close(None) => return Ok(Received::Reconnect),
                Message::Close(Some(frame)) => return closed(frame.code, frame.reason.as_str()),
                // The library answers pings while it reads on.
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}

fn closed(code: CloseCode, reason: &str) -> Result<Received, String> {
    match u16::from(code) {
        1000 => Ok(Received::Ended),
        code @ (4000 | 4001 | 4009) => Err(format!("it closed the socket with {code} {reason}")),
        // 1012 and 1013 ask for it; any other code is an accident on the way.
        _ => Ok(Received::Reconnect),
    }
}

fn refusal(
    client: &Client,
    response: &tokio_tungstenite::tungstenite::http::Response<Option<Vec<u8>>>,
) -> Refusal {
    let body = response.body().as_deref().unwrap_or_default();
    let error = match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => Error::Refused(Box::new(problem)),
        Err(_) => client.unexpected(format!("the socket was refused: {}", response.status())),
    };
    match response.status().as_u16() {
        429 | 500..=599 => Refusal::Later(error),
        _ => Refusal::Final(error),
    }
}

/// A connection that is reopened whenever it is lost: after growing, random waits, and not for
/// ever.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    socket: Option<Socket>,
    failed: u32,
}

impl Connection {
    /// Whether it is open, as far as it is known.
    pub(crate) fn is_open(&self) -> bool {
        self.socket.is_some()
    }

    /// Opens it unless it is open, and waits if the engine is down for a moment. `path` is where to connect, and so
    /// where to continue.
    pub(crate) async fn open(&mut self, client: &Client, path: &str) -> Result<(), Error> {
        while self.socket.is_none() {
            match Socket::open(client, path).await {
                Ok(socket) => self.socket = Some(socket),
                Err(Refusal::Final(error)) => return Err(error),
                Err(Refusal::Later(error)) => self.wait(client, error).await?,
            }
        }
        Ok(())
    }

    /// What comes over the open connection. After `Reconnect` another one may be opened.
    pub(crate) async fn receive(&mut self, client: &Client) -> Result<Received, Error> {
        let Some(socket) = &mut self.socket else {
            return Ok(Received::Reconnect);
        };
        let received = socket.next().await.map_err(|why| client.unexpected(why))?;
        if let Received::Reconnect = received {
            self.lost(client).await?;
        }
        Ok(received)
    }

    /// The connection broke: waits until another one may be opened.
    pub(crate) async fn lost(&mut self, client: &Client) -> Result<(), Error> {
        self.socket = None;
        let error = client.unreachable("the connection is lost again and again");
        self.wait(client, error).await
    }

    /// A message came: the next failure counts from one again.
    pub(crate) fn succeeded(&mut self) {
        self.failed = 0;
    }

    /// Waits before the next try; returns the error once there were too many in a row.
    async fn wait(&mut self, client: &Client, error: Error) -> Result<(), Error> {
        if self.failed >= ATTEMPTS_MAX {
            return Err(error);
        }
        let limit = DELAY_MAX.min(DELAY_FIRST * 2_u32.saturating_pow(self.failed));
        self.failed += 1;
        let delay = limit / 2 + client.random_below(limit / 2);
        tokio::time::sleep(delay).await;
        Ok(())
    }
}
