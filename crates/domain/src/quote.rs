//! What venues offered for an order and which offer the router chose, kept with the order for ever.

use serde::{Deserialize, Serialize};

use crate::amount::BaseUnits;
use crate::transaction::Signature;
use crate::venue::{Pool, Venue};

/// One venue's answer to one request for a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub venue: Venue,
    pub answer: Answer,
}

/// An offer, or the reason why the venue made none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Offered(Offer),
    Declined { reason: String },
}

/// What a venue would pay out after all deductions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub pool: Pool,
    /// After fees and price impact.
    pub amount_out: BaseUnits,
    /// The venue's fee in millionths of the amount traded.
    pub fee_ppm: u32,
    /// Price impact in millionths: how much worse this is than the pool's price before the trade,
    /// without the fee.
    pub impact_ppm: u32,
}

impl Quote {
    /// The offer, if the venue made one.
    #[must_use]
    pub const fn offer(&self) -> Option<&Offer> {
        match &self.answer {
            Answer::Offered(offer) => Some(offer),
            Answer::Declined { .. } => None,
        }
    }
}

/// The decision for one execution: all offers, the chosen one, and the minimum that it may pay out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    pub choice: Choice,
    pub quotes: Vec<Quote>,
}

/// The chosen venue and what it is expected to pay out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub venue: Venue,
    pub pool: Pool,
    pub expected_amount_out: BaseUnits,
    pub min_amount_out: BaseUnits,
}

/// What an order received, according to the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    pub venue: Venue,
    pub pool: Pool,
    pub signature: Signature,
    pub amount_out: BaseUnits,
}
