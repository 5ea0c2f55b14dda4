//! What browsers of other origins may do, and what they may see of an answer.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

const ALLOWED_METHODS: &str = "GET, HEAD, PATCH, POST";
const ALLOWED_HEADERS: &str = "authorization, content-type, idempotency-key, last-event-id, \
                               traceparent, x-api-key";
const EXPOSED_HEADERS: &str = "location, idempotent-replayed, retry-after, ratelimit-limit, \
                               ratelimit-remaining, ratelimit-reset";
/// Browsers ask again after this many seconds; most ask sooner anyway.
const PREFLIGHT_MAX_AGE: &str = "600";

/// The origin to name in the answer, if the request comes from an allowed one.
pub(super) fn allowed(origins: &[String], headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    if origins.iter().any(|one| one == "*") {
        return Some(HeaderValue::from_static("*"));
    }
    let is_listed = origins
        .iter()
        .any(|one| one.as_bytes() == origin.as_bytes());
    is_listed.then(|| origin.clone())
}

/// Whether a browser only asks what it may send.
pub(super) fn is_preflight(request: &ServiceRequest) -> bool {
    let asks = request
        .headers()
        .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    request.method() == Method::OPTIONS && asks
}

/// What pages of this origin may send.
pub(super) fn preflight(origin: &HeaderValue) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::VARY, "Origin"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()))
        .insert_header((header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS))
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE))
        .finish()
}

/// Lets pages of the allowed origin see the answer.
pub(super) fn permit(headers: &mut HeaderMap, origins: &[String], origin: Option<HeaderValue>) {
    if origins.is_empty() {
        return;
    }
    // Always, because the answer to another origin would differ.
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        let exposed = HeaderValue::from_static(EXPOSED_HEADERS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
}
