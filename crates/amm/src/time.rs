//! The chain's time, as a swap sees it.

/// The chain's time, as its clock account states it at the moment of the swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChainTime {
    /// The slot.
    pub slot: u64,
    /// The epoch, which decides on Token-2022 transfer fees.
    pub epoch: u64,
    /// Seconds since the Unix epoch.
    pub unix_time: u64,
}

/// The point from which a pool may be traded, in the unit its creator chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// A slot number.
    Slot(u64),
    /// Seconds since the Unix epoch.
    UnixTime(u64),
}

impl Activation {
    /// The activation point itself.
    #[must_use]
    pub const fn point(self) -> u64 {
        match self {
            Self::Slot(point) | Self::UnixTime(point) => point,
        }
    }

    /// The present moment in the activation's own unit.
    #[must_use]
    pub const fn now(self, now: ChainTime) -> u64 {
        match self {
            Self::Slot(_) => now.slot,
            Self::UnixTime(_) => now.unix_time,
        }
    }

    /// How much later than this moment it is; 0 where it has come.
    #[must_use]
    pub const fn ahead_of(self, now: ChainTime) -> u64 {
        self.point().saturating_sub(self.now(now))
    }

    /// The moment at which it has come.
    #[must_use]
    pub const fn reached_from(self, now: ChainTime) -> ChainTime {
        match self {
            Self::Slot(slot) => ChainTime { slot, ..now },
            Self::UnixTime(unix_time) => ChainTime { unix_time, ..now },
        }
    }
}
