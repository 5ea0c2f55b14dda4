//! What venues offer, as clients see it.

use domain::price::ratio;
use domain::quote::{Answer, Offer, Quote};
use domain::{Asset, BaseUnits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::names::{PoolName, VenueName};

/// One venue's offer, or why it makes none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteView {
    pub dex: VenueName,
    pub pool: Option<PoolName>,
    /// `amountOut` per `amountIn`.
    #[schema(examples("150.25"))]
    pub price: Option<String>,
    /// The venue's fee as a fraction of the amount traded.
    #[schema(examples("0.0025"))]
    pub fee: Option<String>,
    /// After fee and price impact.
    #[schema(examples("150.25"))]
    pub amount_out: Option<String>,
    /// How much the order itself moves the price, as a fraction.
    #[schema(examples("0.0001"))]
    pub price_impact: Option<String>,
    /// Why there is no offer.
    pub error: Option<String>,
}

impl QuoteView {
    /// The venue's answer to who wanted to swap this amount of one asset for another.
    #[must_use]
    pub fn new(quote: &Quote, asset_in: Asset, amount_in: BaseUnits, asset_out: Asset) -> Self {
        let mut view = Self {
            dex: quote.venue.into(),
            pool: None,
            price: None,
            fee: None,
            amount_out: None,
            price_impact: None,
            error: None,
        };
        match &quote.answer {
            Answer::Offered(offer) => {
                let paid = offer.amount_out;
                let price = domain::price::price(asset_in, amount_in, asset_out, paid);
                view.price = Some(price);
                view.amount_out = Some(paid.to_decimal(asset_out.decimals));
                view.add_pool(offer);
            }
            Answer::Declined { reason } => view.error = Some(reason.clone()),
        }
        view
    }

    fn add_pool(&mut self, offer: &Offer) {
        self.pool = Some(offer.pool.program.into());
        self.fee = Some(from_millionths(offer.fee_ppm));
        self.price_impact = Some(from_millionths(offer.impact_ppm));
    }
}

fn from_millionths(ppm: u32) -> String {
    ratio(u128::from(ppm), 1, -6)
}

/// Every venue's offer, and what the engine would choose now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuotesAnswer {
    pub success: bool,
    /// True in the answer to an order with `?dryRun=true`: nothing was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dry_run: Option<bool>,
    pub quotes: Vec<QuoteView>,
    /// The venue that pays most; null if none makes an offer.
    pub best: Option<VenueName>,
    pub expected_amount_out: Option<String>,
    pub min_amount_out: Option<String>,
}
