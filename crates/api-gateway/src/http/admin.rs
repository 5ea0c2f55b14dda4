//! The operators' calls. The store writes each act to the audit log, in one transaction with the
//! act.

use std::time::Duration;

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use api_types::admin::{
    AdminAudit, AdminDead, AdminHalt, AdminPaused, AdminQueue, AdminRetried, AdminWorkers,
};
use domain::Order;
use ports::Ports;
use ports::valve::LEAVE;

use crate::deadline;
use crate::doorstep::Operator;
use crate::error::{ApiError, Code, Result};
use crate::http::fields::reason_if_any;
use crate::http::orders::{cut_page, page_limit, read_cursor, views as orders_seen};
use crate::http::payload;
use crate::parameters::{Parameters, order_id_in_path};
use crate::state::Ctx;
use crate::views::{self, To};

/// A queue that needs longer counts as down: its own numbers are left out.
const QUEUE_PATIENCE: Duration = Duration::from_secs(1);
/// What the audit log says of a halt for which nobody gave a reason.
const NO_REASON: &str = "no reason given";
/// Unreadable entries to show: enough to see what they are.
const SHOWN_ENTRIES: usize = 50;

/// The queue
#[utoipa::path(
    get,
    path = "/api/admin/queue",
    operation_id = "getQueue",
    tag = "admin",
    responses((status = 200, description = "Depth, age, and whether the engine is paused or halted", body = AdminQueue))
)]
pub(crate) async fn queue(ctx: Ctx, _: Operator) -> Result<HttpResponse> {
    let store = &ctx.ports.store;
    let standing = async { tokio::try_join!(store.is_paused(), store.halted()) };
    let (paused, halt) = deadline::read(standing).await?;
    let snapshot = ctx.intake.stats.recent().await?;
    let queue = &ctx.ports.queue;
    let asking = async { tokio::try_join!(queue.depth(), queue.dead_entries(SHOWN_ENTRIES)) };
    let own = tokio::time::timeout(QUEUE_PATIENCE, asking).await;
    let (entries, dead_entries) = match own {
        Ok(Ok((depth, dead))) => (Some(views::entries(depth, snapshot.in_hands)), dead),
        Ok(Err(_)) | Err(_) => (None, Vec::new()),
    };
    Ok(HttpResponse::Ok().json(AdminQueue {
        success: true,
        paused,
        halted: halt.map(|halt| views::halted(&halt, To::Operators)),
        queue: views::queue(&snapshot.counts),
        entries,
        dead_entries,
    }))
}

/// The workers that are alive
#[utoipa::path(
    get,
    path = "/api/admin/workers",
    operation_id = "listWorkers",
    tag = "admin",
    responses((status = 200, description = "The workers, oldest first", body = AdminWorkers))
)]
pub(crate) async fn workers(ctx: Ctx, _: Operator) -> Result<HttpResponse> {
    let workers = deadline::read(ctx.ports.store.workers()).await?;
    Ok(HttpResponse::Ok().json(AdminWorkers {
        success: true,
        workers: workers.iter().map(views::worker).collect(),
    }))
}

/// Failed orders that were not retried
#[utoipa::path(
    get,
    path = "/api/admin/dead",
    operation_id = "listDeadOrders",
    tag = "admin",
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200, description = "50 where absent"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses((status = 200, description = "A page of them, newest first", body = AdminDead))
)]
pub(crate) async fn dead(ctx: Ctx, _: Operator, request: HttpRequest) -> Result<HttpResponse> {
    let parameters = Parameters::of(&request)?;
    let limit = page_limit(&parameters)?;
    let before = parameters.cursor(read_cursor)?;
    let mut orders: Vec<Order> = deadline::read(ctx.ports.store.dead(before, limit + 1)).await?;
    let next_cursor = cut_page(&mut orders, limit);
    Ok(HttpResponse::Ok().json(AdminDead {
        success: true,
        orders: orders_seen(&ctx, &orders).await?,
        next_cursor,
    }))
}

/// Operators' acts
#[utoipa::path(
    get,
    path = "/api/admin/audit",
    operation_id = "listAudit",
    tag = "admin",
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200, description = "50 where absent"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses((status = 200, description = "A page of them, newest first", body = AdminAudit))
)]
pub(crate) async fn audit(ctx: Ctx, _: Operator, request: HttpRequest) -> Result<HttpResponse> {
    let parameters = Parameters::of(&request)?;
    let limit = page_limit(&parameters)?;
    let before: Option<u64> = parameters.cursor(|text| text.parse().ok())?;
    let mut entries = deadline::read(ctx.ports.store.audit(before, limit + 1)).await?;
    let has_more = entries.len() > limit;
    entries.truncate(limit);
    let last = entries.last().filter(|_| has_more);
    Ok(HttpResponse::Ok().json(AdminAudit {
        success: true,
        next_cursor: last.map(|last| last.id.to_string()),
        entries: entries.into_iter().map(views::act).collect(),
    }))
}

