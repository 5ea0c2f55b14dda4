//! What is asked of pools.

use domain::{Asset, BaseUnits};

use crate::split::Aim;

/// A wish to swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QuoteRequest {
    pub asset_in: Asset,
    pub asset_out: Asset,
    /// What is sold. Of a purchase, the most that it may cost: as much as it takes where that is nothing.
    pub amount_in: BaseUnits,
    /// What is bought, to the unit, where that is what is asked for.
    pub amount_out: Option<BaseUnits>,
}

impl QuoteRequest {
    /// How much is sold, where that is known before pools are asked.
    pub(crate) fn sold(&self) -> Option<BaseUnits> {
        self.amount_out.is_none().then_some(self.amount_in)
    }

    /// Whether it sells or buys an exact amount.
    pub(crate) const fn aim(&self) -> Aim {
        match self.amount_out {
            None => Aim::Sell,
            Some(_) => Aim::Buy,
        }
    }

    /// The exact amount.
    pub(crate) fn amount(&self) -> BaseUnits {
        self.amount_out.unwrap_or(self.amount_in)
    }
}
