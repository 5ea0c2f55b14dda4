//! Signatures followed over a WebSocket: the endpoint says when one has reached a commitment, sooner than the next look
//! would find it.
//!
//! A hint and no more: what was said while the socket was down is never said again, and a subscription ends with its
//! first notice. Lost sockets are the rule: each is replaced, and follows again what is still wanted. It connects as soon
//! as it is attended to, so that a subscription is on its way before the transaction is.

mod address;
mod messages;
mod wanted;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use metrics::{Counter, Gauge, counter, describe_gauge, gauge};
use ports::retry::Policy;
use ports::{Clock, Random};
use solana_signature::Signature;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::notices::Notices;
use super::{Commitment, words};
use messages::Heard;
use wanted::Wanted;

pub use address::SocketEndpoint;

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
/// No notice of a signature is a tenth as long.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The signatures that one endpoint tells of.
pub struct SignatureSocket {
    endpoint: SocketEndpoint,
    commitment: Commitment,
    clock: Arc<dyn Clock>,
    random: Random,
    wanted: Mutex<Wanted>,
    /// There is something to ask.
    asked: Notify,
    /// There is something to tell.
    told: Notify,
    connected: Gauge,
    ended: Counter,
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

impl SignatureSocket {
    /// Nothing is connected before it is attended to.
    #[must_use]
    pub fn new(
        endpoint: SocketEndpoint,
        commitment: Commitment,
        clock: Arc<dyn Clock>,
        random: Random,
    ) -> Self {
        describe_gauge!(
            "landing_socket_connected",
            "Whether the socket that tells of landed transactions is connected"
        );
        let (connected, ended) = (
            gauge!("landing_socket_connected"),
            counter!("landing_socket_lost_total"),
        );
        connected.set(0);
        Self {
            endpoint,
            commitment,
            clock,
            random,
            wanted: Mutex::default(),
            asked: Notify::new(),
            told: Notify::new(),
            connected,
            ended,
        }
    }

    /// One connection, from its beginning to its end.
    async fn follow(&self, has_heard: &mut bool) -> Lost {
        let connected = match self.connect().await {
            Ok(connected) => connected,
            Err(lost) => return lost,
        };
        self.connected.set(1);
        self.wanted().begin();
        let (mut sink, mut stream) = connected.split();
        let lost = match self.serve(&mut sink, &mut stream, has_heard).await {
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
        sink: &mut SplitSink<Stream, Message>,
        stream: &mut SplitStream<Stream>,
        has_heard: &mut bool,
    ) -> Result<(), Lost> {
        let mut is_asked_for_life = false;
        loop {
            self.ask(sink).await?;
            let heard = tokio::select! {
                biased;
                heard = timeout(SILENCE, stream.next()) => heard,
                () = self.asked.notified() => continue,
            };
            match heard {
                Ok(Some(message)) => {
                    (is_asked_for_life, *has_heard) = (false, true);
                    match message? {
                        Message::Text(text) => self.hear(text.as_bytes()),
                        Message::Binary(bytes) => self.hear(&bytes),
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

    /// Sends what is to be asked, if there is anything.
    async fn ask(&self, sink: &mut SplitSink<Stream, Message>) -> Result<(), Lost> {
        loop {
            let asked = self.wanted().take_asked(self.commitment);
            if asked.is_empty() {
                return Ok(());
            }
            for request in asked {
                in_time(sink.feed(Message::text(request))).await?;
            }
            in_time(sink.flush()).await?;
        }
    }

    fn hear(&self, message: &[u8]) {
        // Whatever else an endpoint says is of no use here.
        let Some(heard) = Heard::read(message) else {
            return;
        };
        let has_news = {
            let mut wanted = self.wanted();
            match heard {
                Heard::Subscribed {
                    request,
                    subscription,
                } => wanted.subscribed(request, subscription),
                Heard::Refused { request } => wanted.refused(request),
                Heard::Notice { subscription } => wanted.noticed(subscription),
            }
            wanted.has_told()
        };
        if has_news {
            self.told.notify_one();
        }
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

#[async_trait]
impl Notices for SignatureSocket {
    fn subscribe(&self, signature: &Signature) {
        if self.wanted().want(*signature) {
            self.asked.notify_one();
        }
    }

    fn unsubscribe(&self, signature: &Signature) {
        if self.wanted().drop_it(signature) {
            self.asked.notify_one();
        }
    }

    async fn next(&self) -> Vec<Signature> {
        loop {
            let told = self.wanted().take_told();
            if !told.is_empty() {
                return told;
            }
            self.told.notified().await;
        }
    }

    async fn attend(&self) {
        let mut failures = 0;
        loop {
            let mut has_heard = false;
            let lost = self.follow(&mut has_heard).await;
            failures = if has_heard { 1 } else { failures + 1 };
            self.ended.increment(1);
            let (endpoint, error) = (&self.endpoint, words(&lost));
            if failures == 1 {
                tracing::debug!(error, "the socket to {endpoint} is connected anew: {error}");
            } else if failures == 2 {
                tracing::warn!(
                    error,
                    "the socket to {endpoint} cannot be connected; transactions are looked for without it: {error}"
                );
            }
            let pause = AGAIN.delay_after(failures, &self.random);
            self.clock.sleep(pause).await;
        }
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

impl fmt::Debug for SignatureSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureSocket")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
