//! Every call and its handler.

use std::future::ready;

use actix_web::guard::{self, Guard};
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpRequest, Resource, Responder};

use crate::dashboard;
use crate::documents;
use crate::doors::ws;
use crate::http::{
    admin, books, cancel, change, events, execute, fallback, fills, ledger, market, orders,
    reconcile, sim, stats, system, tokens, transaction, wallet, webhooks, words,
};
use crate::state::Ctx;

const READS: &str = "GET, HEAD";
const POSTS: &str = "POST";

/// Registers all of them.
#[rustfmt::skip]
pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg
        .service(orders_execute())
        .service(reading("/api/orders", orders::list))
        .service(reading("/api/orders/by-client-id/{clientOrderId:.*}", orders::show_by_client_id))
        .service(one_order())
        .service(reading("/api/orders/{id}/events", events::events))
        .service(reading("/api/orders/{id}/transaction", transaction::transaction))
        .service(acting("/api/orders/{id}/cancel", cancel::cancel))

        .service(reading("/api/quotes", market::quotes))
        .service(reading("/api/pools", market::pools))
        .service(reading("/api/tokens", tokens::list))
        .service(reading("/api/wallet", wallet::wallet))
        .service(reading("/api/fills", fills::list))
        .service(reading("/api/books", books::books))
        .service(reading("/api/stats", stats::stats))
        .service(reading("/api/stats/execution", stats::execution))
        .service(reading("/api/sim/ledger", ledger::ledger))
        .service(acting("/api/sim/trade", sim::trade))
        .service(acting("/api/sim/launch", sim::launch))
        .service(acting("/api/sim/faults", sim::faults))
        .service(acting("/api/ws-token", tokens::for_sockets))

        .service(door("/api/orders/{id}/stream", ws::order_stream))
        .service(door("/ws/orders/{id}", ws::order_stream))
        .service(door("/api/stream", ws::account_stream))

        .service(reading("/api/admin/queue", admin::queue))
        .service(reading("/api/admin/workers", admin::workers))
        .service(reading("/api/admin/dead", admin::dead))
        .service(reading("/api/admin/audit", admin::audit))
        .service(acting("/api/admin/dead/{id}/retry", admin::retry))
        .service(acting("/api/admin/orders/{id}/dead", words::declare_dead))
        .service(reading("/api/admin/webhooks", webhooks::list))
        .service(acting("/api/admin/webhooks/retry", webhooks::retry_all))
        .service(acting("/api/admin/webhooks/{id}/retry", webhooks::retry))
        .service(acting("/api/admin/pause", admin::pause))
        .service(acting("/api/admin/halt", admin::halt))
        .service(acting("/api/admin/reconcile", reconcile::reconcile))
        .service(acting("/api/admin/resume", admin::resume))

        .service(reading("/health", system::health))
        .service(reading("/ready", system::ready))
        .service(reading("/metrics", system::metrics))

        .service(reading("/openapi.json", documents::openapi))
        .service(reading("/asyncapi.json", documents::asyncapi))
        .service(reading("/docs", dashboard::docs))
        .service(reading("/docs/", dashboard::docs_folder))
        .service(reading("/", dashboard::page))
        .service(reading("/assets/{file}", dashboard::asset))
        .default_service(web::to(fallback::not_found));
}

/// A POST submits an order; a GET opens a WebSocket.
fn orders_execute() -> Resource {
    let resource = web::resource("/api/orders/execute")
        .route(web::post().to(execute::submit))
        .route(web::get().to(ws::execute));
    or_not_allowed(resource, "GET, POST")
}

/// A GET shows an order; a PATCH changes it.
fn one_order() -> Resource {
    let resource = web::resource("/api/orders/{id}")
        .route(web::route().guard(get_or_head()).to(orders::show))
        .route(web::patch().to(change::change));
    or_not_allowed(resource, "GET, HEAD, PATCH")
}

fn reading<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let reads = web::route().guard(get_or_head());
    or_not_allowed(web::resource(path).route(reads.to(handler)), READS)
}

fn acting<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    or_not_allowed(web::resource(path).route(web::post().to(handler)), POSTS)
}

fn door<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    or_not_allowed(web::resource(path).route(web::get().to(handler)), "GET")
}

fn get_or_head() -> impl Guard {
    guard::Any(guard::Get()).or(guard::Head())
}

fn or_not_allowed(resource: Resource, methods: &'static str) -> Resource {
    resource.default_service(web::to(move |ctx: Ctx, request: HttpRequest| {
        ready(fallback::method_not_allowed(&ctx, &request, methods))
    }))
}
