//! Who may operate: the holder of the admin key, or, where there is none, whoever sits at the machine.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpRequest};

use super::site::{host_name, is_loopback, is_loopback_name};
use super::{Scope, shown_key, unauthorized};
use crate::error::{ApiError, Code, Result};
use crate::forwarded;
use crate::state::Ctx;

/// An operator. As a handler's argument it refuses everybody else.
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    /// The name that goes into the audit log.
    pub actor: &'static str,
}

impl FromRequest for Operator {
    type Error = ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let ctx = request.app_data::<Ctx>();
        let ctx = ctx.expect("invariant: the state is handed to the app");
        ready(operator(ctx, request))
    }
}

/// Lets an operator through, and nobody else.
pub(crate) fn operator(ctx: &Ctx, request: &HttpRequest) -> Result<Operator> {
    if ctx.keys.has_admin() {
        by_key(ctx, request)
    } else {
        at_the_machine(ctx, request)
    }
}

fn by_key(ctx: &Ctx, request: &HttpRequest) -> Result<Operator> {
    let key = shown_key(request)?.ok_or_else(unauthorized)?;
    match ctx.keys.by_key(key).map(|caller| caller.scope) {
        Some(Scope::Admin) => Ok(Operator { actor: "admin" }),
        Some(_) => Err(forbidden("an API key does not open the operators' calls")),
        None => Err(unauthorized()),
    }
}

/// Without a key only the machine itself is believed, and nothing that a web page or a proxy could have
/// sent on somebody's behalf.
fn at_the_machine(ctx: &Ctx, request: &HttpRequest) -> Result<Operator> {
    // With API keys set, a caller is still told first that a key is needed.
    if let Some(key) = shown_key(request)?
        && !ctx.keys.are_open()
    {
        return match ctx.keys.by_key(key) {
            Some(_) => Err(forbidden("an API key does not open the operators' calls")),
            None => Err(unauthorized()),
        };
    }
    let peer = request.peer_addr().map(|peer| peer.ip());
    // Behind a proxy every request comes from this machine, whoever sent it and whatever headers it has.
    let is_direct = ctx.settings.trust_proxy == 0 && !forwarded::is_forwarded(request);
    if !ctx.loopback_only || !peer.is_some_and(is_loopback) || !is_direct {
        return Err(forbidden(
            "the operators' calls need ADMIN_KEY, or a caller on this machine",
        ));
    }
    if !is_own_host(request) || is_foreign_origin(request) {
        return Err(forbidden(
            "the operators' calls do not answer to other sites",
        ));
    }
    Ok(Operator { actor: "loopback" })
}

fn forbidden(detail: &'static str) -> ApiError {
    ApiError::new(Code::Forbidden, detail)
}

/// A page whose name was made to point at this machine still names itself in `Host`.
fn is_own_host(request: &HttpRequest) -> bool {
    let mut hosts = request.headers().get_all(header::HOST);
    let host = hosts.next().and_then(|host| host.to_str().ok());
    hosts.next().is_none() && host.is_some_and(|host| is_loopback_name(host_name(host)))
}

fn is_foreign_origin(request: &HttpRequest) -> bool {
    if [Method::GET, Method::HEAD].contains(request.method()) {
        return false;
    }
    let host = request.headers().get(header::HOST);
    let own = host.and_then(|host| host.to_str().ok());
    request.headers().get_all(header::ORIGIN).any(|origin| {
        let origin = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.strip_prefix("http://"));
        origin.is_none() || origin != own
    })
}
