//! `GET /api/tokens`, and the tokens that open sockets.

use actix_web::HttpResponse;
use api_types::socket::WsToken;
use api_types::token::TokensAnswer;

use crate::auth::{Caller, Reach};
use crate::error::Result;
use crate::state::Ctx;

/// The tokens that can be traded
#[utoipa::path(
    get,
    path = "/api/tokens",
    operation_id = "listTokens",
    tag = "market",
    responses((status = 200, description = "Every listed token", body = TokensAnswer))
)]
pub(crate) async fn list(ctx: Ctx, _: Caller) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(TokensAnswer::of(&ctx.tokens)))
}

/// A token for sockets and live events
///
/// For clients that cannot set headers: pass it as `?token=`. Null where the engine has no keys.
#[utoipa::path(
    post,
    path = "/api/ws-token",
    operation_id = "createSocketToken",
    tag = "live",
    responses((status = 200, description = "The token", body = WsToken))
)]
pub(crate) async fn for_sockets(ctx: Ctx, caller: Caller) -> Result<HttpResponse> {
    let now = ctx.ports.clock.now();
    let token = ctx.doorstep.keys.token_for(&caller, Reach::Client, now);
    Ok(HttpResponse::Ok().json(WsToken {
        success: true,
        expires_at: token.as_ref().map(|token| token.expires_at.to_string()),
        token: token.map(|token| token.to_string()),
    }))
}
