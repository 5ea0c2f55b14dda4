//! One WebSocket of a cluster: connected, asked for signs of life, and replaced whenever it is lost, which is the rule.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use metrics::{Counter, Gauge};
use ports::retry::Policy;
use ports::{Clock, Random};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::SocketEndpoint;
use crate::rpc::words;

/// For a connection, its handshakes included.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// For one message to be taken by the peer's side.
const WRITE_LIMIT: Duration = Duration::from_secs(5);
/// A peer that nothing was heard of for so long is asked for a sign of life, and given up after as long again.
const SILENCE: Duration = Duration::from_secs(15);
/// Between two tries to connect.
const AGAIN: Policy = Policy {
    base_delay: Duration::from_millis(200),
    max_delay: Duration::from_secs(30),
};
/// No notice that is asked for is a quarter as long.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What is said on a socket.
pub(super) trait Talk: Sync {
    /// Some of what is to be asked now; nothing where all is asked.
    fn take_asked(&self) -> Vec<String>;

    /// The endpoint has said this.
    fn hear(&self, message: &[u8]);

    /// The socket is lost: the next one knows nothing.
    fn lost(&self);
}

/// The socket of one endpoint.
pub(super) struct Line {
    pub(super) endpoint: SocketEndpoint,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Random,
    /// There is something to ask.
    pub(super) asked: Notify,
    pub(super) connected: Gauge,
    pub(super) ended: Counter,
    /// What is done without it, for the log.
    pub(super) instead: &'static str,
}

/// Why a socket is replaced.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("it was closed")]
    Closed,
    #[error("nothing was heard of it in time")]
    Silent,
    /// Its own words would repeat the address.
    #[error("its address cannot be connected to")]
    Unreachable,
    #[error("the connection failed")]
    Failed(#[source] tungstenite::Error),
}

impl From<tungstenite::Error> for Lost {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Url(_) => Self::Unreachable,
            error => Self::Failed(error),
        }
    }
}

impl Line {
    /// Keeps a socket for as long as it is let.
    pub(super) async fn attend(&self, talk: &impl Talk) {
        let mut failures = 0;
        loop {
            let mut has_heard = false;
            let lost = self.follow(talk, &mut has_heard).await;
            talk.lost();
            failures = if has_heard { 1 } else { failures + 1 };
            self.ended.increment(1);
            let (endpoint, error, instead) = (&self.endpoint, words(&lost), self.instead);
            if failures == 1 {
                tracing::debug!(error, "the socket to {endpoint} is connected anew: {error}");
            } else if failures == 2 {
                tracing::warn!(
                    error,
                    "the socket to {endpoint} cannot be connected; {instead}: {error}"
                );
            }
            let pause = AGAIN.delay_after(failures, &self.random);
            self.clock.sleep(pause).await;
        }
    }

    /// One connection, from its beginning to its end.
    async fn follow(&self, talk: &impl Talk, has_heard: &mut bool) -> Lost {
        let connected = match self.connect().await {
            Ok(connected) => connected,
            Err(lost) => return lost,
        };
        self.connected.set(1);
        let (mut sink, mut stream) = connected.split();
        let lost = match self.serve(talk, &mut sink, &mut stream, has_heard).await {
            Ok(()) => Lost::Closed,
            Err(lost) => lost,
        };
        self.connected.set(0);
        lost
    }

    async fn connect(&self) -> Result<Stream, Lost> {
        // It fails where another part of the process has installed the same provider before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let connecting = connect_async_with_config(self.endpoint.whole(), Some(config), true);
        match timeout(CONNECT_LIMIT, connecting).await {
            Ok(connected) => Ok(connected?.0),
            Err(_) => Err(Lost::Silent),
        }
    }

    async fn serve(
        &self,
        talk: &impl Talk,
        sink: &mut SplitSink<Stream, Message>,
        stream: &mut SplitStream<Stream>,
        has_heard: &mut bool,
    ) -> Result<(), Lost> {
        let mut is_asked_for_life = false;
        loop {
            ask(talk, sink).await?;
            let heard = tokio::select! {
                biased;
                heard = timeout(SILENCE, stream.next()) => heard,
                () = self.asked.notified() => continue,
            };
            match heard {
                Ok(Some(message)) => {
                    (is_asked_for_life, *has_heard) = (false, true);
                    match message? {
                        Message::Text(text) => talk.hear(text.as_bytes()),
                        Message::Binary(bytes) => talk.hear(&bytes),
                        Message::Close(_) => return Ok(()),
                        _ => {}
                    }
                }
                Ok(None) => return Ok(()),
                Err(_) if is_asked_for_life => return Err(Lost::Silent),
                Err(_) => {
                    is_asked_for_life = true;
                    in_time(sink.send(Message::Ping(Vec::new().into()))).await?;
                }
            }
        }
    }
}

/// Sends what is to be asked, if there is anything.
async fn ask(talk: &impl Talk, sink: &mut SplitSink<Stream, Message>) -> Result<(), Lost> {
    loop {
        let asked = talk.take_asked();
        if asked.is_empty() {
            return Ok(());
        }
        for request in asked {
            in_time(sink.feed(Message::text(request))).await?;
        }
        in_time(sink.flush()).await?;
    }
}

async fn in_time<E>(write: impl Future<Output = Result<(), E>>) -> Result<(), Lost>
where
    Lost: From<E>,
{
    match timeout(WRITE_LIMIT, write).await {
        Ok(written) => Ok(written?),
        Err(_) => Err(Lost::Silent),
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
