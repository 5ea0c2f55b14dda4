//! What follows from the mode where nothing is set.

use domain::Asset;

use crate::{MinDepth, Switch, VenueMode};

/// What holds in a mode where nothing is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    pub min_depth: MinDepth,
    pub max_deviation_bps: u32,
    pub simulate: Switch,
    pub max_price_impact_bps: u16,
    pub halt_after_reverts: u32,
    pub halt_on_unexplained: Switch,
    /// What is traded where a request names no tokens; without it, it must.
    pub pair: Option<(Asset, Asset)>,
}

impl Defaults {
    /// Nothing can be lost.
    pub const SIM: Self = Self {
        min_depth: MinDepth::Any,
        max_deviation_bps: 0,
        simulate: Switch::Off,
        max_price_impact_bps: 0,
        halt_after_reverts: 0,
        halt_on_unexplained: Switch::Off,
        pair: Some((Asset::SOL, Asset::USDC)),
    };
    /// Anybody can make a pool, and an order that moves the price by a tenth is taken for a mistake.
    pub const LIVE: Self = Self {
        min_depth: MinDepth::TimesOrder(20),
        max_deviation_bps: 1_000,
        simulate: Switch::On,
        max_price_impact_bps: 1_000,
        halt_after_reverts: 5,
        halt_on_unexplained: Switch::On,
        pair: None,
    };
}

impl VenueMode {
    /// What holds where nothing is set.
    #[must_use]
    pub const fn defaults(self) -> Defaults {
        match self {
            Self::Sim => Defaults::SIM,
            Self::Live => Defaults::LIVE,
        }
    }
}
