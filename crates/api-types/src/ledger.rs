//! The simulated cluster's own ledger, as clients see it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::names::VenueName;

/// A transaction that landed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LedgerEntryView {
    /// The transaction's signature in base58: the order's `txHash`.
    pub signature: String,
    /// The order that it was made for; null where the engine knows none.
    pub order_id: Option<Uuid>,
    pub dex: VenueName,
    pub token_in: String,
    pub token_out: String,
    pub amount_in: String,
    /// `0` if the transaction was rolled back.
    pub amount_out: String,
    pub height: u64,
    #[schema(format = DateTime)]
    pub landed_at: String,
    /// Whether the swap took effect.
    pub ok: bool,
}

/// A page of the ledger, oldest line first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LedgerAnswer {
    pub entries: Vec<LedgerEntryView>,
    /// Where the next page begins; null on the last page.
    pub next_cursor: Option<String>,
}
