//! What venues offer, as clients see it.

use std::cmp::Ordering;

use domain::price::ratio;
use domain::quality::{Exchange, best_single};
use domain::quote::{Answer, Decision, Offer, PoolQuote, Quote};
use domain::{Asset, BaseUnits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::names::{PoolName, VenueName};
use crate::pool;
use crate::route::LegView;

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
    /// What it asks for an exact `amountOut`; absent where `amountIn` is exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("1.5"))]
    pub amount_in: Option<String>,
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
            amount_in: None,
            price_impact: None,
            error: None,
        };
        match &quote.answer {
            Answer::Offered(offer) => {
                let paid = offer.amount_out;
                let sold = offer.amount_in.unwrap_or(amount_in);
                let price = domain::price::price(asset_in, sold, asset_out, paid);
                view.price = Some(price);
                let asked = offer.amount_in;
                view.amount_in = asked.map(|asked| asked.to_decimal(asset_in.decimals));
                view.amount_out = Some(paid.to_decimal(asset_out.decimals));
                view.add_pool(offer);
            }
            Answer::Declined { reason } => view.error = Some(reason.clone()),
        }
        view
    }

    /// The one that pays most, or asks least for an exact amount; between equals the first. Absent where none makes an
    /// offer.
    #[must_use]
    pub fn best_of(quotes: &[Self]) -> Option<&Self> {
        let offers = quotes.iter().filter(|quote| quote.amount_out.is_some());
        offers.reduce(|best, quote| match quote.against(best) {
            Some(Ordering::Greater) => quote,
            _ => best,
        })
    }

    /// Greater where this offer is the better one for who trades; absent where one of them is none.
    #[must_use]
    pub fn against(&self, other: &Self) -> Option<Ordering> {
        match (&self.amount_in, &other.amount_in) {
            (Some(asks), Some(others)) => Some(by_size(others, asks)),
            _ => Some(by_size(
                self.amount_out.as_ref()?,
                other.amount_out.as_ref()?,
            )),
        }
    }

    fn add_pool(&mut self, offer: &Offer) {
        self.pool = Some(offer.pool.program.into());
        self.fee = Some(from_millionths(offer.fee_ppm));
        self.price_impact = Some(from_millionths(offer.impact_ppm));
    }
}

/// What one pool offered, or why nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolQuoteView {
    pub dex: VenueName,
    pub pool: PoolName,
    #[schema(examples("7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5"))]
    pub pool_address: Option<String>,
    /// After fee and price impact.
    #[schema(examples("150.25"))]
    pub amount_out: Option<String>,
    /// What it asks for an exact `amountOut`; absent where `amountIn` is exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("1.5"))]
    pub amount_in: Option<String>,
    /// The pool's fee as a fraction of the amount traded.
    #[schema(examples("0.0025"))]
    pub fee: Option<String>,
    /// How much the order itself moves the pool's price, as a fraction.
    #[schema(examples("0.0001"))]
    pub price_impact: Option<String>,
    /// Why there is no offer.
    pub error: Option<String>,
}

impl PoolQuoteView {
    /// All that competed, the best first; those without an offer last.
    #[must_use]
    pub fn list(pools: &[PoolQuote], assets: (Asset, Asset)) -> Vec<Self> {
        let mut pools: Vec<&PoolQuote> = pools.iter().collect();
        pools.sort_by_key(|quote| {
            let offer = quote.answer.offer();
            (offer.is_none(), offer.map(Offer::rank))
        });
        let views = pools.into_iter().map(|quote| Self::new(quote, assets));
        views.collect()
    }

    fn new(quote: &PoolQuote, (asset_in, asset_out): (Asset, Asset)) -> Self {
        let PoolQuote { pool, answer } = quote;
        let (offer, error) = match answer {
            Answer::Offered(offer) => (Some(offer), None),
            Answer::Declined { reason } => (None, Some(reason.clone())),
        };
        Self {
            dex: pool.program.venue().into(),
            pool: pool.program.into(),
            pool_address: pool::address(*pool),
            amount_out: offer.map(|offer| offer.amount_out.to_decimal(asset_out.decimals)),
            amount_in: offer
                .and_then(|offer| offer.amount_in)
                .map(|asked| asked.to_decimal(asset_in.decimals)),
            fee: offer.map(|offer| from_millionths(offer.fee_ppm)),
            price_impact: offer.map(|offer| from_millionths(offer.impact_ppm)),
            error,
        }
    }
}

/// One pool's offer for a whole amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SingleView {
    pub dex: VenueName,
    pub pool: PoolName,
    #[schema(examples("7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5"))]
    pub pool_address: Option<String>,
    #[schema(examples("225.25"))]
    pub amount_out: String,
    /// What it asks for an exact `amountOut`; absent where `amountIn` is exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("1.5"))]
    pub amount_in: Option<String>,
}

/// What a route is expected to pay more than the best single offer, in whole hundredths of a percent, rounded as what
/// fills paid is; of a purchase, for each unit that it costs.
#[must_use]
pub fn gain_bps(decision: &Decision) -> u32 {
    let best = best_single(decision);
    let best = best.map(|best| Exchange::offered(best, &decision.choice));
    let gain = best.and_then(|best| Exchange::expected(&decision.choice).bps_above(best));
    let gain = gain.unwrap_or_default().max(0);
    u32::try_from(gain).unwrap_or(u32::MAX)
}

/// The venue that pays most by itself, but that of the largest leg where the route is divided over pools side by side.
#[must_use]
pub fn best_venue(decision: &Decision) -> VenueName {
    let route = &decision.choice.route;
    let single = best_single(decision).filter(|_| !route.is_divided());
    let venue = single.map_or_else(|| route.largest().venue(), |it| it.pool.program.venue());
    venue.into()
}

/// Compares two amounts as they are printed: without zeros before the whole part or after the fraction.
#[must_use]
pub fn by_size(one: &str, other: &str) -> Ordering {
    let parts = |text: &'_ str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        (whole.len(), whole.to_owned(), fraction.to_owned())
    };
    parts(one).cmp(&parts(other))
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
    /// The venue that pays most by itself, for all of the amount; null if none makes an offer. Where the route is divided
    /// over pools side by side: the venue of its largest leg, which need not pay most by itself. `bestSingle` always
    /// names the single offer that pays most.
    pub best: Option<VenueName>,
    pub expected_amount_out: Option<String>,
    pub min_amount_out: Option<String>,
    /// Of an exact `amountOut`: what it would cost now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("1.5"))]
    pub expected_amount_in: Option<String>,
    /// Of an exact `amountOut`: the most that it may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("1.5075"))]
    pub max_amount_in: Option<String>,
    /// The pools that an order would use now; empty if none makes an offer.
    pub route: Vec<LegView>,
    /// What the route pays more than the best single pool, in hundredths of a percent.
    pub gain_bps: u32,
    /// What the best single pool would pay; null if none makes an offer.
    pub best_single: Option<SingleView>,
    /// The best single pool's price before the trade, without its fee.
    #[schema(examples("150.75"))]
    pub mid_price: Option<String>,
    /// What the route pays more than the mid price gives, in hundredths of a percent. Fees and price impact make it
    /// less, so that it is below zero.
    pub against_mid_bps: Option<i64>,
    /// Every pool that competed, the best first; empty if none makes an offer.
    pub pools: Vec<PoolQuoteView>,
    /// What would stop the trade now.
    pub issues: Vec<IssueView>,
}

/// Something that would stop a trade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssueView {
    /// For programs. Stable.
    pub code: String,
    /// For people.
    pub detail: String,
}

#[cfg(test)]
mod tests;
