//! Where a cluster is asked. Providers put keys into addresses, so nothing prints one whole.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

/// The address of an endpoint. What is printed of it is the part that holds no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why a text is no address of an endpoint. It does not repeat the text, which may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address such as https://api.mainnet-beta.solana.com")]
pub struct InvalidEndpoint;

impl Endpoint {
    /// The whole address, for the HTTP client alone.
    pub(in crate::rpc) fn url(&self) -> &Url {
        &self.0
    }

    /// The host, with its port where one is named: all that logs, errors and labels of metrics may say.
    #[must_use]
    pub fn host(&self) -> String {
        host(&self.0)
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        let url = Url::parse(text).map_err(|_| InvalidEndpoint)?;
        let is_http = matches!(url.scheme(), "http" | "https");
        match is_http && url.host().is_some() {
            true => Ok(Self(url)),
            false => Err(InvalidEndpoint),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(&self.0, f)
    }
}

/// Prints the part of an address that holds no secret.
pub(in crate::rpc) fn print(url: &Url, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}://{}", url.scheme(), host(url))?;
    match url.path() == "/" && url.query().is_none() {
        true => Ok(()),
        false => f.write_str("/…"),
    }
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
