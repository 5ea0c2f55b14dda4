//! The API's OpenAPI 3.1 document, made from the handlers and the API's types.
//!
//! Each handler describes its parameters and its success. What is the same everywhere is added
//! here: refusals (`openapi/refusals.rs`), the ways to send a key, and rules for every schema
//! (`openapi/shapes.rs`). Sockets and pages, which no handler describes, are in `openapi/doors.rs`.

mod doors;
mod refusals;
mod shapes;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::http::{
    admin, books, cancel, change, events, execute, fills, ledger, market, orders, reconcile, sim,
    stats, system, tokens, transaction, wallet, webhooks, words,
};
use refusals::Refusals;
use shapes::Shapes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Order engine",
        description = "Takes orders to swap tokens on Solana, executes them at the best venue, and shows every step. Amounts and prices are decimal strings; times are UTC to the millisecond.",
        license(name = "MIT", identifier = "MIT"),
    ),
    paths(
        execute::submit, orders::list, orders::show, orders::show_by_client_id, events::events,
        transaction::transaction, cancel::cancel, change::change, market::quotes, market::pools, wallet::wallet,
        tokens::list, tokens::for_sockets, fills::list, books::books, stats::stats, stats::execution,
        ledger::ledger, sim::trade, sim::launch, sim::faults, system::health, system::ready, system::metrics, doors::openapi,
        doors::asyncapi, admin::queue, admin::workers, admin::dead, admin::audit, admin::pause,
        admin::halt, admin::resume, reconcile::reconcile, admin::retry, words::declare_dead,
        webhooks::list, webhooks::retry, webhooks::retry_all, doors::execute, doors::stream, doors::follow, doors::account,
        doors::dashboard, doors::docs,
    ),
    components(schemas(
        api_types::Problem, api_types::EventView, api_types::socket::Greeting, api_types::webhook::WebhookView,
    )),
    modifiers(&Refusals, &Keys, &Shapes),
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

/// The ways to send a key.
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
        let header = ApiKey::Header(described("X-API-Key", "The same in a header of its own"));
        components.add_security_scheme("apiKey", SecurityScheme::ApiKey(header));
        let token = ApiKey::Query(described(
            "token",
            "A token of `POST /api/ws-token` or of a `wsUrl`, for clients that cannot set headers",
        ));
        components.add_security_scheme("token", SecurityScheme::ApiKey(token));
    }
}

fn described(name: &str, description: &str) -> ApiKeyValue {
    let mut value = ApiKeyValue::new(name);
    value.description = Some(description.to_owned());
    value
}
