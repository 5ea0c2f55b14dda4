//! Which sites' pages may act here. Without keys a browser needs nothing to act for its user, so
//! any page that the user has open could trade. Therefore pages of other sites get no call that
//! changes something, and no socket (browsers open those across sites without asking).
//!
//! A page of another site may also point its own host name here, to look like the gateway's own
//! site. So the gateway trusts a name only if nobody else can have pointed it here: an IP address,
//! a name without a dot, `localhost`, a name in the settings, and a name for which a proxy has
//! shown a certificate.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::{Method, header};

use super::Doorstep;
use crate::error::{ApiError, Code, Result};

impl Doorstep {
    /// Refuses requests from pages of other sites. Programs other than browsers send no `Origin`.
    pub(crate) fn refuse_other_sites(&self, request: &HttpRequest) -> Result<()> {
        // The operators' calls have their own check; with keys, a page of another site does not
        // know one.
        if !self.keys.are_open() || request.path().starts_with("/api/admin/") {
            return Ok(());
        }
        if !self.is_own_host(request) && (can_act(request) || can_tell(request)) {
            let detail = "an engine on loopback answers to names of this machine; PUBLIC_URL and \
                          CORS_ORIGINS name others";
            return Err(ApiError::new(Code::Forbidden, detail));
        }
        if can_act(request) && !self.has_own_origin(request) {
            let detail = "pages of other sites may not do this; PUBLIC_URL names this one, CORS_ORIGINS \
                          others that may";
            return Err(ApiError::new(Code::Forbidden, detail));
        }
        Ok(())
    }

    fn has_own_origin(&self, request: &HttpRequest) -> bool {
        let addressed = self.addressed_host(request);
        request.headers().get_all(header::ORIGIN).all(|origin| {
            let Ok(origin) = origin.to_str() else {
                return false;
            };
            let is_own = authority(origin).is_some_and(|from| {
                let is_addressed = addressed.is_some_and(|own| own.eq_ignore_ascii_case(from));
                (is_addressed && self.is_believed(request, origin)) || self.is_public(from)
            });
            is_own || self.is_listed(origin)
        })
    }

    /// Whether nobody else can have pointed this name here.
    fn is_believed(&self, request: &HttpRequest, origin: &str) -> bool {
        let name = authority(origin).map_or("", host_name);
        let is_certified = origin.starts_with("https://") && self.is_encrypted(request);
        is_certified || cannot_be_pointed_here(name)
    }

    /// A page whose host name was pointed at this machine still sends that name in `Host`.
    fn is_own_host(&self, request: &HttpRequest) -> bool {
        // On other addresses the gateway does not know its own names; behind a proxy the proxy
        // checks them.
        if !self.loopback_only || self.trust_proxy > 0 {
            return true;
        }
        let Some(host) = self.addressed_host(request) else {
            return true;
        };
        is_loopback_name(host_name(host))
            || self.is_public(host)
            || ["http://", "https://"]
                .iter()
                .any(|scheme| self.is_listed(&[scheme, host].concat()))
    }

    fn is_public(&self, host: &str) -> bool {
        let public = self.public_url.as_deref().and_then(authority);
        public.is_some_and(|public| public.eq_ignore_ascii_case(host))
    }

    fn is_listed(&self, origin: &str) -> bool {
        let listed = &self.cors_origins;
        listed.iter().any(|one| one == "*" || one == origin)
    }
}

/// Whether the answer may contain private data.
fn can_tell(request: &HttpRequest) -> bool {
    let path = request.path();
    path.starts_with("/api/") || path.starts_with("/ws/")
}

fn can_act(request: &HttpRequest) -> bool {
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    !reads || request.headers().contains_key(header::UPGRADE)
}

/// A name of the internet has a dot; this machine or its network assigns names without one.
fn cannot_be_pointed_here(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok() || !name.trim_end_matches('.').contains('.')
}

/// Host and port of a URL or an origin.
fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let end = rest.find('/').unwrap_or(rest.len());
    Some(&rest[..end]).filter(|authority| !authority.is_empty())
}

/// The name without the port.
pub(super) fn host_name(authority: &str) -> &str {
    if let Some((name, _)) = authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return name;
    }
    authority
        .rsplit_once(':')
        .map_or(authority, |(name, _)| name)
}

pub(super) fn is_loopback_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_loopback)
}

pub(super) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(authority: &str, is_own: bool) {
        assert_eq!(
            is_loopback_name(host_name(authority)),
            is_own,
            "{authority}"
        );
    }

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        check("localhost:3000", true);
        check("LOCALHOST", true);
        check("127.0.0.1:3000", true);
        check("127.9.9.9", true);
        check("[::1]:3000", true);
        check("localhost.evil.example:3000", false);
        check("evil.example", false);
        check("10.0.0.1:3000", false);
        check("", false);
    }

    #[test]
    fn a_name_of_the_internet_may_be_pointed_here_by_its_owner() {
        for name in [
            "localhost",
            "api-gateway",
            "192.168.1.7",
            "::1",
            "127.0.0.1",
        ] {
            assert!(cannot_be_pointed_here(name), "{name}");
        }
        for name in [
            "evil.example",
            "localhost.evil.example",
            "1.2.3.4.evil.example",
        ] {
            assert!(!cannot_be_pointed_here(name), "{name}");
        }
    }

    #[test]
    fn an_origin_has_a_host_or_is_nobodys() {
        assert_eq!(authority("https://desk.example"), Some("desk.example"));
        assert_eq!(authority("http://[::1]:3000/x"), Some("[::1]:3000"));
        assert_eq!(authority("null"), None);
        assert_eq!(authority("file://"), None);
    }
}
