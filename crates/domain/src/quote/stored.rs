//! The stored form of what a pool offered: the offer does not name the pool again.

use serde::{Deserialize, Serialize};

use super::Offer;
use crate::amount::BaseUnits;
use crate::route::PoolRef;

#[derive(Serialize, Deserialize)]
pub(super) struct PoolQuote {
    pool: PoolRef,
    answer: Answer,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// The amount paid out, and fee and impact in millionths.
    Offered(BaseUnits, u32, u32),
    Declined {
        reason: String,
    },
}

impl From<super::PoolQuote> for PoolQuote {
    fn from(quote: super::PoolQuote) -> Self {
        Self {
            pool: quote.pool,
            answer: match quote.answer {
                super::Answer::Offered(offer) => {
                    Answer::Offered(offer.amount_out, offer.fee_ppm, offer.impact_ppm)
                }
                super::Answer::Declined { reason } => Answer::Declined { reason },
            },
        }
    }
}

impl From<PoolQuote> for super::PoolQuote {
    fn from(stored: PoolQuote) -> Self {
        let pool = stored.pool;
        Self {
            pool,
            answer: match stored.answer {
                Answer::Offered(amount_out, fee_ppm, impact_ppm) => super::Answer::Offered(Offer {
                    pool,
                    amount_out,
                    fee_ppm,
                    impact_ppm,
                }),
                Answer::Declined { reason } => super::Answer::Declined { reason },
            },
        }
    }
}
