//! A venue as the router sees it: something that quotes.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::quote::Offer;
use domain::{Asset, BaseUnits, Venue};

/// A wish to swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuoteRequest {
    pub asset_in: Asset,
    pub asset_out: Asset,
    pub amount_in: BaseUnits,
}

/// Why a venue makes no offer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// No pool of the pair can fill the amount.
    #[error("not enough liquidity for this amount")]
    InsufficientLiquidity,
    /// The amount buys less than one unit.
    #[error("the amount is too small to buy anything")]
    AmountTooSmall,
    /// The venue did not answer, or not sensibly; it may the next time.
    #[error("{0}")]
    Unavailable(String),
}

/// A venue that can be asked for an offer.
///
/// Cancel safety: a quote changes nothing and may be dropped.
#[async_trait]
pub trait QuoteSource: Send + Sync + Debug {
    /// Which venue this is.
    fn venue(&self) -> Venue;

    /// What the venue would pay now, net of its fee and of the order's own effect on the price.
    async fn quote(&self, request: QuoteRequest) -> Result<Offer, QuoteError>;
}
