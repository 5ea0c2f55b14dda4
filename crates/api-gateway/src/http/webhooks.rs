//! The operators' calls about webhooks: how many wait for their receiver, which were given up, and their retry. The store
//! writes each retry to the audit log, in one transaction with it.

use actix_web::{HttpRequest, HttpResponse};
use api_types::webhook::{AdminWebhooks, AdminWebhooksRetried, DeadWebhookView};
use ports::webhooks::{DeadWebhook, Retry, WebhookId};

use crate::deadline;
use crate::doorstep::Operator;
use crate::error::{ApiError, Code, Result};
use crate::http::orders::page_limit;
use crate::parameters::Parameters;
use crate::state::Ctx;

/// Webhooks that wait, and those that were given up
#[utoipa::path(
    get,
    path = "/api/admin/webhooks",
    operation_id = "listDeadWebhooks",
    tag = "admin",
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200, description = "50 where absent"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses((status = 200, description = "Counts, and a page of the dead ones, the newest order's first", body = AdminWebhooks))
)]
pub(crate) async fn list(ctx: Ctx, _: Operator, request: HttpRequest) -> Result<HttpResponse> {
    let parameters = Parameters::of(&request)?;
    let limit = page_limit(&parameters)?;
    let before = parameters.cursor(WebhookId::parse)?;
    let store = &ctx.ports.store;
    let counts = deadline::read(store.webhook_counts()).await?;
    let mut dead = deadline::read(store.dead_webhooks(before, limit + 1)).await?;
    let has_more = dead.len() > limit;
    dead.truncate(limit);
    let last = dead.last().filter(|_| has_more);
    Ok(HttpResponse::Ok().json(AdminWebhooks {
        success: true,
        pending: counts.pending,
        dead: counts.dead,
        oldest_pending_at: counts.oldest_pending.map(|at| at.to_string()),
        next_cursor: last.map(|last| last.id.to_string()),
        webhooks: dead.iter().map(view).collect(),
    }))
}

/// Try a dead webhook again
///
/// It is sent as if it had never been tried, under the same id: also where later ones of its order were taken meanwhile.
#[utoipa::path(
    post,
    path = "/api/admin/webhooks/{id}/retry",
    operation_id = "retryDeadWebhook",
    tag = "admin",
    params(("id" = String, Path, description = "The dead webhook's id")),
    responses((status = 200, description = "It is pending", body = AdminWebhooksRetried))
)]
pub(crate) async fn retry(
    ctx: Ctx,
    operator: Operator,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let text = request.match_info().query("id");
    let id = WebhookId::parse(text).ok_or_else(|| {
        ApiError::invalid_parameter("id", "must be a webhook's id, such as evt_ORDER_4")
    })?;
    match retried(&ctx, operator, Retry::One(id)).await? {
        0 => {
            let detail = "the webhook is not dead: it was taken, is pending, or never was";
            Err(ApiError::new(Code::NotDead, detail).with_order(id.order))
        }
        retried => Ok(answer(retried)),
    }
}

/// Try all dead webhooks again
///
/// At most 10000 at once, those of the oldest orders first.
#[utoipa::path(
    post,
    path = "/api/admin/webhooks/retry",
    operation_id = "retryDeadWebhooks",
    tag = "admin",
    responses((status = 200, description = "So many are pending", body = AdminWebhooksRetried))
)]
pub(crate) async fn retry_all(ctx: Ctx, operator: Operator) -> Result<HttpResponse> {
    Ok(answer(retried(&ctx, operator, Retry::All).await?))
}

async fn retried(ctx: &Ctx, Operator { actor }: Operator, which: Retry) -> Result<u64> {
    let parts = ctx.clone();
    let retrying = async move {
        let store = &parts.ports.store;
        deadline::write(store.retry_webhooks(which, actor)).await
    };
    ctx.intake.acts.run_to_end(retrying).await
}

fn answer(retried: u64) -> HttpResponse {
    HttpResponse::Ok().json(AdminWebhooksRetried {
        success: true,
        retried,
    })
}

fn view(dead: &DeadWebhook) -> DeadWebhookView {
    DeadWebhookView {
        id: dead.id.to_string(),
        order_id: dead.id.order.uuid(),
        seq: dead.id.seq.get(),
        status: dead.status.into(),
        timestamp: dead.at.to_string(),
        dead_at: dead.dead_at.to_string(),
        tries: dead.refusals,
        error: dead.error.clone(),
    }
}
