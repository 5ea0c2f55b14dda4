//! The listed tokens, as clients see them.

use domain::TokenList;
use domain::token_list::Listing;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A token that can be traded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    pub symbol: String,
    pub name: String,
    pub mint: String,
    pub decimals: u8,
    /// The program that the mint belongs to: `token` or `token_2022`.
    #[schema(examples("token"))]
    pub program: String,
}

/// Every listed token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokensAnswer {
    pub success: bool,
    pub tokens: Vec<TokenView>,
}

impl From<&Listing> for TokenView {
    fn from(listing: &Listing) -> Self {
        Self {
            symbol: listing.symbol.clone(),
            name: listing.name.clone(),
            mint: listing.asset.mint.to_string(),
            decimals: listing.asset.decimals,
            program: listing.asset.program.name().to_owned(),
        }
    }
}

impl TokensAnswer {
    /// The whole list.
    #[must_use]
    pub fn of(list: &TokenList) -> Self {
        Self {
            success: true,
            tokens: list.listings().iter().map(TokenView::from).collect(),
        }
    }
}
