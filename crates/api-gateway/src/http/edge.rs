//! Around every call: its span, counting and timing, and what browsers of other origins may do.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError, web};
use tracing::Instrument;
use tracing::field::Empty;

use super::bodiless;
use super::unread::Watched;
use crate::state::Ctx;
use crate::telemetry::HttpMeter;
use crate::trace::TraceContext;

const ALLOWED_METHODS: &str = "GET, HEAD, POST";
const ALLOWED_HEADERS: &str = "authorization, content-type, idempotency-key, last-event-id, \
                               traceparent, x-api-key";
const EXPOSED_HEADERS: &str = "location, idempotent-replayed, retry-after, ratelimit-limit, \
                               ratelimit-remaining, ratelimit-reset";
/// Browsers ask again after this many seconds; most ask sooner anyway.
const PREFLIGHT_MAX_AGE: &str = "600";

/// Passes a request on and watches what becomes of it.
pub(crate) async fn pass<B: MessageBody + 'static>(
    ctx: Ctx,
    meter: web::Data<HttpMeter>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let began = ctx.ports.clock.monotonic();
    let origin = allowed_origin(&ctx.doorstep.cors_origins, &request);
    if let Some(origin) = &origin
        && is_preflight(&request)
    {
        let mut answer = HttpResponse::NoContent().finish();
        let headers = answer.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        permit(headers, origin);
        return Ok(request.into_response(answer).map_into_right_body());
    }

    // Ids of requests are for reading logs: unlike orders' ids they need not be unique for ever.
    let context = TraceContext::of(request.headers(), &ctx.ports.random);
    let span = tracing::info_span!(
        "http",
        request.id = context.span,
        trace = context.parent,
        trace.id = context.trace,
        http.route = Empty,
        http.status = Empty
    );
    context.keep(&request);
    let body = Watched::over(&mut request);
    let mut response = match ctx.doorstep.refuse_other_sites(request.request()) {
        Ok(()) => {
            let answering = next.call(request).instrument(span.clone());
            answering.await?.map_into_left_body()
        }
        Err(refusal) => request
            .into_response(refusal.error_response())
            .map_into_right_body(),
    };
    response = bodiless::end_at_head(response);
    response = Watched::close_if_unread(body, response);
    let entered = span.entered();

    if !ctx.doorstep.cors_origins.is_empty() {
        // Also where there is nothing to permit: another origin's answer would be another one.
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(origin) = origin {
        expose(response.headers_mut(), origin);
    }
    let took = ctx.ports.clock.monotonic().saturating_sub(began);
    meter.count(response.status(), took);
    let (request, status) = (response.request(), response.status());
    if let Some(route) = request.match_pattern() {
        entered.record("http.route", route);
    }
    entered.record("http.status", status.as_u16());
    tracing::debug!(
        http.method = %request.method(),
        http.path = request.path(),
        http.status = status.as_u16(),
        duration_ms = took.as_millis(),
        "{} {} answered {}",
        request.method(),
        request.path(),
        status.as_u16()
    );
    Ok(response)
}

/// The origin to be named in the answer, where the request comes from one that is allowed.
fn allowed_origin(allowed: &[String], request: &ServiceRequest) -> Option<HeaderValue> {
    if allowed.is_empty() {
        return None;
    }
    let origin = request.headers().get(header::ORIGIN)?;
    if allowed.iter().any(|one| one == "*") {
        return Some(HeaderValue::from_static("*"));
    }
    let text = origin.to_str().ok()?;
    allowed
        .iter()
        .any(|one| one == text)
        .then(|| origin.clone())
}

fn is_preflight(request: &ServiceRequest) -> bool {
    let asks = request
        .headers()
        .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    request.method() == Method::OPTIONS && asks
}

fn permit(headers: &mut HeaderMap, origin: &HeaderValue) {
    let mut add = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    add(header::ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
    add(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
    add(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE);
    expose(headers, origin.clone());
}

fn expose(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let exposed = HeaderValue::from_static(EXPOSED_HEADERS);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
}

/// The place of a status's class in the meter.
pub(crate) fn class_of(status: StatusCode) -> usize {
    usize::from(status.as_u16() / 100).clamp(1, 5) - 1
}
