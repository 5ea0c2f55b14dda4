//! Pages, probes, numbers, documents.

use std::collections::BTreeSet;

use api_gateway::error::Code;
use serde_json::Value;
use testkit::contract::Given;

use crate::http_client::{ORDER, Request};
use crate::ws_server::Server;

async fn server() -> Server {
    Server::start_with(|_| {}).await
}

#[tokio::test]
async fn probes_are_answered() {
    let server = server().await;

    let health = Request::get("/health").send(&server).await.json();
    let ready = Request::get("/ready").send(&server).await.json();
    let head = Request::new("HEAD", "/health").send(&server).await;

    assert_eq!(health["status"], "ok");
    assert!(health["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(
        ready,
        serde_json::json!({"status": "ready", "store": "up", "queue": "up"})
    );
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test]
async fn stats_count_what_is_there() {
    let server = server().await;
    Request::order(ORDER).send(&server).await;

    let stats = Request::get("/api/stats").send(&server).await.json();

    assert_eq!(
        stats["byStatus"].as_object().map(serde_json::Map::len),
        Some(8)
    );
    for path in [
        "/byStatus/pending",
        "/byStatus/expired",
        "/queue/waiting",
        "/queue/delayed",
        "/queue/running",
        "/queue/oldestMs",
        "/throughput/lastMinute",
    ] {
        assert!(
            stats.pointer(path).is_some_and(Value::is_u64),
            "{path}: {stats}"
        );
    }
    assert!(stats["workers"].is_array() && stats["latencyMs"].is_object());
}

#[tokio::test]
async fn pages_come_with_everything_they_need_and_guard_themselves() {
    let server = server().await;
    for path in [
        "/",
        "/docs",
        "/assets/api-page.js",
        "/assets/dashboard.css",
        "/openapi.json",
        "/asyncapi.json",
    ] {
        let page = Request::get(path).send(&server).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.len() > 100, "{path}");
        assert_eq!(
            page.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert!(page.header("content-security-policy").is_some(), "{path}");
    }
    let docs = Request::get("/docs").send(&server).await;
    let html = String::from_utf8_lossy(&docs.body);
    assert!(
        !html.contains("https://") && html.contains("assets/api-page.js"),
        "{html}"
    );
    let folder = Request::get("/docs/").send(&server).await;
    assert_eq!(folder.status, 308);
    assert_eq!(folder.header("location"), Some("../docs"));
    Request::get("/docs/nothing.js")
        .send(&server)
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn the_document_names_every_call_and_only_known_schemas() {
    let server = server().await;
    let document = Request::get("/openapi.json").send(&server).await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths: BTreeSet<&str> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    for path in [
        "/api/orders/execute",
        "/api/orders",
        "/api/orders/{id}",
        "/api/orders/by-client-id/{clientOrderId}",
        "/api/orders/{id}/events",
        "/api/orders/{id}/cancel",
        "/api/orders/{id}/stream",
        "/ws/orders/{id}",
        "/api/stream",
        "/api/quotes",
        "/api/tokens",
        "/api/stats",
        "/api/sim/ledger",
        "/api/sim/trade",
        "/api/sim/launch",
        "/api/sim/faults",
        "/api/pools",
        "/api/wallet",
        "/api/orders/{id}/transaction",
        "/api/ws-token",
        "/api/admin/queue",
        "/api/admin/workers",
        "/api/admin/dead",
        "/api/admin/audit",
        "/api/admin/dead/{id}/retry",
        "/api/admin/orders/{id}/dead",
        "/api/admin/pause",
        "/api/admin/resume",
        "/health",
        "/ready",
        "/metrics",
        "/openapi.json",
    ] {
        assert!(paths.contains(path), "{path}");
    }
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(
            document["components"]["schemas"].get(name).is_some(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn metrics_are_answered_as_prometheus_text() {
    let server = server().await;

    let metrics = Request::get("/metrics").send(&server).await;

    assert_eq!(metrics.status, 200);
    assert!(
        metrics
            .header("content-type")
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
}

#[tokio::test]
async fn browsers_of_allowed_origins_may_call() {
    let server = Server::start_with(|settings| {
        settings.cors_origins = vec!["https://desk.example".to_owned()];
    })
    .await;
    let from = |origin: &str| Request::get("/api/tokens").header("Origin", origin);

    let allowed = from("https://desk.example").send(&server).await;
    let foreign = from("https://evil.example").send(&server).await;
    let preflight = Request::new("OPTIONS", "/api/orders/execute")
        .header("Origin", "https://desk.example")
        .header("Access-Control-Request-Method", "POST")
        .send(&server)
        .await;

    let origin = "access-control-allow-origin";
    assert_eq!(allowed.header(origin), Some("https://desk.example"));
    assert_eq!(allowed.header("vary"), Some("Origin"));
    assert_eq!((foreign.status, foreign.header(origin)), (200, None));
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header(origin), Some("https://desk.example"));
    assert!(
        preflight
            .header("access-control-allow-headers")
            .unwrap()
            .contains("idempotency-key")
    );
}

#[tokio::test]
async fn the_ledger_is_said_to_be_elsewhere_where_there_is_none() {
    let server = server().await;

    Request::get("/api/sim/ledger")
        .send(&server)
        .await
        .problem(404, "not_found");
    Request::get("/api/sim/ledger?limit=0")
        .send(&server)
        .await
        .problem(400, "invalid_parameter");
}

#[test]
fn every_code_stands_in_the_documents() {
    let documented = include_str!("../../../../docs/API.md");
    for code in Code::ALL {
        let row = format!("| `{}` | {} |", code.name(), code.status().as_u16());
        assert!(documented.contains(&row), "{row}");
    }
}

#[tokio::test]
async fn execution_is_counted_by_kind_of_pool() {
    let server = server().await;
    let (store, given) = (&server.ports.store, Given::new());
    let filled = given.accepted(store).await;
    let mut lease = given.leased(store, filled).await;
    given.confirm(store, &mut lease).await;
    given.accepted(store).await;

    let stats = Request::get("/api/stats/execution").send(&server).await;

    let stats = stats.json();

    assert_eq!(stats["minutes"], 60);
    assert_eq!(stats["orders"], 2);
    assert_eq!(stats["complete"], true);
    assert_eq!(stats["total"]["fills"], 1);
    assert_eq!(stats["total"]["fillRateBps"], 10_000);
    assert_eq!(stats["total"]["feeLamports"], 5_100);
    let kinds = stats["kinds"].as_array().unwrap();
    let fills: Vec<_> = kinds
        .iter()
        .map(|kind| (&kind["pool"], &kind["fills"]))
        .collect();
    assert_eq!(fills.len(), 4);
    assert!(fills.contains(&(&"damm_v2".into(), &1.into())), "{fills:?}");
}

#[tokio::test]
async fn execution_is_told_of_whole_minutes_of_a_week_at_most() {
    let server = server().await;
    for minutes in ["0", "10081", "1.5", "x"] {
        let path = format!("/api/stats/execution?minutes={minutes}");

        let refused = Request::get(&path).send(&server).await;

        assert_eq!(refused.status, 400, "{path}");
        assert_eq!(refused.json()["errors"][0]["field"], "minutes");
    }
}
