//! What is asked of pools.

use domain::{Asset, BaseUnits};

/// A wish to swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QuoteRequest {
    pub asset_in: Asset,
    pub asset_out: Asset,
    pub amount_in: BaseUnits,
}
