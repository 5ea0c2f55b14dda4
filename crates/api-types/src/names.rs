//! Names of statuses, venues and pools as clients read them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an order stands. The last four are terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusName {
    Pending,
    Routing,
    Building,
    Submitted,
    Confirmed,
    Failed,
    Cancelled,
    Expired,
}

impl StatusName {
    /// The name itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => domain::Status::Pending.name(),
            Self::Routing => domain::Status::Routing.name(),
            Self::Building => domain::Status::Building.name(),
            Self::Submitted => domain::Status::Submitted.name(),
            Self::Confirmed => domain::Status::Confirmed.name(),
            Self::Failed => domain::Status::Failed.name(),
            Self::Cancelled => domain::Status::Cancelled.name(),
            Self::Expired => domain::Status::Expired.name(),
        }
    }

    /// Whether the order has ended: no event can follow.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Confirmed | Self::Failed | Self::Cancelled | Self::Expired
        )
    }
}

impl From<domain::Status> for StatusName {
    fn from(status: domain::Status) -> Self {
        match status {
            domain::Status::Pending => Self::Pending,
            domain::Status::Routing => Self::Routing,
            domain::Status::Building => Self::Building,
            domain::Status::Submitted => Self::Submitted,
            domain::Status::Confirmed => Self::Confirmed,
            domain::Status::Failed => Self::Failed,
            domain::Status::Cancelled => Self::Cancelled,
            domain::Status::Expired => Self::Expired,
        }
    }
}

/// A decentralised exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VenueName {
    Raydium,
    Meteora,
}

impl VenueName {
    /// The name itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raydium => domain::Venue::Raydium.name(),
            Self::Meteora => domain::Venue::Meteora.name(),
        }
    }
}

impl From<domain::Venue> for VenueName {
    fn from(venue: domain::Venue) -> Self {
        match venue {
            domain::Venue::Raydium => Self::Raydium,
            domain::Venue::Meteora => Self::Meteora,
        }
    }
}

/// The program on a venue that holds the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolName {
    Cpmm,
    AmmV4,
    DammV2,
    Dlmm,
}

impl From<domain::venue::Pool> for PoolName {
    fn from(pool: domain::venue::Pool) -> Self {
        match pool {
            domain::venue::Pool::Cpmm => Self::Cpmm,
            domain::venue::Pool::AmmV4 => Self::AmmV4,
            domain::venue::Pool::DammV2 => Self::DammV2,
            domain::venue::Pool::Dlmm => Self::Dlmm,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_the_domains() {
        for status in domain::Status::ALL {
            let name = serde_json::to_value(StatusName::from(status)).unwrap();
            assert_eq!(name, status.name());
            assert_eq!(StatusName::from(status).name(), status.name());
            assert_eq!(StatusName::from(status).is_terminal(), status.is_terminal());
        }
        for venue in domain::Venue::ALL {
            let name = serde_json::to_value(VenueName::from(venue)).unwrap();
            assert_eq!(name, venue.name());
        }
        use domain::venue::Pool;
        for pool in [Pool::Cpmm, Pool::AmmV4, Pool::DammV2, Pool::Dlmm] {
            let name = serde_json::to_value(PoolName::from(pool)).unwrap();
            assert_eq!(name, pool.name());
        }
    }
}
