//! The places where a swap can be executed.

use serde::{Deserialize, Serialize};

use crate::named::named;

named! {
    /// A decentralised exchange.
    Venue {
        Raydium "raydium"
        Meteora "meteora"
    }
}

named! {
    /// The program on a venue that holds a pool.
    Program {
        Cpmm "cpmm"
        AmmV4 "amm_v4"
        DammV2 "damm_v2"
        Dlmm "dlmm"
    }
}

impl Program {
    /// The venue it belongs to.
    #[must_use]
    pub const fn venue(self) -> Venue {
        match self {
            Self::Cpmm | Self::AmmV4 => Venue::Raydium,
            Self::DammV2 | Self::Dlmm => Venue::Meteora,
        }
    }
}

/// Which venues an order may use. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VenueSet(u8);

impl VenueSet {
    /// Every venue.
    pub const ALL: Self = Self(0b11);

    const fn bit(venue: Venue) -> u8 {
        match venue {
            Venue::Raydium => 0b01,
            Venue::Meteora => 0b10,
        }
    }

    /// The venues of `allowed` without those of `excluded`; `None` if none are left.
    #[must_use]
    pub fn of(allowed: &[Venue], excluded: &[Venue]) -> Option<Self> {
        let mut bits = allowed
            .iter()
            .fold(0, |bits, venue| bits | Self::bit(*venue));
        for venue in excluded {
            bits &= !Self::bit(*venue);
        }
        (bits != 0).then_some(Self(bits))
    }

    /// Whether an order may use this venue.
    #[must_use]
    pub const fn contains(self, venue: Venue) -> bool {
        self.0 & Self::bit(venue) != 0
    }

    /// The venues of the set, in their usual order.
    pub fn iter(self) -> impl Iterator<Item = Venue> {
        Venue::ALL
            .into_iter()
            .filter(move |venue| self.contains(*venue))
    }
}
