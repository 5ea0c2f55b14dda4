//! Where a request really comes from and which host name the client used, as far as the proxies in
//! front are trusted.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};

use super::Doorstep;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// Headers that reveal a proxy, in addition to all that begin with [`TELLTALE_PREFIX`].
const TELLTALE: [&str; 10] = [
    "cf-connecting-ip",
    "client-ip",
    "cluster-client-ip",
    "fastly-client-ip",
    "forwarded",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-real-ip",
];
const TELLTALE_PREFIX: &str = "x-forwarded";
/// Longer host names are refused unread: DNS allows 253 characters, and a port follows.
const MAX_HOST_LENGTH: usize = 260;

/// Whether a proxy stands between the client and this gateway.
pub(super) fn is_forwarded(request: &HttpRequest) -> bool {
    let names = request.headers().keys().map(HeaderName::as_str);
    names
        .into_iter()
        .any(|name| TELLTALE.contains(&name) || name.starts_with(TELLTALE_PREFIX))
}

impl Doorstep {
    /// The host that the client addressed, as far as the proxies in front are trusted.
    pub(super) fn addressed_host<'a>(&self, request: &'a HttpRequest) -> Option<&'a str> {
        believed(request, &HOST, self.trust_proxy).or_else(|| named_host(request))
    }

    /// The client's address: the peer's, or the one that the last trusted proxy saw.
    pub(super) fn client_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let told = believed(request, &FOR, self.trust_proxy);
        let told = told.and_then(address_in);
        told.or_else(|| request.peer_addr().map(|peer| peer.ip()))
            .map(|address: IpAddr| address.to_canonical())
    }

    /// The base of this gateway's sockets as the client must write it: `ws://host:port`.
    pub(super) fn socket_base(&self, request: &HttpRequest) -> String {
        if let Some(url) = &self.public_url {
            return to_socket_scheme(url);
        }
        let scheme = if self.is_encrypted(request) {
            "wss"
        } else {
            "ws"
        };
        let host = believed(request, &HOST, self.trust_proxy)
            .filter(|host| is_authority(host))
            .or_else(|| named_host(request))
            .unwrap_or(&self.authority);
        [scheme, "://", host].concat()
    }

    /// Whether the client reached a trusted proxy over TLS.
    pub(super) fn is_encrypted(&self, request: &HttpRequest) -> bool {
        believed(request, &PROTO, self.trust_proxy).is_some_and(|proto| {
            proto.eq_ignore_ascii_case("https") || proto.eq_ignore_ascii_case("wss")
        })
    }
}

/// Some proxies add the port.
fn address_in(text: &str) -> Option<IpAddr> {
    let bare = text.parse().ok();
    bare.or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

fn to_socket_scheme(url: &str) -> String {
    let url = url.trim_end_matches('/');
    match url.split_once("://") {
        Some(("https" | "wss", rest)) => ["wss://", rest].concat(),
        Some((_, rest)) => ["ws://", rest].concat(),
        None => ["ws://", url].concat(),
    }
}

fn named_host(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(header::HOST);
    let host = header.and_then(|host| host.to_str().ok());
    let host = host.or_else(|| {
        request
            .uri()
            .authority()
            .map(|authority| authority.as_str())
    });
    host.filter(|host| is_authority(host))
}

/// Accepts only a host and port, so nothing can break out of a URL.
fn is_authority(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !text.is_empty() && text.len() <= MAX_HOST_LENGTH && text.bytes().all(allowed)
}

/// The value that the farthest trusted proxy added: each adds its own at the end.
fn believed<'a>(request: &'a HttpRequest, name: &HeaderName, proxies: usize) -> Option<&'a str> {
    if proxies == 0 {
        return None;
    }
    let headers = request.headers().get_all(name);
    let values: Vec<&str> = headers
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let place = values.len().saturating_sub(proxies);
    values.get(place).copied().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn forwarded(value: &str) -> HttpRequest {
        TestRequest::default()
            .insert_header(("x-forwarded-for", value))
            .to_http_request()
    }

    #[test]
    fn only_as_many_proxies_are_believed_as_there_are() {
        let request = forwarded("6.6.6.6, 1.1.1.1, 2.2.2.2");

        assert_eq!(believed(&request, &FOR, 0), None);
        assert_eq!(believed(&request, &FOR, 1), Some("2.2.2.2"));
        assert_eq!(believed(&request, &FOR, 2), Some("1.1.1.1"));
        assert_eq!(believed(&request, &FOR, 9), Some("6.6.6.6"));
    }

    #[test]
    fn every_proxy_gives_itself_away() {
        assert!(!is_forwarded(&TestRequest::default().to_http_request()));
        for name in [
            "X-Real-IP",
            "CF-Connecting-IP",
            "X-Client-IP",
            "True-Client-IP",
            "Forwarded",
            "Via",
            "X-Forwarded-For",
            "X-Forwarded-Port",
            "X-Forwarded",
        ] {
            let request = TestRequest::default().insert_header((name, "1.2.3.4"));
            assert!(is_forwarded(&request.to_http_request()), "{name}");
        }
    }

    #[test]
    fn an_address_may_come_with_its_port() {
        let address: IpAddr = "1.2.3.4".parse().unwrap();

        assert_eq!(address_in("1.2.3.4"), Some(address));
        assert_eq!(address_in("1.2.3.4:567"), Some(address));
        assert_eq!(address_in("[::1]:567"), "::1".parse().ok());
        assert_eq!(address_in("unknown"), None);
    }

    #[test]
    fn a_public_url_becomes_a_socket_url() {
        assert_eq!(
            to_socket_scheme("https://desk.example/"),
            "wss://desk.example"
        );
        assert_eq!(
            to_socket_scheme("http://desk.example:80/x"),
            "ws://desk.example:80/x"
        );
    }

    #[test]
    fn a_host_that_could_break_out_is_not_used() {
        assert!(is_authority("[::1]:3000"));
        assert!(!is_authority("a\"b"));
        assert!(!is_authority("a/b"));
        assert!(!is_authority(""));
    }
}
