//! Middleware around every call: its span, counts and timing, CORS, and workarounds for the HTTP
//! server.

use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::unread::Watched;
use super::{bodiless, cors};
use crate::state::{AppState, Ctx};
use crate::telemetry::HttpMeter;
use crate::trace::TraceContext;

/// Passes a request on and observes its answer.
pub(crate) async fn pass<B: MessageBody + 'static>(
    ctx: Ctx,
    meter: web::Data<HttpMeter>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let began = ctx.ports.clock.monotonic();
    let origins = &ctx.doorstep.cors_origins;
    let origin = cors::allowed(origins, request.headers());
    if let Some(origin) = &origin
        && cors::is_preflight(&request)
    {
        let answer = cors::preflight(origin);
        return Ok(request.into_response(answer).map_into_right_body());
    }

    let span = begin_span(&ctx, &request);
    let body = Watched::over(&mut request);
    let answering = answer(&ctx, request, next).instrument(span.clone());
    let response = bodiless::end_at_head(answering.await?);
    let mut response = Watched::close_if_unread(body, response);

    cors::permit(response.headers_mut(), origins, origin);
    let took = ctx.ports.clock.monotonic().saturating_sub(began);
    meter.count(response.status(), took);
    log(&span, &response, took);
    Ok(response)
}

fn begin_span(ctx: &AppState, request: &ServiceRequest) -> Span {
    // Request ids are for reading logs: unlike order ids they need not be unique for ever.
    let context = TraceContext::of(request.headers(), &ctx.ports.random);
    context.keep(request);
    tracing::info_span!(
        "http",
        request.id = context.span,
        trace = context.parent,
        trace.id = context.trace,
        http.route = Empty,
        http.status = Empty
    )
}

async fn answer<B: MessageBody + 'static>(
    ctx: &AppState,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match ctx.doorstep.refuse_other_sites(request.request()) {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        Err(refusal) => {
            let response = request.into_response(refusal.error_response());
            Ok(response.map_into_right_body())
        }
    }
}

fn log<B>(span: &Span, response: &ServiceResponse<B>, took: Duration) {
    let (request, status) = (response.request(), response.status().as_u16());
    if let Some(route) = request.match_pattern() {
        span.record("http.route", route);
    }
    span.record("http.status", status);
    let _entered = span.enter();
    tracing::debug!(
        http.method = %request.method(),
        http.path = request.path(),
        http.status = status,
        duration_ms = took.as_millis(),
        "{} {} answered {status}",
        request.method(),
        request.path(),
    );
}
