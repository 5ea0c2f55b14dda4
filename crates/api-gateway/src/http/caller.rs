//! The caller, as an argument of handlers.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::auth::Caller;
use crate::doorstep::{Doorstep, Operator};
use crate::error::{ApiError, Result};
use crate::state::Ctx;

/// Refuses calls without a valid key with 401.
impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(doorstep(request).caller(request))
    }
}

/// Refuses everybody but operators.
impl FromRequest for Operator {
    type Error = ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(doorstep(request).operator(request))
    }
}

fn doorstep(request: &HttpRequest) -> &Doorstep {
    let ctx = request.app_data::<Ctx>();
    let ctx = ctx.expect("invariant: the state is handed to the app");
    &ctx.doorstep
}
