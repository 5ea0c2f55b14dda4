//! What a transaction cost, as clients see it.

use domain::Timestamp;
use domain::quote::Receipt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the chain says about an order's transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    /// All that the transaction paid in fees.
    pub fee_lamports: u64,
    /// The part of it beyond the fee for signatures.
    pub priority_fee_lamports: u64,
    /// Deposits for accounts that it opened.
    pub rent_paid_lamports: u64,
    /// Deposits of accounts that it closed.
    pub rent_returned_lamports: u64,
    pub compute_units: Option<u64>,
    pub slot: u64,
    #[schema(format = DateTime)]
    pub confirmed_at: String,
    /// Null until the block is final.
    #[schema(format = DateTime)]
    pub finalized_at: Option<String>,
    /// Since when the transaction is not found any more although it was confirmed: its block vanished before it was
    /// final. Null again once it has landed once more.
    #[schema(format = DateTime)]
    pub vanished_at: Option<String>,
    /// When it was proved that a vanished transaction never lands again: nothing was swapped.
    #[schema(format = DateTime)]
    pub died_at: Option<String>,
    /// What a first leg paid out and a second did not take: it stays in the wallet.
    pub leftover: Vec<LeftoverView>,
}

/// An amount that stays in the wallet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftoverView {
    pub mint: String,
    #[schema(examples("0.000003"))]
    pub amount: String,
}

impl ReceiptView {
    pub(crate) fn new(receipt: &Receipt, confirmed_at: Timestamp) -> Self {
        let leftover = receipt.leftover.iter().map(|left| LeftoverView {
            mint: left.asset.mint.to_string(),
            amount: left.amount.to_decimal(left.asset.decimals),
        });
        Self {
            fee_lamports: receipt.fee_lamports,
            priority_fee_lamports: receipt.priority_fee_lamports,
            rent_paid_lamports: receipt.rent_paid_lamports,
            rent_returned_lamports: receipt.rent_returned_lamports,
            compute_units: receipt.compute_units,
            slot: receipt.slot,
            confirmed_at: confirmed_at.to_string(),
            finalized_at: receipt.is_final.then(|| confirmed_at.to_string()),
            vanished_at: None,
            died_at: None,
            leftover: leftover.collect(),
        }
    }
}
