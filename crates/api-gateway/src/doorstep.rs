//! Who sends a request, from which address, and under which host name they reached this gateway.
//! All of it is read from the head of the request and checked against the settings for keys,
//! proxies and sites.

mod credentials;
mod envelope;
mod forwarded;
mod operator;
mod site;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ports::Clock;

pub(crate) use operator::Operator;

use crate::auth::Keys;
use crate::settings::GatewaySettings;

/// What every request is checked against before anything is done for it.
#[derive(Debug)]
pub(crate) struct Doorstep {
    pub(crate) keys: Arc<Keys>,
    /// Origins that browsers may call from; `*` for all.
    pub(crate) cors_origins: Vec<String>,
    clock: Arc<dyn Clock>,
    trust_proxy: usize,
    public_url: Option<String>,
    /// Where the gateway listens, for answers to requests that name no host.
    authority: String,
    /// Whether the gateway listens on loopback only.
    loopback_only: bool,
}

impl Doorstep {
    /// For a gateway that listens at this address.
    pub(crate) fn new(
        settings: &GatewaySettings,
        listens_at: SocketAddr,
        keys: Arc<Keys>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            keys,
            clock,
            cors_origins: settings.cors_origins.clone(),
            trust_proxy: settings.trust_proxy,
            public_url: settings.public_url.clone(),
            authority: authority(listens_at),
            loopback_only: listens_at.ip().to_canonical().is_loopback(),
        }
    }

    /// Whether anybody who reaches this gateway from another machine can trade.
    pub(crate) fn is_open_to_others(&self) -> bool {
        self.keys.are_open() && !self.loopback_only
    }
}

/// How a client on this machine calls the gateway.
fn authority(address: SocketAddr) -> String {
    let mut reachable = address;
    if address.ip().is_unspecified() {
        reachable.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    reachable.to_string()
}
