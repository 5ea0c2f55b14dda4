//! `/health`, `/ready` and `/metrics` of workers and of the simulated cluster, and a small server for
//! processes that serve nothing else.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::KeepAlive;
use actix_web::http::header::ContentType;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer, Route, guard};
use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use ports::{Clock, Ports, Shutdown};
use serde_json::json;

/// Probes ask one at a time.
const CONNECTIONS_MAX: usize = 32;
const REQUEST_LIMIT: Duration = Duration::from_secs(5);
/// A dependency that takes longer to answer counts as down.
const DEPENDENCY_LIMIT: Duration = Duration::from_secs(2);

/// What the routes report on.
#[derive(Debug, Clone)]
pub struct Parts {
    pub clock: Arc<dyn Clock>,
    /// What readiness depends on; a process without these is ready as soon as it runs.
    pub ports: Option<Ports>,
    pub prometheus: PrometheusHandle,
    pub shutdown: Shutdown,
}

/// Adds the three routes to a server.
pub fn routes(config: &mut ServiceConfig, parts: Parts) {
    config
        .app_data(Data::new(parts))
        .service(web::resource("/health").route(reading().to(health)))
        .service(web::resource("/ready").route(reading().to(ready)))
        .service(web::resource("/metrics").route(reading().to(metrics)));
}

/// The guard belongs to the route, not to the resource, so that other methods get 405 and not 404.
fn reading() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// A server that listens but does not answer yet.
#[derive(Debug)]
pub struct Status {
    listener: TcpListener,
    parts: Parts,
}

impl Status {
    /// Begins to listen.
    pub fn listen(host: &str, port: u16, parts: Parts) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((host, port))
            .with_context(|| format!("could not listen on {host}:{port}"))?;
        Ok(Self { listener, parts })
    }

    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers while `work` runs, so that a process that is stopping says so until the end.
    pub async fn serve_during(self, work: impl Future<Output = ()>) -> anyhow::Result<()> {
        let parts = self.parts;
        let server = HttpServer::new(move || {
            let parts = parts.clone();
            App::new()
                .configure(|config| routes(config, parts))
                .default_service(web::to(elsewhere))
        })
        .workers(1)
        .max_connections(CONNECTIONS_MAX)
        .client_request_timeout(REQUEST_LIMIT)
        .keep_alive(KeepAlive::Disabled)
        .disable_signals()
        .listen(self.listener)?
        .run();
        let handle = server.handle();
        tokio::select! {
            biased;
            () = work => handle.stop(false).await,
            ended = server => ended.context("the status server failed")?,
        }
        Ok(())
    }
}

async fn elsewhere() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type(ContentType::plaintext())
        .body("there are /health, /ready and /metrics\n")
}

async fn health(parts: Data<Parts>) -> HttpResponse {
    let timestamp = parts.clock.now().to_string();
    HttpResponse::Ok().json(json!({ "status": "ok", "timestamp": timestamp }))
}

async fn metrics(parts: Data<Parts>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(parts.prometheus.render())
}

async fn ready(parts: Data<Parts>) -> HttpResponse {
    let mut body = json!({});
    let (mut is_up, mut word) = (true, "ready");
    if let Some(ports) = &parts.ports {
        let store = tokio::time::timeout(DEPENDENCY_LIMIT, ports.store.ping());
        let queue = tokio::time::timeout(DEPENDENCY_LIMIT, ports.queue.depth());
        let (store, queue) = tokio::join!(store, queue);
        let (store, queue) = (matches!(store, Ok(Ok(()))), matches!(queue, Ok(Ok(_))));
        let state = |up| if up { "up" } else { "down" };
        body = json!({ "store": state(store), "queue": state(queue) });
        (is_up, word) = match (store, queue) {
            (false, _) => (false, "unavailable"),
            (true, false) => (true, "degraded"),
            (true, true) => (true, "ready"),
        };
    }
    if parts.shutdown.is_stopping() {
        (is_up, word) = (false, "stopping");
    }
    body["status"] = json!(word);
    match is_up {
        true => HttpResponse::Ok().json(body),
        false => HttpResponse::ServiceUnavailable().json(body),
    }
}
