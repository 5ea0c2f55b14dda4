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
    /// The amount asked, that paid out, and fee and impact in millionths.
    Asks(BaseUnits, BaseUnits, u32, u32),
    Declined {
        reason: String,
    },
}

impl From<super::PoolQuote> for PoolQuote {
    fn from(quote: super::PoolQuote) -> Self {
        Self {
            pool: quote.pool,
            answer: match quote.answer {
                super::Answer::Offered(Offer {
                    amount_out,
                    fee_ppm,
                    impact_ppm,
                    amount_in,
                    ..
                }) => match amount_in {
                    Some(asked) => Answer::Asks(asked, amount_out, fee_ppm, impact_ppm),
                    None => Answer::Offered(amount_out, fee_ppm, impact_ppm),
                },
                super::Answer::Declined { reason } => Answer::Declined { reason },
            },
        }
    }
}

impl From<PoolQuote> for super::PoolQuote {
    fn from(stored: PoolQuote) -> Self {
        let pool = stored.pool;
        let offered = |amount_in, amount_out, fee_ppm, impact_ppm| {
            super::Answer::Offered(Offer {
                pool,
                amount_out,
                fee_ppm,
                impact_ppm,
                amount_in,
            })
        };
        Self {
            pool,
            answer: match stored.answer {
                Answer::Offered(out, fee, impact) => offered(None, out, fee, impact),
                Answer::Asks(asked, out, fee, impact) => offered(Some(asked), out, fee, impact),
                Answer::Declined { reason } => super::Answer::Declined { reason },
            },
        }
    }
}