/// Take no new work
///
/// What was sent is still confirmed.
#[utoipa::path(
    post,
    path = "/api/admin/pause",
    operation_id = "pause",
    tag = "admin",
    responses((status = 200, description = "The engine is paused", body = AdminPaused))
)]
pub(crate) async fn pause(ctx: Ctx, operator: Operator) -> Result<HttpResponse> {
    set_paused(&ctx, operator, true).await
}

/// Sign and send nothing
///
/// Whatever was sent may still land: its fate is asked for and recorded, orders are taken in, and what was never sent
/// dies by its height. The answer comes once no worker can sign or send anything any more, about two seconds later,
/// also where a worker does not hear of it. It stands until somebody resumes, also over restarts.
#[utoipa::path(
    post,
    path = "/api/admin/halt",
    operation_id = "halt",
    tag = "admin",
    request_body(content = Option<AdminHalt>, description = "Why; may be left out"),
    responses((status = 200, description = "Nothing is signed or sent any more", body = AdminPaused))
)]
pub(crate) async fn halt(
    ctx: Ctx,
    Operator { actor }: Operator,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let reason = match payload::read_json_if_any(&request, payload).await? {
        Some(body) => reason_if_any(&body)?,
        None => None,
    };
    let reason = reason.unwrap_or_else(|| NO_REASON.to_owned());
    let parts = ctx.clone();
    let halting = async move {
        let Ports { store, clock, .. } = &parts.ports;
        let halt = deadline::write(store.halt(actor, &reason)).await?;
        tracing::warn!(actor, reason, "the engine was halted by {actor}: {reason}");
        // Whoever has not heard of it by then has no leave any more.
        clock.sleep(LEAVE).await;
        Ok(halt)
    };
    let halt = ctx.intake.acts.run_to_end(halting).await?;
    Ok(HttpResponse::Ok().json(AdminPaused {
        success: true,
        paused: true,
        halted: Some(views::halted(&halt, To::Operators)),
    }))
}

/// Take work again
///
/// Ends a pause and a halt.
#[utoipa::path(
    post,
    path = "/api/admin/resume",
    operation_id = "resume",
    tag = "admin",
    responses((status = 200, description = "The engine works", body = AdminPaused))
)]
pub(crate) async fn resume(ctx: Ctx, operator: Operator) -> Result<HttpResponse> {
    set_paused(&ctx, operator, false).await
}

async fn set_paused(ctx: &Ctx, Operator { actor }: Operator, paused: bool) -> Result<HttpResponse> {
    let parts = ctx.clone();
    let pausing = async move {
        let store = &parts.ports.store;
        deadline::write(store.set_paused(paused, actor)).await?;
        let act = if paused { "paused" } else { "resumed" };
        tracing::info!(actor, "the engine was {act} by {actor}");
        deadline::read(store.halted()).await
    };
    let halt = ctx.intake.acts.run_to_end(pausing).await?;
    Ok(HttpResponse::Ok().json(AdminPaused {
        success: true,
        paused,
        halted: halt.map(|halt| views::halted(&halt, To::Operators)),
    }))
}

/// Try a failed order again
///
/// A new order with the same terms is accepted; the dead one stays as it ended.
#[utoipa::path(
    post,
    path = "/api/admin/dead/{id}/retry",
    operation_id = "retryDeadOrder",
    tag = "admin",
    params(("id" = uuid::Uuid, Path, description = "The failed order's id")),
    responses((status = 200, description = "The new order", body = AdminRetried))
)]
pub(crate) async fn retry(
    ctx: Ctx,
    operator: Operator,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let id = order_id_in_path(&request)?;
    let found = deadline::read(ctx.ports.store.order(id, None)).await?;
    let order = found.ok_or_else(ApiError::order_not_found)?;
    match ctx.intake.accept_again(&order, operator.actor).await? {
        Some(new) => Ok(HttpResponse::Ok().json(AdminRetried {
            success: true,
            order_id: new.uuid(),
            retry_of: id.uuid(),
        })),
        None => {
            let detail = "the order did not fail, or was retried before";
            let refused = ApiError::new(Code::NotDead, detail);
            Err(refused.with_order(id).with_status(order.status()))
        }
    }
}
