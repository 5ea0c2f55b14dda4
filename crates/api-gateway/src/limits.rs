//! How much one client may submit: orders per minute, and open orders at once.
//!
//! Open connections are counted in `live/limits.rs`, waiting orders in `stats.rs`.

mod ceiling;
mod open_orders;
mod rate;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use domain::{ClientId, OrderId};
use ports::{Clock, Ports};

pub(crate) use ceiling::{Ceiling, Room};
use open_orders::{OpenOrders, Place};
use rate::{Rate, Submission};

use crate::auth::Caller;
use crate::error::{RateLimit, Result};
use crate::settings::GatewaySettings;

/// No address and no client has this name.
const NOBODY: &str = "";

/// Whom the limits count: a key's client, or a peer's address if there are no keys.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Payer(Arc<str>);

impl Payer {
    /// A key's client.
    #[must_use]
    pub fn client(client: &ClientId) -> Self {
        Self(client.as_str().into())
    }

    /// Whether the payer is unknown: the connection was gone before its peer's address could be
    /// read.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        &*self.0 == NOBODY
    }

    /// Every caller from this address.
    #[must_use]
    pub fn at(address: Option<IpAddr>) -> Self {
        match address {
            // A client with one such address usually has the whole network.
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
pub(crate) struct Limits {
    rate: Option<Rate>,
    open_orders: Option<OpenOrders>,
}

impl Limits {
    /// The limits of these settings.
    #[must_use]
    pub(crate) fn new(settings: &GatewaySettings, clock: &Arc<dyn Clock>) -> Self {
        Self {
            rate: Rate::new(settings.client_rate_limit_per_minute, clock),
            open_orders: OpenOrders::new(settings.client_max_open_orders),
        }
    }

    /// Whether a client can be refused at all.
    #[must_use]
    pub(crate) const fn any(&self) -> bool {
        self.rate.is_some() || self.open_orders.is_some()
    }

    /// Counts a question to the chain as a submission that is never given back.
    pub(crate) fn spend_on_question(&self, payer: Option<&Payer>) -> Result<()> {
        if let (Some(rate), Some(payer)) = (&self.rate, payer) {
            rate.take(payer)?.spend();
        }
        Ok(())
    }

    /// Checks one more order against its client's limits. The rate comes first, because it costs
    /// nothing; it is given back if the other limit refuses.
    pub(crate) async fn admit(
        &self,
        ports: &Ports,
        caller: &Caller,
        payer: &Payer,
    ) -> Result<Allowance<'_>> {
        let rate = self.rate.as_ref();
        let submission = rate.map(|rate| rate.take(payer)).transpose()?;
        let place = match &self.open_orders {
            Some(limit) => Some(limit.admit(ports, caller, payer).await?),
            None => None,
        };
        Ok(Allowance { submission, place })
    }
}

/// What one order uses of its client's limits. If it is dropped, it is given back.
#[derive(Debug, Default)]
pub(crate) struct Allowance<'a> {
    submission: Option<Submission<'a>>,
    place: Option<Place<'a>>,
}

impl Allowance<'_> {
    /// How much of the client's rate is left, if there is a limit.
    pub(crate) fn rate(&self) -> Option<RateLimit> {
        self.submission.as_ref().map(Submission::left)
    }

    /// The order is stored, or may be.
    pub(crate) async fn take(self, order: OrderId) {
        if let Some(submission) = self.submission {
            submission.spend();
        }
        if let Some(place) = self.place {
            place.take(order).await;
        }
    }
}
