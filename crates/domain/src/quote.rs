//! What venues offered for an order and which offer the router chose, kept with the order for ever.

mod stored;

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::amount::BaseUnits;
use crate::route::{Leftover, Leg, PoolRef, Route};
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
    /// What the pool asks for the amount, where the order buys an exact one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_in: Option<BaseUnits>,
}

impl Offer {
    /// What comes first is better for who asked all of them the same: less is asked, or more is paid out.
    #[must_use]
    pub const fn rank(&self) -> (Option<BaseUnits>, Reverse<BaseUnits>) {
        (self.amount_in, Reverse(self.amount_out))
    }
}

impl Answer {
    /// The offer, if one was made.
    #[must_use]
    pub const fn offer(&self) -> Option<&Offer> {
        match self {
            Self::Offered(offer) => Some(offer),
            Self::Declined { .. } => None,
        }
    }
}

impl Quote {
    /// The offer, if the venue made one.
    #[must_use]
    pub const fn offer(&self) -> Option<&Offer> {
        self.answer.offer()
    }
}

/// The decision for one execution: all offers, and the route chosen among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub choice: Choice,
    /// Each venue's best offer.
    pub quotes: Vec<Quote>,
    /// Every pool that competed. Version 1 stored none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<PoolQuote>,
}

/// What one pool offered. There are many of them in an order's life: they are stored in few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "stored::PoolQuote", into = "stored::PoolQuote")]
pub struct PoolQuote {
    pub pool: PoolRef,
    pub answer: Answer,
}

/// The chosen route, what it is expected to pay out, and the minimum that it may pay out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Each leg with the amounts expected.
    pub route: Route,
    pub expected_amount_out: BaseUnits,
    pub min_amount_out: BaseUnits,
    /// The most that the route may take, where the order buys an exact amount: its legs keep to what they give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_amount_in: Option<BaseUnits>,
    /// The slot of the snapshot that it was quoted from.
    #[serde(default)]
    pub quoted_at: u64,
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
    /// Absent where the chain does not say.
    pub compute_units: Option<u64>,
    pub slot: u64,
    /// Whether its block could no longer vanish when this was read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_final: bool,
    /// What a first leg paid out and a second did not take: it stays in the wallet.
    pub leftover: Vec<Leftover>,
}

impl Fill {
    /// What the same transaction brought when it landed once more, by the chain's word.
    #[must_use]
    pub fn once_more(&self, amounts: (BaseUnits, BaseUnits), receipt: Receipt) -> Self {
        Self::of(&self.route, self.signature.clone(), amounts, receipt)
    }

    /// The same with what each leg exchanged, where that is known of all of them. What one leg gave and no other took
    /// stays in the wallet.
    #[must_use]
    pub fn exchanged(mut self, legs: &[(BaseUnits, BaseUnits)]) -> Self {
        let planned = self.route.legs();
        if planned.len() < 2 || planned.len() != legs.len() {
            return self;
        }
        let exchanged = planned.iter().zip(legs).map(|(leg, amounts)| Leg {
            amount_in: amounts.0,
            amount_out: amounts.1,
            ..*leg
        });
        let Ok(route) = Route::try_from(exchanged.collect::<Vec<_>>()) else {
            return self;
        };
        if let Some(receipt) = &mut self.receipt {
            receipt.leftover = route.leftover();
        }
        Self { route, ..self }
    }

    /// A route of one leg took and gave all of it; of several legs the amounts are those expected, but for what they
    /// took together.
    fn of(
        route: &Route,
        signature: Signature,
        (amount_in, amount_out): (BaseUnits, BaseUnits),
        receipt: Receipt,
    ) -> Self {
        let route = match route.legs() {
            [leg] => Route::of(Leg {
                amount_in,
                amount_out,
                ..*leg
            }),
            _ => route.clone().having_sold(amount_in),
        };
        Self {
            route,
            signature,
            amount_out,
            receipt: Some(Box::new(receipt)),
        }
    }
}

impl Choice {
    /// What a transaction of this choice brought, by the chain's word.
    #[must_use]
    pub fn filled(
        &self,
        signature: Signature,
        amounts: (BaseUnits, BaseUnits),
        receipt: Receipt,
    ) -> Fill {
        Fill::of(&self.route, signature, amounts, receipt)
    }
}
