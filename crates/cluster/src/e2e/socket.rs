//! A WebSocket client that records every message.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::reset;

/// No order of a test lives longer, on a busy machine and with all its retries.
const LIMIT: Duration = Duration::from_secs(60);

/// An open socket.
#[derive(Debug)]
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What a socket brought until the server closed it.
#[derive(Debug)]
pub struct Followed {
    pub messages: Vec<Value>,
    pub close_code: Option<u16>,
}

impl Socket {
    /// Opens an address.
    pub async fn open(url: &str) -> Result<Self> {
        let (socket, _) = connect_async(url)
            .await
            .with_context(|| format!("open {url}"))?;
        Ok(Self(socket))
    }

    /// Opens an address by an upgrade with this header.
    pub async fn open_with(url: &str, (name, value): (&'static str, &str)) -> Result<Self> {
        let mut request = url.into_client_request().context("an address")?;
        let value = value.parse().context("a header's value")?;
        request.headers_mut().insert(name, value);
        let (socket, _) = connect_async(request)
            .await
            .with_context(|| format!("open {url}"))?;
        Ok(Self(socket))
    }

    /// Sends a text message.
    pub async fn send(&mut self, text: &str) -> Result<()> {
        self.0
            .send(Message::text(text.to_owned()))
            .await
            .context("send a message")
    }

    /// Sends a text message and resets the connection once the gateway has read it.
    pub async fn send_and_reset(mut self, text: &str) -> Result<()> {
        self.send(text).await?;
        let MaybeTlsStream::Plain(stream) = self.0.get_ref() else {
            bail!("a socket over TLS cannot be reset");
        };
        reset::when_dropped(stream)?;
        reset::once_read(stream).await
    }

    /// The next message that holds JSON; nothing once the server has closed.
    pub async fn next(&mut self) -> Result<Option<Value>> {
        loop {
            let next = tokio::time::timeout(LIMIT, self.0.next())
                .await
                .context("wait for a message")?;
            match next {
                Some(Ok(Message::Text(text))) => {
                    return Ok(Some(serde_json::from_str(&text).context("read a message")?));
                }
                Some(Ok(Message::Close(_))) | None => return Ok(None),
                Some(Ok(_)) => {}
                Some(Err(error)) => bail!("the socket broke: {error}"),
            }
        }
    }

    /// Everything until the server closes, and the code it closed with.
    pub async fn rest(mut self) -> Result<Followed> {
        let mut messages = Vec::new();
        loop {
            let next = tokio::time::timeout(LIMIT, self.0.next()).await;
            match next.with_context(|| format!("nothing came after {messages:?}"))? {
                Some(Ok(Message::Text(text))) => {
                    messages.push(serde_json::from_str(&text).context("read a message")?);
                }
                Some(Ok(Message::Close(frame))) => {
                    let close_code = frame.map(|frame| u16::from(frame.code));
                    return Ok(Followed {
                        messages,
                        close_code,
                    });
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => bail!("the socket broke after {messages:?}: {error}"),
                None => {
                    return Ok(Followed {
                        messages,
                        close_code: None,
                    });
                }
            }
        }
    }
}

/// Opens an address and follows it to its end.
pub async fn follow(url: &str) -> Result<Followed> {
    Socket::open(url).await?.rest().await
}
