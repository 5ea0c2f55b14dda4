//! The statuses that clients see.

use crate::named::named;

named! {
    /// Where an order stands, without the data of its state; in the order of an order's life.
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
    /// The index of this status in [`Status::ALL`], which is also its code in database columns.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
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
