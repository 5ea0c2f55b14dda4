//! `POST /api/orders/{id}/cancel`: the client cancels an order in time, or learns that it is too
//! late.

use actix_web::{HttpRequest, HttpResponse};
use api_types::names::StatusName;
use api_types::submit::CancelledOrder;
use ports::order_store::Withdrawn;

use crate::auth::Caller;
use crate::error::{ApiError, Code, Result};
use crate::parameters::order_id_in_path;
use crate::state::Ctx;

/// Cancel an order
///
/// Possible until its transaction is stored: while pending (a retry included), routing or building.
#[utoipa::path(
    post,
    path = "/api/orders/{id}/cancel",
    operation_id = "cancelOrder",
    tag = "orders",
    params(("id" = uuid::Uuid, Path, description = "The order's id")),
    responses((status = 200, description = "The order is cancelled", body = CancelledOrder))
)]
pub(crate) async fn cancel(ctx: Ctx, caller: Caller, request: HttpRequest) -> Result<HttpResponse> {
    let id = order_id_in_path(&request)?;
    match ctx.intake.cancel(&caller, id).await? {
        Withdrawn::Won { .. } => Ok(HttpResponse::Ok().json(CancelledOrder {
            success: true,
            order_id: id.uuid(),
            status: StatusName::Cancelled,
            message: "Order cancelled".to_owned(),
        })),
        Withdrawn::TooLate { status } => {
            let detail = format!("the order is {status} and can no longer be cancelled");
            let refused = ApiError::new(Code::NotCancellable, detail);
            Err(refused.with_order(id).with_status(status))
        }
        Withdrawn::Unknown => Err(ApiError::order_not_found()),
    }
}
