//! The node over HTTP: calls in POST requests, sockets by an upgrade of the same path, open to pages of every origin.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::{Node, socket};
use crate::service::{RETRY_AFTER, Service, Trouble};

/// Room for a hundred calls that each carry a transaction.
const BODY_MAX: usize = 256 * 1024;
/// How long a call is left without an answer that shall get none: longer than clients wait.
const SILENCE: Duration = Duration::from_secs(15);
/// Browsers ask again after this many seconds what they may send.
const PREFLIGHT_MAX_AGE: &str = "600";

/// Adds the node's routes to a server.
pub fn configure(config: &mut ServiceConfig, service: Arc<Service>) {
    let node = Data::new(Node::new(service));
    let open = DefaultHeaders::new().add((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    config
        .service(
            web::resource("/")
                .app_data(node)
                .app_data(PayloadConfig::new(BODY_MAX))
                .wrap(open)
                .route(web::post().to(answer))
                .route(web::get().to(upgrade))
                .route(web::method(actix_web::http::Method::OPTIONS).to(permit)),
        )
        .service(web::resource("/health").route(web::get().to(health)));
}

/// Opens the node's port, and the next one where it is free: clients look for the socket there.
pub fn listen(host: &str, port: u16) -> io::Result<Vec<TcpListener>> {
    let first = TcpListener::bind((host, port))?;
    let next = first.local_addr()?.port().checked_add(1);
    let second = next.and_then(|port| TcpListener::bind((host, port)).ok());
    Ok([Some(first), second].into_iter().flatten().collect())
}

async fn answer(node: Data<Node>, body: Bytes) -> HttpResponse {
    match node.answer(&body).await {
        Ok(Some(answer)) => HttpResponse::Ok().json(answer),
        Ok(None) => HttpResponse::NoContent().finish(),
        Err(trouble) => refuse(&node, trouble).await,
    }
}

/// Does not answer, in the words of HTTP.
async fn refuse(node: &Node, trouble: Trouble) -> HttpResponse {
    let status = match trouble {
        Trouble::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        Trouble::Unavailable | Trouble::Behind(_) => StatusCode::SERVICE_UNAVAILABLE,
        Trouble::NoAnswer => {
            node.service.clock().sleep(SILENCE).await;
            return HttpResponse::GatewayTimeout().finish();
        }
    };
    HttpResponse::build(status)
        .insert_header((header::RETRY_AFTER, RETRY_AFTER.as_secs()))
        .finish()
}

async fn upgrade(
    node: Data<Node>,
    request: HttpRequest,
    payload: web::Payload,
) -> actix_web::Result<HttpResponse> {
    if !request.headers().contains_key(header::UPGRADE) {
        let usage = "this is a simulated Solana node; POST calls of its JSON-RPC here, or open a WebSocket\n";
        return Ok(HttpResponse::MethodNotAllowed()
            .insert_header((header::ALLOW, "POST, OPTIONS"))
            .body(usage));
    }
    if node.service.is_out() {
        return Ok(refuse(&node, Trouble::Unavailable).await);
    }
    socket::open(&node, &request, payload)
}

async fn permit() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, OPTIONS"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "*"))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE))
        .finish()
}

async fn health() -> &'static str {
    "ok"
}
