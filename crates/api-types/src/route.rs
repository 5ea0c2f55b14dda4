//! The pools that a transaction uses, as clients see them.

use domain::TokenList;
use domain::route::{Leg, Route};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::names::{PoolName, VenueName};
use crate::pool;

/// One pool's part of a route: expected until the order is confirmed, real from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegView {
    pub dex: VenueName,
    pub pool: PoolName,
    /// Null where it was not recorded, as by 0.1.0.
    #[schema(examples("7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5"))]
    pub pool_address: Option<String>,
    #[schema(examples("SOL"))]
    pub token_in: String,
    #[schema(examples("USDC"))]
    pub token_out: String,
    #[schema(examples("1.5"))]
    pub amount_in: String,
    #[schema(examples("225"))]
    pub amount_out: String,
}

/// A route's legs, in the transaction's order.
#[must_use]
pub fn legs(route: &Route, tokens: &TokenList) -> Vec<LegView> {
    let legs = route.legs().iter();
    legs.map(|leg| LegView::new(leg, tokens)).collect()
}

impl LegView {
    fn new(leg: &Leg, tokens: &TokenList) -> Self {
        Self {
            dex: leg.venue().into(),
            pool: leg.pool.program.into(),
            pool_address: pool::address(leg.pool),
            token_in: tokens.name_of(leg.asset_in.mint),
            token_out: tokens.name_of(leg.asset_out.mint),
            amount_in: leg.amount_in.to_decimal(leg.asset_in.decimals),
            amount_out: leg.amount_out.to_decimal(leg.asset_out.decimals),
        }
    }
}
