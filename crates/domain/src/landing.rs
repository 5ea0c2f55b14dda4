//! How a transaction fared that did not land, or not yet: what an operator would ask first.

use serde::{Deserialize, Serialize};

use crate::failure_code::FailureCode;

/// What can be told of it. Whatever nobody can tell is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LandingReport {
    /// The blocks in which it could have landed, those that are past.
    pub blocks_lived: Option<u64>,
    /// Sends that an endpoint took.
    pub sends_taken: Option<u32>,
    /// What it offered for each compute unit, in millionths of a lamport.
    pub unit_price: u64,
    /// The compute units that it might have used.
    pub unit_limit: u32,
    /// What it would have paid in fees.
    pub fee_lamports: u64,
    /// Of a hundred blocks in which somebody paid to write its pools: those that its price would have sufficed for.
    pub fee_percentile: Option<u8>,
    /// What half of those blocks took at least for each compute unit.
    pub usual_unit_price: Option<u64>,
    /// The compute units that its last simulation used.
    pub simulated_units: Option<u64>,
    /// Why it was rolled back where it landed, in a block that may vanish yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<FailureCode>,
}

impl LandingReport {
    /// The same in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut parts = Vec::new();
        if let Some(code) = self.rolled_back {
            let code = code.name();
            parts.push(format!(
                "it was rolled back ({code}), in a block that is not final yet"
            ));
        }
        if let Some(blocks) = self.blocks_lived {
            parts.push(format!("it could land in {blocks} blocks"));
        }
        if let Some(sends) = self.sends_taken {
            parts.push(format!("endpoints took it {sends} times"));
        }
        let price = self.unit_price;
        parts.push(match (self.fee_percentile, self.usual_unit_price) {
            (Some(percent), Some(usual)) => format!(
                "it offered {price} micro-lamports per unit, enough for {percent} % of the blocks that wrote its \
                 pools, where half took at least {usual}"
            ),
            _ => format!("it offered {price} micro-lamports per unit"),
        });
        if let Some(units) = self.simulated_units {
            parts.push(format!("its simulation used {units} units"));
        }
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_said_in_words() {
        let bare = LandingReport {
            unit_price: 10_000,
            ..LandingReport::default()
        };
        assert_eq!(bare.in_words(), "it offered 10000 micro-lamports per unit");
        let rolled_back = LandingReport {
            rolled_back: Some(FailureCode::SlippageExceeded),
            ..bare
        };
        assert_eq!(
            rolled_back.in_words(),
            "it was rolled back (slippage_exceeded), in a block that is not final yet; it offered 10000 micro-lamports \
             per unit"
        );

        let known = LandingReport {
            blocks_lived: Some(182),
            sends_taken: Some(4),
            fee_percentile: Some(12),
            usual_unit_price: Some(70_000),
            simulated_units: Some(61_000),
            ..bare
        };
        assert_eq!(
            known.in_words(),
            "it could land in 182 blocks; endpoints took it 4 times; it offered 10000 micro-lamports per unit, enough \
             for 12 % of the blocks that wrote its pools, where half took at least 70000; its simulation used 61000 \
             units"
        );
    }
}
