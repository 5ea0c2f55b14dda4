//! How far routes may reach.

use domain::fee::UnitPrice;

/// How far routes may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Pools side by side.
    pub legs: usize,
    /// Pools one after another.
    pub hops: usize,
    /// What a transaction usually offers for each compute unit: each further swap costs that.
    pub unit_price: UnitPrice,
}

impl Limits {
    /// One pool and no more.
    pub const ONE_POOL: Self = Self {
        legs: 1,
        hops: 1,
        unit_price: UnitPrice::ZERO,
    };
}
