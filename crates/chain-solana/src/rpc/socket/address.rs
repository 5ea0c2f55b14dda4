//! Where a cluster's sockets are. As of other endpoints, nothing prints one whole.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use crate::rpc::http::{Endpoint, InvalidEndpoint};

/// The address of an endpoint's sockets. What is printed of it is the part that holds no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct SocketEndpoint(Url);

/// Why a text is no address of sockets. It does not repeat the text, which may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address such as wss://api.mainnet-beta.solana.com")]
pub struct InvalidSocketEndpoint;

impl SocketEndpoint {
    /// Where Solana's tools look for the sockets of an endpoint: on the next port where its address names one, at the
    /// same place otherwise.
    pub fn of(endpoint: &Endpoint) -> Result<Self, InvalidEndpoint> {
        let mut url = endpoint.url().clone();
        let scheme = match url.scheme() {
            "https" => "wss",
            _ => "ws",
        };
        let port = match url.port() {
            None => None,
            Some(port) => Some(port.checked_add(1).ok_or(InvalidEndpoint)?),
        };
        url.set_scheme(scheme).map_err(|()| InvalidEndpoint)?;
        url.set_port(port).map_err(|()| InvalidEndpoint)?;
        Ok(Self(url))
    }

    /// The whole address, for the client alone.
    pub(super) fn whole(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for SocketEndpoint {
    type Err = InvalidSocketEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidSocketEndpoint> {
        let url = Url::parse(text).map_err(|_| InvalidSocketEndpoint)?;
        let is_socket = matches!(url.scheme(), "ws" | "wss");
        match is_socket && url.host().is_some() {
            true => Ok(Self(url)),
            false => Err(InvalidSocketEndpoint),
        }
    }
}

impl fmt::Display for SocketEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::rpc::http::print(&self.0, f)
    }
}

impl fmt::Debug for SocketEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(endpoint: &str, sockets: &str) {
        let endpoint: Endpoint = endpoint.parse().unwrap();
        assert_eq!(SocketEndpoint::of(&endpoint).unwrap().whole(), sockets);
    }

    #[test]
    fn sockets_are_where_solanas_tools_look_for_them() {
        check("http://127.0.0.1:8899", "ws://127.0.0.1:8900/");
        check("http://localhost:8899", "ws://localhost:8900/");
        check(
            "https://api.devnet.solana.com",
            "wss://api.devnet.solana.com/",
        );
        check(
            "https://api.mainnet-beta.solana.com",
            "wss://api.mainnet-beta.solana.com/",
        );
        check("http://node", "ws://node/");
        check("http://[::1]:8899/", "ws://[::1]:8900/");
        check("http://[::1]/", "ws://[::1]/");
        check("https://node:443/path?key=1", "wss://node/path?key=1");
        check("https://node/path/?key=a:1", "wss://node/path/?key=a:1");
        check("https://node:9443/a/b?key=1", "wss://node:9444/a/b?key=1");
    }

    #[test]
    fn a_port_without_a_next_one_has_no_sockets() {
        let last: Endpoint = "http://node:65535".parse().unwrap();

        assert_eq!(SocketEndpoint::of(&last), Err(InvalidEndpoint));
    }

    #[test]
    fn nothing_prints_what_may_be_a_key() {
        let of: SocketEndpoint = "wss://user:word@node:1234/secret?key=1".parse().unwrap();

        assert_eq!(
            (of.to_string(), format!("{of:?}")),
            (
                "wss://node:1234/…".to_owned(),
                "wss://node:1234/…".to_owned()
            )
        );
        assert_eq!(
            "http://node".parse::<SocketEndpoint>(),
            Err(InvalidSocketEndpoint)
        );
    }
}
