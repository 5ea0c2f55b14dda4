//! `POST /api/orders/execute`: submits an order, or only checks it.

use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use api_types::submit::{AcceptedOrder, SubmitOrder};

use crate::auth::Caller;
use crate::error::Result;
use crate::http::market;
use crate::http::payload;
use crate::intake::Receipt;
use crate::parameters::Parameters;
use crate::state::Ctx;

/// Submit an order
///
/// 201 means durable: no crash of any process loses the order.
#[utoipa::path(
    post,
    path = "/api/orders/execute",
    operation_id = "submitOrder",
    tag = "orders",
    params(
        ("dryRun" = Option<bool>, Query, description = "Only check the order and ask for quotes (answers 200)"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$", description = "1 to 255 visible characters: a repeat with the same key and body gets the first answer. Keep it until 201, 409 or 422: no other answer says that no try under it was stored"),
    ),
    request_body = SubmitOrder,
    responses(
        (status = 201, description = "The order is stored and queued", body = AcceptedOrder, headers(
            ("Location" = String, description = "The order"),
            ("Idempotent-Replayed" = Option<String>, description = "`true`: this is the first answer again"),
        )),
        (status = 200, description = "With `dryRun=true`: the order is right, and this is what the venues offer", body = api_types::quote::QuotesAnswer),
    )
)]
pub(crate) async fn submit(
    ctx: Ctx,
    caller: Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let body = payload::read_json(&request, payload).await?;
    let is_dry_run = Parameters::of(&request)?.flag("dryRun")?;
    let envelope = ctx.doorstep.envelope(&request, caller, &ctx.intake)?;
    if is_dry_run {
        let terms = ctx.intake.check(&body, &envelope).await?;
        return market::dry_run(&ctx, &envelope.caller, &terms).await;
    }
    let receipt = ctx.submit(envelope, body).await?;
    Ok(created(receipt))
}

fn created(receipt: Receipt) -> HttpResponse {
    let mut response = HttpResponse::Created();
    response.insert_header((CONTENT_TYPE, "application/json"));
    response.insert_header((LOCATION, format!("/api/orders/{}", receipt.order_id)));
    if receipt.is_replay() {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    if let Some(rate) = receipt.rate {
        rate.add_to(&mut response);
    }
    response.body(receipt.answer)
}
