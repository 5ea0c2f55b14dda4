//! The keys and tokens in requests.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use super::Doorstep;
use crate::auth::{Caller, Reach};
use crate::error::{ApiError, Code, Result};
use crate::parameters::Parameters;

impl Doorstep {
    /// Finds the caller by the key in the headers.
    pub(crate) fn caller(&self, request: &HttpRequest) -> Result<Caller> {
        if self.keys.are_open() {
            return Ok(self.keys.anyone());
        }
        let key = shown_key(request)?.ok_or_else(unauthorized)?;
        self.keys.by_key(key).ok_or_else(unauthorized)
    }

    /// Finds the caller of an endpoint that also takes `?token=`: sockets and server-sent events.
    /// An order's own token opens only the streams of that order.
    pub(crate) fn caller_at(&self, request: &HttpRequest, door: Reach) -> Result<Caller> {
        if self.keys.are_open() || shown_key(request)?.is_some() {
            return self.caller(request);
        }
        let parameters = Parameters::of(request)?;
        let token = parameters.get("token")?.ok_or_else(unauthorized)?;
        let caller = self.keys.by_token(token, door, self.clock.now());
        caller.ok_or_else(unauthorized)
    }
}

pub(super) fn unauthorized() -> ApiError {
    let detail = "send a valid key as Authorization: Bearer KEY or X-API-Key: KEY";
    ApiError::new(Code::Unauthorized, detail)
}

/// The key in either header. Two different keys are refused.
pub(super) fn shown_key(request: &HttpRequest) -> Result<Option<&str>> {
    let headers = request.headers();
    let mut keys = headers
        .get_all("x-api-key")
        .map(|value| value.to_str().ok());
    let mut bearers = headers
        .get_all(AUTHORIZATION)
        .map(|value| bearer(value.to_str().ok()?));
    let shown = match (keys.next(), bearers.next()) {
        (None, None) => return Ok(None),
        (Some(key), None) | (None, Some(key)) => key,
        (Some(key), Some(bearer)) if key == bearer => key,
        (Some(_), Some(_)) => None,
    };
    match shown {
        Some(key) if keys.next().is_none() && bearers.next().is_none() => Ok(Some(key)),
        _ => Err(unauthorized()),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
