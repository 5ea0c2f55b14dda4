//! The pools of a pair, as clients see them.

use domain::route::PoolRef;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::names::{PoolName, VenueName};

/// A pool, and whether an order may go there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolView {
    pub dex: VenueName,
    pub pool: PoolName,
    #[schema(examples("7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5"))]
    pub pool_address: Option<String>,
    /// What it holds of `tokenIn`, where that could be read.
    #[schema(examples("12000"))]
    pub depth_in: Option<String>,
    /// What it holds of `tokenOut`, where that could be read.
    pub depth_out: Option<String>,
    /// What one `tokenIn` is worth in `tokenOut` before the fee.
    #[schema(examples("150.25"))]
    pub price: Option<String>,
    /// The fee of a small swap, in hundredths of a percent, rounded up.
    pub fee_bps: Option<u32>,
    pub usable: bool,
    /// Why no order goes there.
    pub reason: Option<String>,
    /// The slot that shows it so.
    pub slot: u64,
}

/// What must be known of a token before it is traded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenFactsView {
    pub mint: String,
    /// Null where the token list has none for it.
    pub symbol: Option<String>,
    pub decimals: u8,
    /// The program that the mint belongs to: `token` or `token_2022`.
    #[schema(examples("token"))]
    pub program: String,
    /// Whether somebody may freeze the accounts of those who hold it.
    pub freezable: bool,
    /// What the token program keeps of each transfer now, in hundredths of a percent; quotes count it.
    pub transfer_fee_bps: u16,
    /// Why it is not traded; null where it is.
    pub not_tradable: Option<String>,
}

/// Every pool known of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PoolsAnswer {
    pub success: bool,
    pub pools: Vec<PoolView>,
    /// `tokenIn` and `tokenOut`, where any pool was read.
    #[serde(default)]
    pub tokens: Option<Vec<TokenFactsView>>,
}

pub(crate) fn address(pool: PoolRef) -> Option<String> {
    pool.address.map(|address| address.to_string())
}
