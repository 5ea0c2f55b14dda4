//! What probes and monitors ask: does the process live, can it serve, what does it count.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use api_types::system::{DependencyState, HealthAnswer, Readiness, ReadyAnswer};

use crate::state::Ctx;

/// A store that needs longer cannot take orders.
const STORE_PATIENCE: Duration = Duration::from_secs(2);
/// A queue that needs longer counts as down.
const QUEUE_PATIENCE: Duration = Duration::from_secs(1);
/// A monitor gets its numbers even if the store is slow.
const COUNTS_PATIENCE: Duration = Duration::from_millis(500);

/// Does the process live?
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "getHealth",
    tag = "system",
    security(()),
    responses((status = 200, description = "It does", body = HealthAnswer))
)]
pub(crate) async fn health(ctx: Ctx) -> HttpResponse {
    HttpResponse::Ok().json(HealthAnswer {
        status: "ok".to_owned(),
        timestamp: ctx.ports.clock.now().to_string(),
    })
}

/// Can the process serve?
#[utoipa::path(
    get,
    path = "/ready",
    operation_id = "getReadiness",
    tag = "system",
    security(()),
    responses(
        (status = 200, description = "It can, perhaps slower than usual", body = ReadyAnswer),
        (status = 503, description = "It cannot, or is stopping", body = ReadyAnswer),
    )
)]
pub(crate) async fn ready(ctx: Ctx) -> HttpResponse {
    let (store, queue) = tokio::join!(
        state(STORE_PATIENCE, ctx.ports.store.ping()),
        state(QUEUE_PATIENCE, ctx.ports.queue.depth()),
    );
    let status = match (ctx.shutdown.is_stopping(), store, queue) {
        (true, _, _) => Readiness::Stopping,
        (_, DependencyState::Down, _) => Readiness::Unavailable,
        (_, _, DependencyState::Down) => Readiness::Degraded,
        _ => Readiness::Ready,
    };
    let mut response = match status {
        Readiness::Ready | Readiness::Degraded => HttpResponse::Ok(),
        Readiness::Unavailable | Readiness::Stopping => {
            let mut response = HttpResponse::ServiceUnavailable();
            response.insert_header((RETRY_AFTER, "1"));
            response
        }
    };
    response.json(ReadyAnswer {
        status,
        store,
        queue,
    })
}

/// Whether it answers without an error in this time.
async fn state<T>(
    limit: Duration,
    asking: impl Future<Output = ports::Result<T>>,
) -> DependencyState {
    match tokio::time::timeout(limit, asking).await {
        Ok(Ok(_)) => DependencyState::Up,
        Ok(Err(_)) | Err(_) => DependencyState::Down,
    }
}

/// What the process counts, as Prometheus text
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "system",
    security(()),
    responses((status = 200, description = "Every series", body = String, content_type = "text/plain"))
)]
pub(crate) async fn metrics(ctx: Ctx) -> HttpResponse {
    // This reading sets the queue's gauges; without it they keep the last values.
    let _ = tokio::time::timeout(COUNTS_PATIENCE, ctx.intake.stats.recent()).await;
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(ctx.prometheus.render())
}
