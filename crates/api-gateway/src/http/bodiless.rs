//! Answers to `HEAD`. The HTTP server leaves their bodies out, and gets two of them wrong: it waits for the
//! end of one whose length it is not told, for ever where the body is a stream of what is still to happen;
//! and it sends one after all where another request has come behind this one. So there is no body left for
//! it here, only what the head says of it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use actix_web::web::Bytes;

/// Takes the body of an answer to `HEAD` away, and with it whatever it holds.
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
    // The header above stands as it is, and nothing marks the body's end.
    response.response_mut().head_mut().no_chunking(true);
    response.map_body(|_, _| EitherBody::right(BoxBody::new(Ended)))
}

/// A body of untold length that has ended.
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
