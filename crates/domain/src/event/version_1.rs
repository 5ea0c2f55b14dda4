//! The stored form of version 1: an event named one venue and its program, and left out assets and
//! amounts that stand in the order's terms.

use serde::Deserialize;

use super::EventData;
use crate::amount::BaseUnits;
use crate::asset::Asset;
use crate::quote::{Answer, Choice, Decision, Fill, Offer, Quote};
use crate::route::{Leg, PoolRef, Route};
use crate::transaction::Signature;
use crate::venue::{Program, Venue};

/// The events whose form has changed since.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum OldData {
    Routed {
        route: OldDecision,
    },
    Submitted {
        choice: OldChoice,
        signature: Signature,
    },
    Confirmed {
        fill: OldFill,
    },
}

#[derive(Deserialize)]
struct OldDecision {
    choice: OldChoice,
    quotes: Vec<OldQuote>,
}

#[derive(Deserialize)]
struct OldChoice {
    pool: Program,
    expected_amount_out: BaseUnits,
    min_amount_out: BaseUnits,
}

#[derive(Deserialize)]
struct OldQuote {
    venue: Venue,
    answer: OldAnswer,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum OldAnswer {
    Offered(OldOffer),
    Declined { reason: String },
}

#[derive(Deserialize)]
struct OldOffer {
    pool: Program,
    amount_out: BaseUnits,
    fee_ppm: u32,
    impact_ppm: u32,
}

#[derive(Deserialize)]
struct OldFill {
    pool: Program,
    signature: Signature,
    amount_out: BaseUnits,
}

/// What events need of their order's terms.
#[derive(Deserialize)]
struct OldTerms {
    #[serde(rename = "token_in")]
    asset_in: Asset,
    #[serde(rename = "token_out")]
    asset_out: Asset,
    amount_in: BaseUnits,
}

/// Reads an event of version 1 and completes it with its order's terms, both in their stored form.
pub(super) fn read(stored: &str, terms: &str) -> serde_json::Result<EventData> {
    let old: OldData = serde_json::from_str(stored)?;
    let terms: OldTerms = serde_json::from_str(terms)?;
    Ok(match old {
        OldData::Routed { route } => EventData::Routed {
            decision: Decision {
                choice: route.choice.completed(&terms),
                quotes: route.quotes.into_iter().map(Quote::from).collect(),
                pools: Vec::new(),
            },
        },
        OldData::Submitted { choice, signature } => EventData::Submitted {
            choice: choice.completed(&terms),
            signature,
        },
        OldData::Confirmed { fill } => EventData::Confirmed {
            fill: fill.completed(&terms),
        },
    })
}

fn route(program: Program, terms: &OldTerms, amount_out: BaseUnits) -> Route {
    Route::of(Leg {
        pool: PoolRef::unaddressed(program),
        asset_in: terms.asset_in,
        asset_out: terms.asset_out,
        amount_in: terms.amount_in,
        amount_out,
    })
}

impl OldChoice {
    fn completed(self, terms: &OldTerms) -> Choice {
        Choice {
            route: route(self.pool, terms, self.expected_amount_out),
            expected_amount_out: self.expected_amount_out,
            min_amount_out: self.min_amount_out,
            max_amount_in: None,
            quoted_at: 0,
        }
    }
}

impl OldFill {
    fn completed(self, terms: &OldTerms) -> Fill {
        Fill {
            route: route(self.pool, terms, self.amount_out),
            signature: self.signature,
            amount_out: self.amount_out,
            receipt: None,
        }
    }
}

impl From<OldQuote> for Quote {
    fn from(old: OldQuote) -> Self {
        let answer = match old.answer {
            OldAnswer::Offered(offer) => Answer::Offered(Offer {
                pool: PoolRef::unaddressed(offer.pool),
                amount_out: offer.amount_out,
                fee_ppm: offer.fee_ppm,
                impact_ppm: offer.impact_ppm,
                amount_in: None,
            }),
            OldAnswer::Declined { reason } => Answer::Declined { reason },
        };
        Self {
            venue: old.venue,
            answer,
        }
    }
}
