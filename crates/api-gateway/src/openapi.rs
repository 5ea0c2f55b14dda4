//! The API's document, made from the handlers and the wire's types.

use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::http::{
    admin, cancel, events, execute, ledger, market, orders, pages, stats, system, tokens,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Order engine",
        description = "Takes orders to swap tokens on Solana, executes them at the best venue, and shows every step. Amounts and prices are decimal strings; times are UTC to the millisecond.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        execute::submit, orders::list, orders::show, orders::show_by_client_id, events::events,
        cancel::cancel, market::quotes, tokens::list, tokens::for_sockets, stats::stats,
        ledger::ledger, system::health, system::ready, system::metrics, pages::openapi,
        admin::queue, admin::workers, admin::dead, admin::audit, admin::pause, admin::resume,
        admin::retry, doors::execute, doors::stream, doors::follow, doors::account,
    ),
    components(schemas(api_types::Problem, api_types::EventView)),
    modifiers(&Refusals, &Keys),
    security((), ("bearer" = []), ("apiKey" = [])),
    tags(
        (name = "orders", description = "Handing in, reading and cancelling orders"),
        (name = "live", description = "Following orders as they happen; the messages are described in asyncapi.json"),
        (name = "market", description = "Tokens, offers, and what landed"),
        (name = "system", description = "How the engine is doing"),
        (name = "admin", description = "The operators' calls: the admin key, or a caller on the machine itself"),
    )
)]
struct Document;

/// The document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document
}

/// Adds to each operation the refusals it knows.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let operations = [
                (HttpMethod::Get, &mut item.get),
                (HttpMethod::Post, &mut item.post),
            ];
            for (method, operation) in operations {
                if let Some(operation) = operation {
                    add_refusals(operation, refusals(&method, path));
                }
            }
        }
    }
}

fn add_refusals(operation: &mut Operation, statuses: &[u16]) {
    for status in statuses {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let response = ResponseBuilder::new()
            .description(reason(*status))
            .content(api_types::problem::CONTENT_TYPE, content)
            .build();
        let responses = &mut operation.responses.responses;
        responses
            .entry(status.to_string())
            .or_insert(response.into());
    }
}

fn reason(status: u16) -> &'static str {
    let status = actix_web::http::StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Refused")
}

/// What a call can be refused with.
fn refusals(method: &HttpMethod, path: &str) -> &'static [u16] {
    match (method, path) {
        (_, "/health" | "/ready" | "/metrics" | "/openapi.json") => &[],
        (HttpMethod::Post, "/api/orders/execute") => &[400, 401, 403, 409, 413, 415, 422, 429, 503],
        (HttpMethod::Get, "/api/orders/execute") => &[400, 401, 404, 426, 503],
        (_, "/api/stream") => &[400, 401, 426, 503],
        (_, "/api/orders/{id}/stream" | "/ws/orders/{id}") => &[400, 401, 404, 426, 503],
        (_, "/api/orders/{id}/cancel") => &[400, 401, 404, 409, 503],
        (_, "/api/orders/{id}/events") => &[400, 401, 404, 429, 503],
        (_, "/api/admin/dead/{id}/retry") => &[400, 401, 403, 404, 409, 503],
        (_, path) if path.starts_with("/api/admin/") => &[400, 401, 403, 503],
        (
            _,
            "/api/orders/{id}" | "/api/orders/by-client-id/{clientOrderId}" | "/api/sim/ledger",
        ) => &[400, 401, 404, 503],
        (_, "/api/tokens" | "/api/ws-token") => &[401],
        _ => &[400, 401, 503],
    }
}

/// The ways to show a key.
struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A client's key, where the engine has keys; the admin key for /api/admin",
            ))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let header = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
        components.add_security_scheme("apiKey", SecurityScheme::ApiKey(header));
    }
}

/// The doors for WebSockets, as far as HTTP sees them.
mod doors {
    #![expect(
        dead_code,
        reason = "only their description is used; the doors are in ws/doors.rs"
    )]

    /// Follow an order, or hand one in and follow it, on one WebSocket
    #[utoipa::path(
        get,
        path = "/api/orders/execute",
        tag = "live",
        params(
            ("orderId" = Option<uuid::Uuid>, Query, description = "The order to follow; absent: the first message is an order"),
            ("since" = Option<u32>, Query, description = "Only events after this one"),
            ("token" = Option<String>, Query, description = "A token of `POST /api/ws-token`"),
        ),
        responses((status = 101, description = "A WebSocket"))
    )]
    fn execute() {}

    /// Follow an order on a WebSocket
    #[utoipa::path(
        get,
        path = "/api/orders/{id}/stream",
        tag = "live",
        params(
            ("id" = uuid::Uuid, Path, description = "The order's id"),
            ("since" = Option<u32>, Query, description = "Only events after this one"),
            ("token" = Option<String>, Query, description = "A token of `POST /api/ws-token`"),
        ),
        responses((status = 101, description = "A WebSocket"))
    )]
    fn stream() {}

    /// Follow an order on a WebSocket
    #[utoipa::path(
        get,
        path = "/ws/orders/{id}",
        tag = "live",
        params(
            ("id" = uuid::Uuid, Path, description = "The order's id"),
            ("since" = Option<u32>, Query, description = "Only events after this one"),
            ("token" = Option<String>, Query, description = "A token of `POST /api/ws-token`"),
        ),
        responses((status = 101, description = "A WebSocket"))
    )]
    fn follow() {}

    /// Follow every order on a WebSocket
    #[utoipa::path(
        get,
        path = "/api/stream",
        tag = "live",
        params(
            ("status" = Option<String>, Query, description = "Only events with one of these statuses, comma-separated"),
            ("cursor" = Option<String>, Query, description = "The `cursor` of the last message seen"),
            ("token" = Option<String>, Query, description = "A token of `POST /api/ws-token`"),
        ),
        responses((status = 101, description = "A WebSocket"))
    )]
    fn account() {}
}
