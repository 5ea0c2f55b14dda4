//! What answers where nothing else does: unknown paths, wrong methods.

use actix_web::{HttpRequest, HttpResponse};

use crate::error::{ApiError, Code, Result};
use crate::state::Ctx;

/// Where a path means nothing.
pub(crate) async fn not_found(ctx: Ctx, request: HttpRequest) -> Result<HttpResponse> {
    check_key(&ctx, &request)?;
    Err(ApiError::new(
        Code::NotFound,
        "there is nothing at this path",
    ))
}

/// Where a path is known and the method is not.
pub(crate) fn method_not_allowed(
    ctx: &Ctx,
    request: &HttpRequest,
    methods: &'static str,
) -> Result<HttpResponse> {
    check_key(ctx, request)?;
    let detail = format!("this path takes {methods}");
    Err(ApiError::new(Code::MethodNotAllowed, detail).allowing(methods))
}

/// Behind the keys even what is not there is not told without one.
fn check_key(ctx: &Ctx, request: &HttpRequest) -> Result<()> {
    let path = request.path();
    if path.starts_with("/api/admin/") {
        ctx.doorstep.operator(request)?;
    } else if path.starts_with("/api/") || path.starts_with("/ws/") {
        ctx.doorstep.caller(request)?;
    }
    Ok(())
}
