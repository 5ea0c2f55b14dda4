//! Who may operate: the holder of the admin key, or, if there is none, a caller on the machine
//! itself.

use actix_web::HttpRequest;
use actix_web::http::{Method, header};

use super::Doorstep;
use super::credentials::{shown_key, unauthorized};
use super::forwarded::is_forwarded;
use super::site::{host_name, is_loopback, is_loopback_name};
use crate::auth::{Caller, Scope};
use crate::error::{ApiError, Code, Result};

/// An operator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operator {
    /// The name in the audit log.
    pub(crate) actor: &'static str,
}

impl Doorstep {
    /// Admits only operators.
    pub(crate) fn operator(&self, request: &HttpRequest) -> Result<Operator> {
        let holder = shown_key(request)?.map(|key| self.keys.by_key(key));
        match holder {
            _ if !self.keys.has_admin() => self.at_the_machine(request, holder),
            Some(Some(caller)) if caller.scope == Scope::Admin => Ok(Operator { actor: "admin" }),
            Some(Some(_)) => Err(no_operators_key()),
            Some(None) | None => Err(unauthorized()),
        }
    }

    /// Without an admin key only the machine itself is trusted, and no request that a web page or a
    /// proxy could have sent for somebody else.
    fn at_the_machine(
        &self,
        request: &HttpRequest,
        holder: Option<Option<Caller>>,
    ) -> Result<Operator> {
        // If API keys are set, a caller without one first learns that a key is needed.
        if let Some(holder) = holder
            && !self.keys.are_open()
        {
            return Err(holder.map_or_else(unauthorized, |_| no_operators_key()));
        }
        let peer = request.peer_addr().map(|peer| peer.ip());
        // Behind a proxy every request comes from this machine, whoever sent it and whatever
        // headers it has.
        let is_direct = self.trust_proxy == 0 && !is_forwarded(request);
        if !self.loopback_only || !peer.is_some_and(is_loopback) || !is_direct {
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
}

fn no_operators_key() -> ApiError {
    forbidden("an API key does not open the operators' calls")
}

fn forbidden(detail: &'static str) -> ApiError {
    ApiError::new(Code::Forbidden, detail)
}

/// A page whose host name was pointed at this machine still sends that name in `Host`.
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
