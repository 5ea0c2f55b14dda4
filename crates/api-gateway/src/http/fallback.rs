//! Answers where no route matches: unknown paths, wrong methods.

use actix_web::{HttpRequest, HttpResponse};

use crate::error::{ApiError, Code, Result};
use crate::state::Ctx;

/// For an unknown path.
pub(crate) async fn not_found(ctx: Ctx, request: HttpRequest) -> Result<HttpResponse> {
    check_key(&ctx, &request)?;
    Err(ApiError::new(
        Code::NotFound,
        "there is nothing at this path",
    ))
}

/// For a known path with another method.
pub(crate) fn method_not_allowed(
    ctx: &Ctx,
    request: &HttpRequest,
    methods: &'static str,
) -> Result<HttpResponse> {
    check_key(ctx, request)?;
    let detail = format!("this path takes {methods}");
    Err(ApiError::new(Code::MethodNotAllowed, detail).allowing(methods))
}

/// If the engine has keys, a caller without one does not even learn that a path does not exist.
fn check_key(ctx: &Ctx, request: &HttpRequest) -> Result<()> {
    let path = request.path();
    if path.starts_with("/api/admin/") {
        ctx.doorstep.operator(request)?;
    } else if path.starts_with("/api/") || path.starts_with("/ws/") {
        ctx.doorstep.caller(request)?;
    }
    Ok(())
}
