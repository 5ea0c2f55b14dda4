//! `GET /api/orders/{id}/events`: what happened to an order, as a list or live.

use actix_web::http::header::HeaderName;
use actix_web::{HttpRequest, HttpResponse};
use api_types::EventView;
use api_types::event::EventsAnswer;
use domain::{Event, Order, Seq};

use crate::auth::Reach;
use crate::deadline;
use crate::doors::{self, sse};
use crate::error::{ApiError, Code, Result};
use crate::http::accept;
use crate::parameters::{Parameters, order_id_in_path};
use crate::state::Ctx;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What happened to an order
///
/// With `Accept: text/event-stream` the events come live, until the terminal one.
#[utoipa::path(
    get,
    path = "/api/orders/{id}/events",
    operation_id = "getOrderEvents",
    tag = "orders",
    security((), ("bearer" = []), ("apiKey" = []), ("token" = [])),
    params(
        ("id" = uuid::Uuid, Path, description = "The order's id"),
        ("since" = Option<u32>, Query, maximum = 4294967295u32, description = "Only events after this one"),
        ("Last-Event-ID" = Option<u32>, Header, maximum = 4294967295u32, description = "Live events: the last one seen; the larger of it and `since` counts"),
    ),
    responses(
        (status = 200, description = "The events", content(
            (EventsAnswer = "application/json"),
            (String = "text/event-stream"),
        )),
        (status = 204, description = "Live events: the terminal one was seen"),
    )
)]
pub(crate) async fn events(ctx: Ctx, request: HttpRequest) -> Result<HttpResponse> {
    if accept::names(&request, "text/event-stream") {
        live(&ctx, &request).await
    } else {
        so_far(&ctx, &request).await
    }
}

async fn so_far(ctx: &Ctx, request: &HttpRequest) -> Result<HttpResponse> {
    let caller = ctx.doorstep.caller(request)?;
    let since = Parameters::of(request)?.since()?;
    // It matters only for live events, but a malformed one is always refused.
    last_event_id(request)?;
    let order = ctx.order(order_id_in_path(request)?, &caller).await?;
    let from = since.map_or(Seq::FIRST, Seq::next);
    let mut events = deadline::read(ctx.ports.store.events(order.id, from)).await?;
    // No event follows the highest possible `seq`.
    events.retain(|event| since.is_none_or(|since| event.seq > since));
    Ok(HttpResponse::Ok().json(EventsAnswer {
        success: true,
        order_id: order.id.uuid(),
        status: newest_status(&order, &events).into(),
        events: events
            .iter()
            .map(|event| EventView::new(event, &ctx.tokens))
            .collect(),
    }))
}

/// The order was read before its events, so they may be newer.
fn newest_status(order: &Order, events: &[Event]) -> domain::Status {
    let last = events.last().filter(|last| last.seq >= order.seq);
    last.map_or(order.status(), |last| last.data.status())
}

async fn live(ctx: &Ctx, request: &HttpRequest) -> Result<HttpResponse> {
    let named = order_id_in_path(request);
    let door = named.as_ref().map_or(Reach::Client, |id| Reach::Order(*id));
    let caller = ctx.doorstep.caller_at(request, door)?;
    let since = Parameters::of(request)?.since()?;
    let seen = sse::seen(since, last_event_id(request)?);
    let order = ctx.order(order_id_in_path(request)?, &caller).await?;
    let permit = doors::admit(ctx, &caller, request).ok_or_else(|| {
        let refused = ApiError::new(Code::TooManySockets, "too many connections are open");
        refused.retry_after(std::time::Duration::from_secs(5))
    })?;
    Ok(sse::respond(&ctx.live, &order, seen, permit))
}

fn last_event_id(request: &HttpRequest) -> Result<Option<Seq>> {
    let Some(value) = request.headers().get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let is_plain = value.as_bytes().iter().all(u8::is_ascii_digit);
    let text = value.to_str().ok().filter(|_| is_plain);
    match text.and_then(|text| text.parse().ok()) {
        Some(number) => Ok(Some(Seq::new(number))),
        None => Err(ApiError::invalid_header(
            "Last-Event-ID",
            "must be an event's seq",
        )),
    }
}
