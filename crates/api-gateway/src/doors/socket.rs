//! One WebSocket from the upgrade to its close: what it sends, what the peer may send, when the
//! server gives a peer up.
//!
//! A socket is one task with one timer and no queue: its events wait in the order's log or in the
//! account ring. A write that makes no progress in time ends the socket.

use std::io::ErrorKind;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseReason, ProtocolError, Session};
use bytestring::ByteString;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::close::Close;
use super::frame_guard::{FrameGuard, MAX_MESSAGE_BYTES};
use super::telemetry;
use crate::live::{AccountReader, Followed, Follower, Live, Permit, Read, Settings};

/// How long to wait until a peer that does not read takes the close frame.
const LAST_WORD: Duration = Duration::from_secs(2);

/// Where a socket's messages come from.
#[derive(Debug)]
pub(crate) enum Source {
    Order(Follower),
    Account(Box<AccountReader>),
}

enum Next {
    Message(ByteString),
    Over(Close),
}

impl Source {
    /// Cancel safety: as its parts; nothing is lost.
    async fn next(&mut self) -> Next {
        match self {
            Self::Order(follower) => match follower.next().await {
                Followed::Event(told) => Next::Message(told.text),
                Followed::Ended => Next::Over(Close::Ended),
                Followed::Stopped => Next::Over(Close::Restarting),
            },
            Self::Account(reader) => match reader.next().await {
                Read::Message(text) => Next::Message(text),
                Read::TooSlow => Next::Over(Close::TooSlow),
                Read::Stopped => Next::Over(Close::Restarting),
            },
        }
    }
}

/// How a socket ends.
#[derive(Debug)]
pub(crate) enum End {
    /// The server closes it.
    Close(Close),
    /// The server sends a last message with the reason and closes it.
    Refuse(ByteString, Close),
    /// The peer has closed it.
    ByPeer(Option<CloseReason>),
    /// The peer is gone: nobody is left to tell.
    Dropped,
}

/// An open socket.
pub(crate) struct Socket {
    session: Session,
    incoming: AggregatedMessageStream,
    live: Live,
    /// Fires when the next ping is due, and when the peer may have been silent for too long.
    alarm: Pin<Box<Sleep>>,
    ping_at: Instant,
    heard_at: Instant,
    /// The message to send before an unexpected message closes the socket.
    objection: Option<ByteString>,
    /// Released when the socket is gone.
    _permit: Option<Permit>,
}

/// Answers the upgrade; the caller then runs the socket in a task of its own.
pub(crate) async fn open(
    req: &HttpRequest,
    payload: web::Payload,
    live: &Live,
    permit: Option<Permit>,
) -> Result<(HttpResponse, Socket), actix_web::Error> {
    let guard = FrameGuard::new(payload.into_inner());
    let mut guarded = Payload::Stream {
        payload: Box::pin(guard) as _,
    };
    let guarded = web::Payload::from_request(req, &mut guarded).await?;
    let (response, session, incoming) = actix_ws::handle(req, guarded)?;
    let incoming = incoming
        .max_frame_size(MAX_MESSAGE_BYTES)
        .aggregate_continuations()
        .max_continuation_size(MAX_MESSAGE_BYTES);
    let ping_at = first_ping(live);
    let socket = Socket {
        session,
        incoming,
        live: live.clone(),
        alarm: Box::pin(sleep_until(ping_at)),
        ping_at,
        heard_at: Instant::now(),
        objection: None,
        _permit: permit,
    };
    Ok((response, socket))
}

fn first_ping(live: &Live) -> Instant {
    let half = live.settings().ping_every / 2;
    Instant::now() + half + live.part_of(half)
}

impl Socket {
    fn settings(&self) -> &Settings {
        self.live.settings()
    }

    /// Sets the message to send before closing with [`Close::BadMessage`].
    pub(crate) fn object_with(&mut self, objection: ByteString) {
        self.objection = Some(objection);
    }

    /// Sends everything that the source delivers until one side ends the socket.
    pub(crate) async fn serve(mut self, greeting: Option<ByteString>, source: Source) {
        let end = self.relay(greeting, source).await;
        self.end(end).await;
    }

    async fn relay(&mut self, greeting: Option<ByteString>, mut source: Source) -> End {
        if let Some(greeting) = greeting
            && let Err(end) = self.send(greeting).await
        {
            return end;
        }
        let leaving = self.live.leaving();
        tokio::pin!(leaving);
        loop {
            let turn = tokio::select! {
                biased;
                () = &mut leaving => Err(End::Close(Close::Restarting)),
                () = &mut self.alarm => self.check_peer().await,
                heard = self.incoming.recv() => match self.hear(heard).await {
                    Ok(Some(_)) => Err(self.objecting()),
                    Ok(None) => Ok(()),
                    Err(end) => Err(end),
                },
                next = source.next() => match next {
                    Next::Message(text) => self.send_event(text).await,
                    Next::Over(close) => Err(End::Close(close)),
                },
            };
            if let Err(end) = turn {
                return end;
            }
        }
    }

    /// Waits for the one message in which a client submits its order.
    pub(crate) async fn first_message(&mut self) -> Result<ByteString, End> {
        let leaving = self.live.leaving();
        let patience = tokio::time::sleep(self.settings().order_patience);
        tokio::pin!(leaving, patience);
        loop {
            tokio::select! {
                biased;
                () = &mut leaving => return Err(End::Close(Close::Restarting)),
                () = &mut patience => return Err(self.objecting()),
                () = &mut self.alarm => self.check_peer().await?,
                heard = self.incoming.recv() => {
                    if let Some(text) = self.hear(heard).await? {
                        return Ok(text);
                    }
                }
            }
        }
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, text: ByteString) -> Result<(), End> {
        let patience = self.settings().write_patience;
        in_time(patience, self.session.text(text)).await
    }

