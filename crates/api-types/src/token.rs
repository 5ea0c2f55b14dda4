//! The listed tokens, as clients see them.

use domain::Token;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A token that can be traded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    pub symbol: String,
    pub name: String,
    pub mint: String,
    pub decimals: u8,
}

/// Every listed token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokensAnswer {
    pub success: bool,
    pub tokens: Vec<TokenView>,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        Self {
            symbol: token.symbol().to_owned(),
            name: token.name().to_owned(),
            mint: token.mint().to_owned(),
            decimals: token.decimals(),
        }
    }
}

impl TokensAnswer {
    /// The whole list.
    #[must_use]
    pub fn all() -> Self {
        Self {
            success: true,
            tokens: Token::all().map(TokenView::from).collect(),
        }
    }
}
