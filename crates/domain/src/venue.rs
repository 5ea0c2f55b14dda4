//! The places where a swap can be executed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A decentralised exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Venue {
    Raydium,
    Meteora,
}

impl Venue {
    /// Every venue, in the order in which people see them listed.
    pub const ALL: [Self; 2] = [Self::Raydium, Self::Meteora];

    /// The name clients see and send.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raydium => "raydium",
            Self::Meteora => "meteora",
        }
    }

    /// Finds a venue by the name that [`Venue::name`] gives.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|venue| venue.name() == name)
    }
}

impl fmt::Display for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The program on a venue that holds the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pool {
    Cpmm,
    AmmV4,
    DammV2,
    Dlmm,
}

impl Pool {
    /// The name clients see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpmm => "cpmm",
            Self::AmmV4 => "amm_v4",
            Self::DammV2 => "damm_v2",
            Self::Dlmm => "dlmm",
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
