//! Everything about a submitting request except its body, and which client the limits count a
//! request for.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use domain::IdempotencyKey;

use super::Doorstep;
use crate::auth::{Caller, Scope};
use crate::error::{ApiError, Code, Result};
use crate::intake::{Envelope, Intake};
use crate::limits::Payer;
use crate::trace::TraceContext;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Nobody receives it.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Doorstep {
    /// Whom the limits count this request for.
    pub(crate) fn payer(&self, request: &HttpRequest, caller: &Caller) -> Payer {
        match caller.scope {
            Scope::Key => Payer::client(&caller.client),
            Scope::Open | Scope::Admin => Payer::at(self.client_address(request)),
        }
    }

    /// Reads the headers of a request that submits an order.
    pub(crate) fn envelope(
        &self,
        request: &HttpRequest,
        caller: Caller,
        intake: &Intake,
    ) -> Result<Envelope> {
        let payer = intake.has_limits().then(|| self.payer(request, &caller));
        if payer.as_ref().is_some_and(Payer::is_nobody) {
            let detail = "the connection has ended, so the limits of its client cannot be checked";
            return Err(ApiError::new(Code::RateLimited, detail).retry_after(RETRY_AFTER));
        }
        Ok(Envelope {
            payer,
            idempotency_key: idempotency_key(request)?,
            trace_context: TraceContext::for_order(request),
            socket_base: self.socket_base(request),
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
