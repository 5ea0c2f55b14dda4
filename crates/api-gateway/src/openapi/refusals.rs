//! How each call can be refused, and the headers of a refusal.

use actix_web::http::StatusCode;
use utoipa::Modify;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
};

/// Adds its refusals to each operation, and to every answer the headers that it may have.
pub(super) struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let operations = [
                (HttpMethod::Get, &mut item.get),
                (HttpMethod::Post, &mut item.post),
                (HttpMethod::Patch, &mut item.patch),
            ];
            for (method, operation) in operations {
                if let Some(operation) = operation {
                    add_refusals(operation, refusals(&method, path));
                    add_headers(operation);
                }
            }
        }
    }
}

/// The statuses with which a call can be refused. Unknown paths answer 404 and other methods 405
/// everywhere.
fn refusals(method: &HttpMethod, path: &str) -> &'static [u16] {
    match (method, path) {
        (HttpMethod::Post, "/api/orders/execute") => {
            &[400, 401, 403, 409, 413, 415, 422, 429, 500, 503]
        }
        (HttpMethod::Patch, "/api/orders/{id}") => {
            &[400, 401, 403, 404, 409, 413, 415, 422, 500, 503]
        }
        (HttpMethod::Get, "/api/orders/execute") => &[400, 401, 403, 404, 426, 500, 503],
        (_, "/api/stream") => &[400, 401, 403, 426],
        (_, "/api/orders/{id}/stream" | "/ws/orders/{id}") => &[400, 401, 403, 404, 426, 500, 503],
        (_, "/api/sim/trade" | "/api/sim/launch" | "/api/sim/faults") => {
            &[400, 401, 403, 404, 413, 415, 422, 500, 503]
        }
        (_, "/api/orders/{id}/cancel") => &[400, 401, 403, 404, 409, 500, 503],
        (_, "/api/orders/{id}/events") => &[400, 401, 403, 404, 429, 500, 503],
        (_, "/api/admin/orders/{id}/dead") => &[400, 401, 403, 404, 409, 413, 415, 422, 500, 503],
        (_, "/api/admin/webhooks/{id}/retry") => &[400, 401, 403, 409, 500, 503],
        (_, "/api/admin/dead/{id}/retry") => &[400, 401, 403, 404, 409, 500, 503],
        (_, "/api/admin/dead" | "/api/admin/audit" | "/api/admin/webhooks") => {
            &[400, 401, 403, 500, 503]
        }
        (_, "/api/admin/reconcile") => &[400, 401, 403, 404, 500, 503],
        (_, path) if path.starts_with("/api/admin/") => &[401, 403, 500, 503],
        (
            _,
            "/api/orders/{id}"
            | "/api/orders/{id}/transaction"
            | "/api/orders/by-client-id/{clientOrderId}"
            | "/api/sim/ledger",
        ) => &[400, 401, 403, 404, 500, 503],
        (_, "/api/orders") => &[400, 401, 403, 422, 500, 503],
        (_, "/api/quotes" | "/api/pools") => &[400, 401, 403, 422, 429, 503],
        (_, "/api/wallet") => &[400, 401, 403, 404, 500, 503],
        (_, "/api/stats/execution" | "/api/fills" | "/api/books") => &[400, 401, 403, 500, 503],
        (_, "/api/stats") => &[401, 403, 500, 503],
        (_, "/api/ws-token" | "/api/tokens") => &[401, 403],
        _ => &[],
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
    let status = StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Refused")
}

fn add_headers(operation: &mut Operation) {
    // Orders count against a rate, and so do questions to the chain about tokens.
    let answers = |status: &str| operation.responses.responses.contains_key(status);
    let is_limited = answers("201") || (answers("422") && answers("429"));
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else {
            continue;
        };
        match status.as_str() {
            "401" => add(response, "WWW-Authenticate", text("`Bearer`")),
            "426" => add(response, "Upgrade", text("`websocket`")),
            "429" | "503" => {
                let wait = "Seconds after which the call may be made again";
                add(response, "Retry-After", count(wait));
            }
            _ => {}
        }
        if is_limited && matches!(status.as_str(), "201" | "429") {
            add(response, "RateLimit-Limit", count(RATE_LIMIT));
            add(response, "RateLimit-Remaining", count(RATE_REMAINING));
            add(response, "RateLimit-Reset", count(RATE_RESET));
        }
    }
}

const RATE_LIMIT: &str = "Where there is a limit: orders per minute";
const RATE_REMAINING: &str = "Where there is a limit: what is left of it";
const RATE_RESET: &str = "Where there is a limit: seconds until all of it is there again";

fn add(response: &mut Response, name: &str, header: Header) {
    response.headers.insert(name.to_owned(), header.into());
}

fn text(description: &str) -> Header {
    header(ObjectBuilder::new().schema_type(Type::String), description)
}

fn count(description: &str) -> Header {
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0));
    header(number, description)
}

fn header(schema: ObjectBuilder, description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(schema))
        .description(Some(description))
        .build()
}
