//! `GET /api/stats`: what the whole cluster is doing.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;

use crate::auth::Caller;
use crate::error::Result;
use crate::state::Ctx;

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
