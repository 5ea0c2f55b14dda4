//! An amount of tokens, told three times.

use domain::BaseUnits;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenAmount {
    /// In base units.
    pub amount: String,
    pub decimals: u8,
    /// As a float, which clients still ask for: nothing here calculates with it.
    pub ui_amount: Option<f64>,
    pub ui_amount_string: String,
}

impl TokenAmount {
    #[must_use]
    pub fn new(amount: u64, decimals: u8) -> Self {
        let text = BaseUnits::new(amount).to_decimal(decimals);
        Self {
            amount: amount.to_string(),
            decimals,
            // Real nodes divide by a power of ten as long as 64 bits hold it.
            ui_amount: (decimals < 20).then(|| text.parse().ok()).flatten(),
            ui_amount_string: text,
        }
    }
}
