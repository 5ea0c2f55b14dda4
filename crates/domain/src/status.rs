//! The statuses that clients see.

use crate::named::named;

named! {
    /// Where an order stands, without the details; in the order of an order's life.
    Status {
        Pending "pending"
        Routing "routing"
        Building "building"
        Submitted "submitted"
        Confirmed "confirmed"
        Failed "failed"
        Cancelled "cancelled"
        Expired "expired"
    }
}

impl Status {
    /// The place of this status in [`Status::ALL`]: also its code in a database column.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Confirmed | Self::Failed | Self::Cancelled | Self::Expired
        )
    }

    /// Whether the client may still withdraw: nothing has been signed and stored.
    #[must_use]
    pub const fn is_withdrawable(self) -> bool {
        matches!(self, Self::Pending | Self::Routing | Self::Building)
    }
}
