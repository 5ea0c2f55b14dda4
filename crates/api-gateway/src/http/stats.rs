//! `GET /api/stats`: what the whole cluster is doing; `GET /api/stats/execution`: how well it executes.

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse};

use crate::auth::Caller;
use crate::error::Result;
use crate::parameters::Parameters;
use crate::state::Ctx;

const MINUTES: u32 = 60;
/// A week.
const MINUTES_MAX: u32 = 7 * 24 * 60;

/// What the whole cluster is doing, at most a second old
#[utoipa::path(
    get,
    path = "/api/stats",
    operation_id = "getStats",
    tag = "system",
    responses((status = 200, description = "The numbers", body = api_types::stats::StatsAnswer))
)]
pub(crate) async fn stats(ctx: Ctx, _: Caller) -> Result<HttpResponse> {
    let snapshot = ctx.intake.stats.recent().await?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(snapshot.answer.clone()))
}

/// How well orders were executed that were accepted lately
///
/// At most five seconds old. Of very many orders the newest are looked at, and `complete` is false.
#[utoipa::path(
    get,
    path = "/api/stats/execution",
    operation_id = "getExecutionStats",
    tag = "system",
    params(
        ("minutes" = Option<u32>, Query, minimum = 1, maximum = 10080, description = "How long ago an order may have been accepted; 60 where absent"),
    ),
    responses((status = 200, description = "The numbers", body = api_types::execution::ExecutionStatsAnswer))
)]
pub(crate) async fn execution(ctx: Ctx, _: Caller, request: HttpRequest) -> Result<HttpResponse> {
    let minutes = Parameters::of(&request)?.number("minutes", 1..=MINUTES_MAX)?;
    let answer = ctx.execution.within(minutes.unwrap_or(MINUTES)).await?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(answer))
}
