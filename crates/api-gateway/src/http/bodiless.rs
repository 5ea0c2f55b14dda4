//! Answers to `HEAD`. The HTTP server omits their bodies, but mishandles two kinds. It waits for
//! the end of a body of unknown length, for ever if the body is a live stream. And it does send a
//! body if another request already follows on the connection. So this module removes the body first
//! and keeps only what the head says about it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use actix_web::web::Bytes;

/// Removes the body of an answer to `HEAD`, and frees everything the body uses.
pub(super) fn end_at_head<B: MessageBody + 'static>(
    mut response: ServiceResponse<EitherBody<B>>,
) -> ServiceResponse<EitherBody<B>> {
    if response.request().method() != Method::HEAD {
        return response;
    }
    let (name, value) = match response.response().body().size() {
        BodySize::None | BodySize::Sized(0) => return response,
        BodySize::Sized(length) => (CONTENT_LENGTH, HeaderValue::from(length)),
        BodySize::Stream => (TRANSFER_ENCODING, HeaderValue::from_static("chunked")),
    };
    response.headers_mut().insert(name, value);
    // The header above stays as it is, and nothing marks the end of the body.
    response.response_mut().head_mut().no_chunking(true);
    response.map_body(|_, _| EitherBody::right(BoxBody::new(Ended)))
}

/// A body of unknown length that has ended.
struct Ended;

impl MessageBody for Ended {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(None)
    }
}
