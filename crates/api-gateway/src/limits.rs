//! How much one client may hand in: orders per minute, and open orders at once.
//!
//! Open connections are counted in `ws/limits.rs`, waiting orders in `stats.rs`.

mod ceiling;
mod open_orders;
mod rate;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use ports::Clock;

pub(crate) use ceiling::{Ceiling, Room};
pub(crate) use open_orders::{OpenOrders, Place};
use rate::Rate;
pub use rate::RateLimit;

use crate::auth::{Caller, Scope};
use crate::error::Result;
use crate::forwarded;
use crate::settings::GatewaySettings;
use crate::state::AppState;

/// No address and no client is called so.
const NOBODY: &str = "";

/// Whom the limits count: a key's client, or a peer's address where there are no keys.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Payer(Arc<str>);

impl Payer {
    /// Whom to count for this request.
    #[must_use]
    pub fn of(ctx: &AppState, caller: &Caller, request: &HttpRequest) -> Self {
        match caller.scope {
            Scope::Key => Self(caller.client.as_str().into()),
            Scope::Open | Scope::Admin => Self::at(forwarded::client_address(ctx, request)),
        }
    }

    /// Whether there is nobody to count: the connection was gone before its peer could be told.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        &*self.0 == NOBODY
    }

    fn at(address: Option<IpAddr>) -> Self {
        match address {
            // Whoever has one such address has its whole network.
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                Self(format!("{a:x}:{b:x}:{c:x}:{d:x}::/64").into())
            }
            Some(IpAddr::V4(address)) => Self(address.to_string().into()),
            None => Self(NOBODY.into()),
        }
    }

    /// The name to count under.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Payer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The limits of each client's submissions.
#[derive(Debug)]
pub struct Limits {
    rate: Option<Rate>,
    pub(crate) open_orders: Option<OpenOrders>,
}

impl Limits {
    /// The limits of these settings.
    #[must_use]
    pub fn new(settings: &GatewaySettings, clock: &Arc<dyn Clock>) -> Self {
        Self {
            rate: Rate::new(settings.client_rate_limit_per_minute, clock),
            open_orders: OpenOrders::new(settings.client_max_open_orders),
        }
    }

    /// Whether a client can be refused at all.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.rate.is_some() || self.open_orders.is_some()
    }

    /// Takes one submission out of the client's rate; says what is left of it, where there is a limit.
    pub fn take_submission(&self, payer: &Payer) -> Result<Option<RateLimit>> {
        self.rate.as_ref().map(|rate| rate.take(payer)).transpose()
    }

    /// Gives a submission back that was refused after all.
    pub fn give_submission_back(&self, payer: &Payer, taken: Option<RateLimit>) {
        if let (Some(rate), Some(taken)) = (&self.rate, taken) {
            rate.give_back(payer, taken);
        }
    }
}