    async fn send_event(&mut self, text: ByteString) -> Result<(), End> {
        self.send(text).await?;
        telemetry::sent();
        Ok(())
    }

    /// Gives up a peer that was silent for too long; pings any other when a ping is due.
    async fn check_peer(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let silent_at = self.heard_at + self.settings().silent_after;
        if now >= silent_at {
            return Err(End::Dropped);
        }
        if now >= self.ping_at {
            self.ping_at = now + self.settings().ping_every;
            let patience = self.settings().write_patience;
            in_time(patience, self.session.ping(b"")).await?;
        }
        // If the peer speaks meanwhile, the alarm only fires a little early.
        self.alarm.as_mut().reset(self.ping_at.min(silent_at));
        Ok(())
    }

    /// Answers pings of the peer, or returns its message if it is not a ping.
    async fn hear(
        &mut self,
        heard: Option<Result<AggregatedMessage, ProtocolError>>,
    ) -> Result<Option<ByteString>, End> {
        let message = match heard {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(broken(&error)),
            None => return Err(End::Dropped),
        };
        self.heard_at = Instant::now();
        match message {
            AggregatedMessage::Ping(bytes) => {
                let patience = self.settings().write_patience;
                in_time(patience, self.session.pong(&bytes)).await?;
            }
            AggregatedMessage::Pong(_) => {}
            AggregatedMessage::Text(text) => match pong_to(&text) {
                Some(pong) => self.send(pong).await?,
                None => return Ok(Some(text)),
            },
            AggregatedMessage::Binary(_) => return Err(self.objecting()),
            AggregatedMessage::Close(reason) => return Err(End::ByPeer(reason)),
        }
        Ok(None)
    }

    fn objecting(&mut self) -> End {
        match self.objection.take() {
            Some(objection) => End::Refuse(objection, Close::BadMessage),
            None => End::Close(Close::BadMessage),
        }
    }

    /// Ends the socket; the peer loses what it does not read in time.
    pub(crate) async fn end(mut self, end: End) {
        let end = match end {
            End::Refuse(text, close) => match self.send(text).await {
                Ok(()) => End::Close(close),
                Err(other) => other,
            },
            other => other,
        };
        let reason = match end {
            End::Close(close) => {
                telemetry::closed(close);
                Some(close.reason())
            }
            End::ByPeer(reason) => {
                telemetry::closed_by_peer();
                reason
            }
            End::Refuse(..) | End::Dropped => {
                telemetry::dropped();
                return;
            }
        };
        // If a peer does not take the close frame, it is dropped with the session.
        let _ = timeout(LAST_WORD, self.session.close(reason)).await;
    }
}

async fn in_time(
    patience: Duration,
    write: impl Future<Output = Result<(), actix_ws::Closed>>,
) -> Result<(), End> {
    match timeout(patience, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Dropped),
        Err(_) => Err(End::Close(Close::TooSlow)),
    }
}

/// The answer to a ping sent as text: also a text.
fn pong_to(text: &str) -> Option<ByteString> {
    #[derive(serde::Deserialize)]
    struct Typed<'a> {
        #[serde(rename = "type", borrow)]
        kind: std::borrow::Cow<'a, str>,
    }
    let text = text.trim();
    if text == "ping" {
        return Some(ByteString::from_static("pong"));
    }
    if !text.starts_with('{') {
        return None;
    }
    let typed: Typed<'_> = serde_json::from_str(text).ok()?;
    (typed.kind == "ping").then(|| ByteString::from_static(api_types::socket::PONG))
}

fn broken(error: &ProtocolError) -> End {
    let ProtocolError::Io(error) = error else {
        return End::Close(match error {
            ProtocolError::Overflow => Close::TooBig,
            _ => Close::BrokenProtocol,
        });
    };
    let guarded = error
        .get_ref()
        .and_then(|source| source.downcast_ref::<PayloadError>());
    match (guarded, error.kind()) {
        // The guard's errors for a frame that announces too much, and for an impossible one.
        (Some(PayloadError::Overflow), _) => End::Close(Close::TooBig),
        (Some(PayloadError::EncodingCorrupted), _) => End::Close(Close::BrokenProtocol),
        (Some(_), _) => End::Dropped,
        // The aggregation's error for fragments that are too large together.
        (None, ErrorKind::Other) => End::Close(Close::TooBig),
        (None, ErrorKind::InvalidData) => End::Close(Close::InvalidText),
        (None, _) => End::Dropped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(said: &str, answer: Option<&str>) {
        assert_eq!(pong_to(said).as_deref(), answer, "{said}");
    }

    #[test]
    fn a_ping_is_answered_in_kind() {
        check("ping", Some("pong"));
        check(r#"{"type":"ping"}"#, Some(r#"{"type":"pong"}"#));
        check(r#" { "type" : "ping" } "#, Some(r#"{"type":"pong"}"#));
    }

    #[test]
    fn anything_else_is_no_ping() {
        check("", None);
        check("PING", None);
        check(r#"{"type":"pong"}"#, None);
        check(r#"["ping"]"#, None);
        check(r#"{"amount":1}"#, None);
    }
}
