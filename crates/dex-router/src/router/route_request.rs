//! What is asked of the router.

use domain::order::PoolGates;
use domain::venue::VenueSet;
use domain::{Address, BaseUnits, Bps, FeeLevel, MaxImpact, Terms};

use crate::request::QuoteRequest;

/// What an order asks of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RouteRequest {
    pub quote: QuoteRequest,
    pub venues: VenueSet,
    pub slippage: Bps,
    /// The client's own floor.
    pub min_amount_out: Option<BaseUnits>,
    /// No leg moves its pool's price further.
    pub max_impact: Option<MaxImpact>,
    /// What its transaction offers for each compute unit, where the order says.
    pub fee_level: Option<FeeLevel>,
    /// When it goes over a third token.
    pub thirds: ThirdTokens,
    /// The wallet that pays; where absent, the one that is used unasked.
    pub wallet: Option<Address>,
    /// So many swaps at most, where fewer are wanted than the router's limits allow.
    pub swaps_max: Option<usize>,
    /// Of a sniper: what the pair's own pools must be like. It goes over no third token.
    pub sniping: Option<PoolGates>,
}

/// When a route goes over a third token. Its first leg may pay hardly less than it was quoted at, so that it fails where
/// prices move: who has failed already takes it only where there is no other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThirdTokens {
    WherePayingMore,
    WhereNeeded,
}

impl RouteRequest {
    /// Of somebody who wants nothing but that: the usual terms.
    #[must_use]
    pub const fn of(quote: QuoteRequest) -> Self {
        Self {
            quote,
            venues: VenueSet::ALL,
            slippage: Bps::DEFAULT,
            min_amount_out: None,
            max_impact: None,
            fee_level: None,
            thirds: ThirdTokens::WherePayingMore,
            wallet: None,
            swaps_max: None,
            sniping: None,
        }
    }

    /// What tells the price of an order that waits: the same for all that would take the same route, whatever their
    /// floors.
    #[must_use]
    pub fn of_price(terms: &Terms) -> Self {
        Self {
            slippage: Bps::ANY,
            min_amount_out: None,
            ..Self::from(terms)
        }
    }
}

impl From<&Terms> for RouteRequest {
    fn from(terms: &Terms) -> Self {
        let quote = QuoteRequest {
            asset_in: terms.asset_in,
            asset_out: terms.asset_out,
            amount_in: terms.amount_in,
            amount_out: terms.amount_out,
        };
        Self {
            venues: terms.venues,
            slippage: terms.slippage,
            min_amount_out: terms.min_amount_out,
            max_impact: terms.max_impact,
            fee_level: terms.fee_level,
            wallet: terms.wallet,
            sniping: terms.order_type.sniper().map(|sniper| sniper.gates),
            ..Self::of(quote)
        }
    }
}
