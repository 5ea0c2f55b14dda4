//! `PATCH /api/orders/{id}`: the client changes an order that waits, or learns that it has fired.

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use api_types::order::OrderAnswer;
use api_types::submit::ChangeOrder;

use crate::auth::Caller;
use crate::error::Result;
use crate::http::{orders, payload};
use crate::parameters::order_id_in_path;
use crate::state::Ctx;

/// Change an order that waits
///
/// Its price, its minimum, and how long it is valid. An order that has fired is not changed any more.
#[utoipa::path(
    patch,
    path = "/api/orders/{id}",
    operation_id = "changeOrder",
    tag = "orders",
    params(("id" = uuid::Uuid, Path, description = "The order's id")),
    request_body(content = ChangeOrder),
    responses((status = 200, description = "The order as it is now", body = OrderAnswer))
)]
pub(crate) async fn change(
    ctx: Ctx,
    caller: Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let id = order_id_in_path(&request)?;
    let body = payload::read_json(&request, payload).await?;
    ctx.intake.change(&caller, id, body).await?;
    orders::answer(&ctx, &ctx.order(id, &caller).await?).await
}
