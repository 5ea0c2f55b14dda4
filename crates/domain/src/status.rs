//! The statuses that clients see.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an order stands, without the data of its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Routing,
    Building,
    Submitted,
    Confirmed,
    Failed,
    Cancelled,
    Expired,
}

impl Status {
    /// Every status, in the order of an order's life.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Routing,
        Self::Building,
        Self::Submitted,
        Self::Confirmed,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The name clients see and send.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Routing => "routing",
            Self::Building => "building",
            Self::Submitted => "submitted",
            Self::Confirmed => "confirmed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// The index of this status in [`Status::ALL`], which is also its code in database columns.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Pending => 0,
            Self::Routing => 1,
            Self::Building => 2,
            Self::Submitted => 3,
            Self::Confirmed => 4,
            Self::Failed => 5,
            Self::Cancelled => 6,
            Self::Expired => 7,
        }
    }

    /// Finds a status by the name that [`Status::name`] gives.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether the order has ended: no event can follow.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Confirmed | Self::Failed | Self::Cancelled | Self::Expired
        )
    }

    /// Whether the client may still cancel: no transaction has been stored.
    #[must_use]
    pub const fn is_withdrawable(self) -> bool {
        matches!(self, Self::Pending | Self::Routing | Self::Building)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
