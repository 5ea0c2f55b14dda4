//! What no handler describes: the WebSocket endpoints as HTTP sees them, the pages and the
//! documents.

#![expect(
    dead_code,
    reason = "only the descriptions are used; the doors are in doors/ws.rs, the documents in documents.rs"
)]

/// Follow an order, or submit one and follow it, on one WebSocket
#[utoipa::path(
    get,
    path = "/api/orders/execute",
    operation_id = "openOrderSocket",
    tag = "live",
    security((), ("bearer" = []), ("apiKey" = []), ("token" = [])),
    params(
        ("orderId" = Option<uuid::Uuid>, Query, description = "The order to follow; absent: the first message is an order"),
        ("since" = Option<u32>, Query, maximum = 4294967295u32, description = "Only events after this one"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$", description = "As for `POST /api/orders/execute`, where the first message is an order"),
    ),
    responses((status = 101, description = "A WebSocket", headers(("Upgrade" = String, description = "`websocket`"))))
)]
pub(super) fn execute() {}

/// Follow an order on a WebSocket
#[utoipa::path(
    get,
    path = "/api/orders/{id}/stream",
    operation_id = "streamOrder",
    tag = "live",
    security((), ("bearer" = []), ("apiKey" = []), ("token" = [])),
    params(
        ("id" = uuid::Uuid, Path, description = "The order's id"),
        ("since" = Option<u32>, Query, maximum = 4294967295u32, description = "Only events after this one"),
    ),
    responses((status = 101, description = "A WebSocket", headers(("Upgrade" = String, description = "`websocket`"))))
)]
pub(super) fn stream() {}

/// Follow an order on a WebSocket
#[utoipa::path(
    get,
    path = "/ws/orders/{id}",
    operation_id = "followOrder",
    tag = "live",
    security((), ("bearer" = []), ("apiKey" = []), ("token" = [])),
    params(
        ("id" = uuid::Uuid, Path, description = "The order's id"),
        ("since" = Option<u32>, Query, maximum = 4294967295u32, description = "Only events after this one"),
    ),
    responses((status = 101, description = "A WebSocket", headers(("Upgrade" = String, description = "`websocket`"))))
)]
pub(super) fn follow() {}

/// Follow every order on a WebSocket
#[utoipa::path(
    get,
    path = "/api/stream",
    operation_id = "streamOrders",
    tag = "live",
    security((), ("bearer" = []), ("apiKey" = []), ("token" = [])),
    params(
        ("status" = Option<String>, Query, description = "Only events with one of these statuses, comma-separated"),
        ("cursor" = Option<String>, Query, max_length = 8192, description = "The `cursor` of the last message seen"),
    ),
    responses((status = 101, description = "A WebSocket", headers(("Upgrade" = String, description = "`websocket`"))))
)]
pub(super) fn account() {}

/// The dashboard
#[utoipa::path(
    get,
    path = "/",
    operation_id = "getDashboard",
    tag = "system",
    security(()),
    responses((status = 200, description = "A page", body = String, content_type = "text/html"))
)]
pub(super) fn dashboard() {}

/// The page on which this document can be read and tried
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "getDocs",
    tag = "system",
    security(()),
    responses((status = 200, description = "A page", body = String, content_type = "text/html"))
)]
pub(super) fn docs() {}

/// The API's document, OpenAPI 3.1, from the code
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getOpenapi",
    tag = "system",
    security(()),
    responses((status = 200, description = "This document", body = serde_json::Value))
)]
pub(super) fn openapi() {}

/// The document of what goes over WebSockets, AsyncAPI 3
#[utoipa::path(
    get,
    path = "/asyncapi.json",
    operation_id = "getAsyncapi",
    tag = "system",
    security(()),
    responses((status = 200, description = "The document", body = serde_json::Value))
)]
pub(super) fn asyncapi() {}
