//! What matters about a submitting request beside its body.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use domain::IdempotencyKey;

use crate::auth::Caller;
use crate::error::{ApiError, Code, Result};
use crate::forwarded;
use crate::limits::Payer;
use crate::state::AppState;
use crate::trace::TraceContext;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Nobody hears it.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Who hands an order in, and how. Over a socket: of the upgrade's request.
#[derive(Debug, Clone)]
pub struct Envelope {
    pub caller: Caller,
    /// Whom the limits count, where there are limits.
    pub payer: Option<Payer>,
    pub idempotency_key: Option<IdempotencyKey>,
    /// The W3C trace context that the order's execution goes on from.
    pub trace_context: Option<String>,
    /// `ws://host:port` as the client must write it.
    pub socket_base: String,
}

impl Envelope {
    /// Reads a request's headers.
    pub fn of(ctx: &AppState, request: &HttpRequest, caller: Caller) -> Result<Self> {
        let payer = ctx.limits.any().then(|| Payer::of(ctx, &caller, request));
        if payer.as_ref().is_some_and(Payer::is_nobody) {
            let detail = "the connection has ended, and nobody is left whose limits could be asked";
            return Err(ApiError::new(Code::RateLimited, detail).retry_after(RETRY_AFTER));
        }
        Ok(Self {
            payer,
            idempotency_key: idempotency_key(request)?,
            trace_context: TraceContext::for_order(request),
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
