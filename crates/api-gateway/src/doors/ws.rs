//! The WebSocket endpoints: who may connect, for what, and from which event on. Every error in a
//! request is answered before the upgrade; after it there are only messages and close codes.

use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpRequest, HttpResponse, web};
use bytestring::ByteString;
use domain::OrderId;

use super::close::Close;
use super::socket::{self, End, Socket, Source};
use crate::auth::{Caller, Reach};
use crate::error::{ApiError, Code, Result};
use crate::intake::Envelope;
use crate::live::{Cursor, Filter, StatusSet};
use crate::parameters::{Parameters, order_id_in_path};
use crate::state::Ctx;

/// `GET /api/orders/execute`: with `orderId` it follows that order after a greeting; without, it
/// takes an order as the first message and follows it.
pub(crate) async fn execute(
    ctx: Ctx,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse> {
    let parameters = Parameters::of(&request)?;
    let followed = parameters.order_id("orderId");
    // A caller without a key learns nothing about the parameters.
    let door = match &followed {
        Ok(Some(id)) => Reach::Order(*id),
        Ok(None) | Err(_) => Reach::Client,
    };
    let caller = come_in(&ctx, &request, door)?;
    if parameters.flag("dryRun")? {
        let detail = "is for POST: an order sent over a socket is a real one";
        return Err(ApiError::invalid_parameter("dryRun", detail));
    }
    match followed? {
        Some(id) => {
            let greeting = api_types::socket::greeting(id).into();
            follow(&ctx, &request, payload, &caller, (id, Some(greeting))).await
        }
        None => submit_and_follow(&ctx, &request, payload, caller).await,
    }
}

/// `GET /api/orders/{id}/stream` and `GET /ws/orders/{id}`: follows an order, without a greeting.
pub(crate) async fn order_stream(
    ctx: Ctx,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse> {
    let named = order_id_in_path(&request);
    let door = named.as_ref().map_or(Reach::Client, |id| Reach::Order(*id));
    let caller = come_in(&ctx, &request, door)?;
    let id = named?;
    follow(&ctx, &request, payload, &caller, (id, None)).await
}

/// `GET /api/stream`: every order that the caller may see.
pub(crate) async fn account_stream(
    ctx: Ctx,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse> {
    let caller = come_in(&ctx, &request, Reach::Client)?;
    let parameters = Parameters::of(&request)?;
    let statuses = match parameters.get("status")? {
        Some(list) => StatusSet::parse(list).ok_or_else(|| {
            ApiError::invalid_parameter("status", "must be a comma-separated list of statuses")
        })?,
        None => StatusSet::ALL,
    };
    let cursor = parameters.get("cursor")?.map(|text| {
        Cursor::decode(text)
            .ok_or_else(|| ApiError::invalid_parameter("cursor", "is not one of this stream's"))
    });
    let cursor = cursor.transpose()?;
    let client = caller.limited_to().cloned();

    let (response, socket) = upgrade(&ctx, &caller, &request, payload).await?;
    if let Some(socket) = socket {
        // The subscription is active before the upgrade is answered.
        let reader = ctx.live.join(Filter { client, statuses }, cursor).await;
        actix_web::rt::spawn(socket.serve(None, Source::Account(Box::new(reader))));
    }
    Ok(response)
}

async fn follow(
    ctx: &Ctx,
    request: &HttpRequest,
    payload: web::Payload,
    caller: &Caller,
    (id, greeting): (OrderId, Option<ByteString>),
) -> Result<HttpResponse> {
    let seen = Parameters::of(request)?.since()?;
    let follower = ctx.follow(id, caller, seen).await?;

    let (response, socket) = upgrade(ctx, caller, request, payload).await?;
    if let Some(socket) = socket {
        actix_web::rt::spawn(socket.serve(greeting, Source::Order(follower)));
    }
    Ok(response)
}

async fn submit_and_follow(
    ctx: &Ctx,
    request: &HttpRequest,
    payload: web::Payload,
    caller: Caller,
) -> Result<HttpResponse> {
    let envelope = ctx.doorstep.envelope(request, caller, &ctx.intake)?;
    let (response, socket) = upgrade(ctx, &envelope.caller, request, payload).await?;
    if let Some(mut socket) = socket {
        let ctx = ctx.clone();
        actix_web::rt::spawn(async move {
            match take_order(&ctx, &mut socket, envelope).await {
                Ok(source) => socket.serve(None, source).await,
                Err(end) => socket.end(end).await,
            }
        });
    }
    Ok(response)
}

/// Takes the order from the first message and answers it; any other message ends the socket.
async fn take_order(
    ctx: &Ctx,
    socket: &mut Socket,
    envelope: Envelope,
) -> std::result::Result<Source, End> {
    let no_order = "the first message must be the order, a JSON object";
    socket.object_with(ApiError::new(Code::BadMessage, no_order).to_json().into());
    let body = socket.first_message().await?;

    let only_pings = "after the order only pings are allowed";
    socket.object_with(ApiError::new(Code::BadMessage, only_pings).to_json().into());
    let submitting = ctx.submit(envelope, body.into_bytes());
    let receipt = submitting
        .await
        .map_err(|refusal| End::Refuse(refusal.to_json().into(), Close::BadMessage))?;
    // Followed before it is answered, so that the first event is on its way meanwhile.
    let follower = ctx.live.follow(&receipt, None);
    let answer = ByteString::try_from(receipt.answer).map_err(|_| End::Dropped)?;
    socket.send(answer).await?;
    Ok(Source::Order(follower))
}

/// Checks who connects, and that the request asks for a WebSocket.
fn come_in(ctx: &Ctx, request: &HttpRequest, door: Reach) -> Result<Caller> {
    let caller = ctx.doorstep.caller_at(request, door)?;
    let names = |name: HeaderName, wanted: &str| {
        let values = request.headers().get_all(name);
        values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|token| token.trim().eq_ignore_ascii_case(wanted))
    };
    if names(header::UPGRADE, "websocket") && names(header::CONNECTION, "upgrade") {
        Ok(caller)
    } else {
        let detail = "this address is a WebSocket: connect with an upgrade";
        Err(ApiError::new(Code::UpgradeRequired, detail))
    }
}

/// Answers the upgrade. A browser sees a close code but not a refused upgrade, so a connection
/// beyond the limit is closed after the upgrade.
/// away after it.
async fn upgrade(
    ctx: &Ctx,
    caller: &Caller,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<(HttpResponse, Option<Socket>)> {
    let permit = super::admit(ctx, caller, request);
    let is_admitted = permit.is_some();
    let opened = socket::open(request, payload, &ctx.live, permit).await;
    let (response, socket) = opened.map_err(|_| {
        ApiError::invalid_header(
            "Upgrade",
            "must come with a WebSocket handshake of version 13",
        )
    })?;
    if is_admitted {
        return Ok((response, Some(socket)));
    }
    actix_web::rt::spawn(socket.end(End::Close(Close::TooManySockets)));
    Ok((response, None))
}
