//! One WebSocket: a task that answers its calls and, while it follows something, looks at the chain whenever a block
//! opens or a transaction lands. A client that does not read in time is closed.

use std::future::Future;
use std::time::Duration;

use actix_web::rt;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::subscription::Subscriptions;
use super::{Node, respond};

/// The longest message of a client: far above any subscription.
const MESSAGE_MAX: usize = 64 * 1024;
/// How long a client may leave a message unread.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);
const PING_EVERY: Duration = Duration::from_secs(20);
/// So many pings without a sign of life end a socket.
const PINGS_MAX: u32 = 3;

struct Socket {
    node: Data<Node>,
    session: Session,
    landings: watch::Receiver<u64>,
    subscriptions: Subscriptions,
    unanswered_pings: u32,
}

/// Why a socket ends.
enum End {
    /// The peer has closed it or is gone, or shall believe that we are.
    Silently,
    Close(CloseCode, &'static str),
}

/// Answers the upgrade and serves the socket in a task of its own.
pub(super) fn open(
    node: &Data<Node>,
    request: &HttpRequest,
    payload: web::Payload,
) -> actix_web::Result<HttpResponse> {
    let (response, session, incoming) = actix_ws::handle(request, payload)?;
    let incoming = incoming
        .max_frame_size(MESSAGE_MAX)
        .aggregate_continuations()
        .max_continuation_size(MESSAGE_MAX);
    let socket = Socket {
        landings: node.service.cluster().landings(),
        node: node.clone(),
        session,
        subscriptions: Subscriptions::default(),
        unanswered_pings: 0,
    };
    // It ends with its worker at the latest.
    rt::spawn(socket.serve(incoming));
    Ok(response)
}

impl Socket {
    async fn serve(mut self, mut incoming: AggregatedMessageStream) {
        if let End::Close(code, why) = self.relay(&mut incoming).await {
            let reason = CloseReason {
                code,
                description: Some(why.to_owned()),
            };
            // The peer may be gone.
            let _ = timeout(WRITE_PATIENCE, self.session.close(Some(reason))).await;
        }
    }

    async fn relay(&mut self, incoming: &mut AggregatedMessageStream) -> End {
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pings.reset();
        loop {
            let follows = !self.subscriptions.is_empty();
            let turn = tokio::select! {
                biased;
                heard = incoming.next() => self.hear(heard).await,
                _ = pings.tick() => self.ping().await,
                landed = self.landings.changed(), if follows => match landed {
                    Ok(()) => self.look().await,
                    Err(_) => Err(End::Close(CloseCode::Away, "the cluster has ended")),
                },
                () = self.node.service.cluster().next_block(), if follows => self.look().await,
            };
            if let Err(end) = turn {
                return end;
            }
        }
    }

    async fn hear(
        &mut self,
        heard: Option<Result<AggregatedMessage, actix_ws::ProtocolError>>,
    ) -> Result<(), End> {
        self.unanswered_pings = 0;
        match heard {
            None | Some(Ok(AggregatedMessage::Close(_))) => Err(End::Silently),
            Some(Err(_)) => Err(End::Close(CloseCode::Protocol, "unreadable or too long")),
            Some(Ok(AggregatedMessage::Text(text))) => self.answer(text.as_bytes()).await,
            Some(Ok(AggregatedMessage::Binary(bytes))) => self.answer(&bytes).await,
            Some(Ok(AggregatedMessage::Ping(bytes))) => in_time(self.session.pong(&bytes)).await,
            Some(Ok(AggregatedMessage::Pong(_))) => Ok(()),
        }
    }

    async fn answer(&mut self, body: &[u8]) -> Result<(), End> {
        let (service, subscriptions) = (&self.node.service, &mut self.subscriptions);
        let cluster = service.cluster();
        let answers = respond(body, |method, params| {
            subscriptions.call(cluster, method, params)
        });
        match answers {
            Some(answer) => self.send(&answer).await?,
            None => return Ok(()),
        }
        // A subscription may have something to tell at once.
        self.look().await
    }

    async fn look(&mut self) -> Result<(), End> {
        if self.subscriptions.is_empty() {
            return Ok(());
        }
        let service = &self.node.service;
        let news = self.subscriptions.look(service.cluster());
        if service.is_out() || (!news.is_empty() && service.socket_drops()) {
            return Err(End::Silently);
        }
        for told in news {
            self.send(&told).await?;
        }
        Ok(())
    }

    async fn send(&mut self, message: &Value) -> Result<(), End> {
        in_time(self.session.text(message.to_string())).await
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.unanswered_pings == PINGS_MAX {
            return Err(End::Close(CloseCode::Policy, "nothing was heard for long"));
        }
        self.unanswered_pings += 1;
        in_time(self.session.ping(b"")).await
    }
}

async fn in_time(write: impl Future<Output = Result<(), actix_ws::Closed>>) -> Result<(), End> {
    match timeout(WRITE_PATIENCE, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Silently),
        Err(_) => Err(End::Close(CloseCode::Policy, "too slow")),
    }
}
