//! What venues offered for an order and which offer the router chose, kept with the order for ever.

use serde::{Deserialize, Serialize};

use crate::amount::BaseUnits;
use crate::asset::Asset;
use crate::route::{Leg, PoolRef, Route};
use crate::transaction::Signature;
use crate::venue::Venue;

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
    pub pool: PoolRef,
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

/// The decision for one execution: all offers, and the route chosen among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub choice: Choice,
    pub quotes: Vec<Quote>,
}

/// The chosen route, what it is expected to pay out, and the minimum that it may pay out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Each leg with the amounts expected.
    pub route: Route,
    pub expected_amount_out: BaseUnits,
    pub min_amount_out: BaseUnits,
}

/// What an order received, according to the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// Each leg with the amounts that were exchanged.
    pub route: Route,
    pub signature: Signature,
    pub amount_out: BaseUnits,
    /// Absent where the chain tells no more than the amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Box<Receipt>>,
}

/// What a transaction cost and left behind, according to the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// All that the transaction paid in fees.
    pub fee_lamports: u64,
    /// The part of it beyond the fee for signatures.
    pub priority_fee_lamports: u64,
    /// Deposits for accounts that it opened.
    pub rent_paid_lamports: u64,
    /// Deposits of accounts that it closed.
    pub rent_returned_lamports: u64,
    pub compute_units: u64,
    pub slot: u64,
    /// What a first leg paid out and a second did not take: it stays in the wallet.
    pub leftover: Vec<Leftover>,
}

/// An amount that stays in the wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    pub asset: Asset,
    pub amount: BaseUnits,
}

impl Choice {
    /// The fill of a chain that tells nothing but the amount paid out, which is that of the one leg:
    /// the router chooses routes of one leg.
    #[must_use]
    pub fn filled(&self, signature: Signature, amount_out: BaseUnits) -> Fill {
        let leg = Leg {
            amount_out,
            ..*self.route.largest()
        };
        Fill {
            route: Route::of(leg),
            signature,
            amount_out,
            receipt: None,
        }
    }
}
