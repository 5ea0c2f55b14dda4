//! What matters about a submitting request beside its body.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use domain::IdempotencyKey;

use crate::auth::Caller;
use crate::error::{ApiError, Result};
use crate::forwarded;
use crate::limits::Payer;
use crate::state::AppState;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// Who hands an order in, and how. Over a socket: of the upgrade's request.
#[derive(Debug, Clone)]
pub struct Envelope {
    pub caller: Caller,
    /// Whom the limits count, where there are limits.
    pub payer: Option<Payer>,
    pub idempotency_key: Option<IdempotencyKey>,
    /// The W3C trace context, where the request carries a sound one.
    pub trace_context: Option<String>,
    /// `ws://host:port` as the client must write it.
    pub socket_base: String,
}

impl Envelope {
    /// Reads a request's headers.
    pub fn of(ctx: &AppState, request: &HttpRequest, caller: Caller) -> Result<Self> {
        Ok(Self {
            payer: ctx.limits.any().then(|| Payer::of(ctx, &caller, request)),
            idempotency_key: idempotency_key(request)?,
            trace_context: trace_context(request),
            socket_base: forwarded::socket_base(ctx, request),
            caller,
        })
    }
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<IdempotencyKey>> {
    let mut values = request.headers().get_all(&IDEMPOTENCY_KEY);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let invalid = |message: String| ApiError::invalid_header("Idempotency-Key", message);
    if values.next().is_some() {
        return Err(invalid("must be sent once".to_owned()));
    }
    let allowed = || "must be 1 to 255 visible ASCII characters".to_owned();
    let text = value.to_str().map_err(|_| invalid(allowed()))?;
    let key = IdempotencyKey::parse(text).map_err(|_| invalid(allowed()))?;
    Ok(Some(key))
}

/// `00-<32 hex>-<16 hex>-<2 hex>`; anything else is somebody else's trouble and ignored.
fn trace_context(request: &HttpRequest) -> Option<String> {
    let text = request.headers().get(&TRACE_PARENT)?.to_str().ok()?;
    let mut parts = text.split('-');
    let mut is_hex = |length: usize| {
        parts.next().is_some_and(|part| {
            part.len() == length
                && part
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    };
    let is_sound = is_hex(2) && is_hex(32) && is_hex(16) && is_hex(2);
    (is_sound && parts.next().is_none()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[track_caller]
    fn check(header: &str, is_kept: bool) {
        let request = TestRequest::default().insert_header(("traceparent", header));

        let kept = trace_context(&request.to_http_request());

        assert_eq!(kept.as_deref(), is_kept.then_some(header));
    }

    #[test]
    fn only_a_sound_trace_context_is_kept() {
        check(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            true,
        );
        check(
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            false,
        );
        check("00-4bf9-00f067aa0ba902b7-01", false);
        check(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            false,
        );
        check("'; drop table orders", false);
    }
}
