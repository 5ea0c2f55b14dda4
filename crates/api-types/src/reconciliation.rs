//! The wallet compared with the engine's receipts, as operators see it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a comparison has come to. Lamports are whole numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reconciliation {
    pub success: bool,
    pub address: String,
    /// Whether nothing has to be looked at.
    pub explained: bool,
    /// Whether the chain could still tell everything; otherwise nobody can say what is not explained.
    pub complete: bool,
    /// The slot from which on everything was compared; null the first time, which only notes what the wallet holds.
    pub from_slot: Option<u64>,
    /// The slot up to which it was, which is final.
    pub to_slot: u64,
    /// What the wallet held there.
    pub lamports: u64,
    /// Transactions that name the wallet.
    pub transactions: u64,
    /// Those of them that are orders'.
    pub orders: u64,
    /// Orders whose transaction has landed and is not recorded yet.
    pub under_way: u64,
    /// Transactions that the chain lists and tells no more of.
    pub untold: u64,
    /// What others paid in.
    pub from_outside_lamports: i64,
    /// Transactions that the wallet has signed and no order names: a leaked key's first sign.
    pub foreign: u64,
    /// Transactions that landed although their orders say that they did not.
    pub contradicted: u64,
    /// What neither receipts nor transfers explain.
    pub unexplained_lamports: i64,
    /// Tokens that the wallet holds or that moved.
    #[serde(default)]
    pub tokens: Vec<ReconciledToken>,
    /// Tokens that are too many to be compared.
    #[serde(default)]
    pub tokens_left_out: u64,
    /// What there is to say, oldest first, at most a hundred.
    pub findings: Vec<FindingView>,
}

/// A transaction that is worth a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingView {
    /// `foreign`, `from_outside`, `taken`, `differs` or `contradicts`.
    #[schema(examples("from_outside"))]
    pub kind: String,
    /// The same in words.
    pub detail: String,
    pub signature: String,
    pub slot: u64,
    /// The order that names it.
    pub order_id: Option<Uuid>,
    /// The change of the wallet's lamports.
    pub lamports: i64,
    /// The change that the order's receipt tells.
    pub receipt_lamports: Option<i64>,
    /// What it did to tokens.
    #[serde(default)]
    pub tokens: Vec<TokenChangeView>,
}

/// What a comparison has come to of one token. Amounts are whole numbers of its smallest unit, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReconciledToken {
    pub mint: String,
    /// By the engine's token list.
    pub symbol: Option<String>,
    /// What the wallet's usual account held; null for a token that is compared from the next time on.
    #[schema(examples("1500000"))]
    pub held: Option<String>,
    /// What others paid in.
    pub from_outside: String,
    /// What neither receipts nor transfers explain.
    pub unexplained: String,
}

/// What a transaction did to a token of the wallet, in its smallest unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenChangeView {
    pub mint: String,
    /// By the engine's token list.
    pub symbol: Option<String>,
    #[schema(examples("-1500000"))]
    pub change: String,
    /// The change that the order's receipt tells, if that is another one.
    pub receipt: Option<String>,
}
