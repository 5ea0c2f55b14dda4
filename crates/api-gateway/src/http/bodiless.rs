//! Answers to `HEAD`. The HTTP server sends no body with them, but it waits for the end of one whose length
//! it is not told: for ever, where the body is a stream of what is still to happen. So there is none to wait
//! for.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::web::Bytes;

/// Takes a stream away that would be the body of an answer to `HEAD`, and with it whatever it holds.
pub(super) fn end_at_head<B: MessageBody + 'static>(
    response: ServiceResponse<EitherBody<B>>,
) -> ServiceResponse<EitherBody<B>> {
    let is_head = response.request().method() == Method::HEAD;
    if is_head && response.response().body().size() == BodySize::Stream {
        response.map_body(|_, _| EitherBody::right(BoxBody::new(Ended)))
    } else {
        response
    }
}

/// A stream that has ended: the head of the answer says of it what it would say of a live one.
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
