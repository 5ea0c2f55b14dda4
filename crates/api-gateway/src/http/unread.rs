//! Bodies that nobody reads to the end. The HTTP server drains what is left of a chunked body, so
//! that the connection can be reused: for ever, if the body has no end (actix/actix-web#2972 and
//! #3936). It closes the connection after the answer instead if somebody still owns the body. So
//! the answer keeps it. Delete this when the server limits what it drains.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::Stream;

/// A request's body of unknown length, and whether its end was read.
#[derive(Clone)]
pub(super) struct Watched(Rc<RefCell<Body>>);

struct Body {
    payload: Payload,
    has_ended: bool,
}

impl Watched {
    /// Observes how a chunked body is read; a body with a length ends by itself.
    pub(super) fn over(request: &mut ServiceRequest) -> Option<Self> {
        let is_chunked = request.chunked().unwrap_or(false);
        if !is_chunked || request.headers().contains_key(header::UPGRADE) {
            return None;
        }
        let watched = Self(Rc::new(RefCell::new(Body {
            payload: request.take_payload(),
            has_ended: false,
        })));
        let payload = Box::pin(watched.clone());
        request.set_payload(Payload::Stream { payload });
        Some(watched)
    }

    /// Closes the connection after this answer, unless the body was read to its end.
    pub(super) fn close_if_unread<B: MessageBody + 'static>(
        watched: Option<Self>,
        response: ServiceResponse<EitherBody<B>>,
    ) -> ServiceResponse<EitherBody<B>> {
        let Some(unread) = watched.filter(|body| !body.0.borrow().has_ended) else {
            return response;
        };
        response.map_body(|_, body| {
            let answer = Answer {
                body: Box::pin(body),
                _unread: unread,
            };
            EitherBody::right(BoxBody::new(answer))
        })
    }
}

impl Stream for Watched {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut body = self.0.borrow_mut();
        let next = Pin::new(&mut body.payload).poll_next(cx);
        body.has_ended |= matches!(next, Poll::Ready(None));
        next
    }
}

/// An answer that keeps the request's body.
struct Answer<B> {
    body: Pin<Box<B>>,
    _unread: Watched,
}

impl<B: MessageBody> MessageBody for Answer<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.body.as_mut().poll_next(cx)
    }
}
