//! The wallet that trades, as operators see it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The wallet and what it holds, at most two seconds old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WalletAnswer {
    pub success: bool,
    pub address: String,
    #[schema(examples("mainnet-beta"))]
    pub cluster: String,
    /// `sim` or `live`.
    #[schema(examples("sim"))]
    pub mode: String,
    /// Native SOL.
    pub lamports: u64,
    pub tokens: Vec<HoldingView>,
    /// What may be spent, and what was.
    pub limits: Vec<LimitView>,
    /// `enabled`, `halted`, or `disabled`: what gateways may take in is not enabled.
    #[schema(examples("enabled"))]
    pub trading: String,
    /// What the wallet is called, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("main"))]
    pub name: Option<String>,
    /// All wallets, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wallets: Vec<NamedWalletView>,
}

/// One of several wallets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamedWalletView {
    #[schema(examples("main"))]
    pub name: String,
    pub address: String,
    /// Whether a live worker has its key; null where nobody can tell. Without one its orders wait.
    pub live: Option<bool>,
}

/// How much of one token the wallet's usual account holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldingView {
    pub mint: String,
    /// Null where the token list has none for it.
    pub symbol: Option<String>,
    #[schema(examples("1500.25"))]
    pub amount: String,
}

/// A limit on what orders may spend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LimitView {
    /// A symbol, a mint without one, `*` for every token not named, or `fees` for all else that leaves in lamports.
    pub token: String,
    /// `order` or `day`.
    pub per: String,
    pub limit: String,
    /// What the last 24 h to 24 h 15 min have seen of it; null for an order's limit, and for `*`, after which each
    /// token that it limits and that was sold is listed by itself.
    pub used: Option<String>,
}
