//! How far routes may reach.

use domain::fee::UnitPrice;

use crate::room::{self, Swap, Table};

/// How far routes may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Pools side by side.
    pub legs: usize,
    /// Pools one after another.
    pub hops: usize,
    /// Whether transactions are simulated before they are signed: what is simulated must fit into a packet too.
    pub simulates: bool,
    /// How many seconds before a pool opens a sniper's transaction may be sent: no more than it takes to land, by a clock
    /// that confirmed blocks show.
    pub lead_seconds: u64,
    /// What a transaction usually offers for each compute unit: each further swap costs that.
    pub unit_price: UnitPrice,
}

impl Limits {
    /// One pool and no more.
    pub const ONE_POOL: Self = Self {
        legs: 1,
        hops: 1,
        simulates: false,
        lead_seconds: 0,
        unit_price: UnitPrice::ZERO,
    };
}

/// What room there is in a transaction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room<'a> {
    pub(crate) simulates: bool,
    /// The lookup tables that it may use.
    pub(crate) tables: &'a [Table],
}

impl Room<'_> {
    /// Whether there is room for these swaps.
    pub(crate) fn is_enough<'a>(&self, swaps: impl IntoIterator<Item = Swap<'a>>) -> bool {
        let length = room::length(swaps, self.tables);
        let bytes = match self.simulates {
            true => length.transaction.max(length.simulation),
            false => length.transaction,
        };
        bytes <= room::BYTES_MAX
    }
}
