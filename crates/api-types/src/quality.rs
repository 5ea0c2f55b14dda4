//! How good an execution is: what it paid against what there was when its route was chosen.

use domain::Timestamp;
use domain::quality::{Exchange, at_mid, best_single, mid_price};
use domain::quote::{Decision, Fill, Offer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::pool;
use crate::quote::{PoolQuoteView, SingleView, gain_bps};

/// What an order's last execution was measured against, and how it compares. Differences are in hundredths of a percent,
/// to the nearest, and below zero where less was paid; they are null until the order is confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QualityView {
    /// When the route was chosen.
    #[schema(format = DateTime)]
    pub decided_at: String,
    #[schema(examples("225.6"))]
    pub expected_amount_out: String,
    /// What the route was expected to pay more than the best single pool.
    pub gain_bps: u32,
    /// What the best single pool would have paid for all of it; null if none made an offer.
    pub best_single: Option<SingleView>,
    /// Its price before the trade, without its fee.
    #[schema(examples("150.75"))]
    pub mid_price: Option<String>,
    /// What was paid more than was expected.
    pub against_quoted_bps: Option<i64>,
    /// What was paid more than the best single pool had offered.
    pub against_best_single_bps: Option<i64>,
    /// What was paid more than the mid price gives. Fees and price impact make it less.
    pub against_mid_bps: Option<i64>,
    /// Every pool that competed, the best first.
    pub quotes: Vec<PoolQuoteView>,
}

/// What there was beside a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Benchmarks {
    pub best_single: Option<SingleView>,
    pub mid_price: Option<String>,
    /// What the route is expected to pay more than the mid price gives.
    pub against_mid_bps: Option<i64>,
}

impl Benchmarks {
    /// Those of a decision.
    #[must_use]
    pub fn of(decision: &Decision) -> Self {
        let beside = Beside::of(decision);
        let expected = Exchange::expected(&decision.choice);
        Self {
            best_single: beside.single(),
            mid_price: beside.mid_price(),
            against_mid_bps: above(expected, beside.mid()),
        }
    }
}

impl QualityView {
    /// Of what this decision led to; without a fill, of what it is expected to.
    #[must_use]
    pub fn new(decided_at: Timestamp, decision: &Decision, fill: Option<&Fill>) -> Self {
        let beside = Beside::of(decision);
        let route = &decision.choice.route;
        let assets = (route.asset_in(), route.asset_out());
        let expected = Exchange::expected(&decision.choice);
        let filled = fill.map(|fill| Exchange {
            amount_in: fill.route.amount_in(),
            amount_out: fill.amount_out,
        });
        let above = |than: Option<Exchange>| filled.and_then(|it| above(it, than));
        Self {
            decided_at: decided_at.to_string(),
            expected_amount_out: expected.amount_out.to_decimal(assets.1.decimals),
            gain_bps: gain_bps(decision),
            best_single: beside.single(),
            mid_price: beside.mid_price(),
            against_quoted_bps: above(Some(expected)),
            against_best_single_bps: above(beside.alone()),
            against_mid_bps: above(beside.mid()),
            quotes: PoolQuoteView::list(&decision.pools, assets),
        }
    }
}

fn above(paid: Exchange, than: Option<Exchange>) -> Option<i64> {
    paid.bps_above(than?)
}

/// The best single offer beside a route.
struct Beside<'a> {
    decision: &'a Decision,
    best: Option<&'a Offer>,
}

impl<'a> Beside<'a> {
    fn of(decision: &'a Decision) -> Self {
        let best = best_single(decision);
        Self { decision, best }
    }

    fn alone(&self) -> Option<Exchange> {
        let best = self.best?;
        Some(Exchange::offered(best, &self.decision.choice))
    }

    /// The same amount at its price before the trade.
    fn mid(&self) -> Option<Exchange> {
        Some(Exchange {
            amount_out: at_mid(self.best?)?,
            ..self.alone()?
        })
    }

    fn mid_price(&self) -> Option<String> {
        let route = &self.decision.choice.route;
        let Exchange {
            amount_in,
            amount_out,
        } = self.mid()?;
        mid_price(
            (route.asset_in(), amount_in),
            (route.asset_out(), amount_out),
        )
    }

    fn single(&self) -> Option<SingleView> {
        let Offer {
            pool,
            amount_out,
            amount_in,
            ..
        } = self.best?;
        let route = &self.decision.choice.route;
        let decimals = route.asset_out().decimals;
        Some(SingleView {
            dex: pool.program.venue().into(),
            pool: pool.program.into(),
            pool_address: pool::address(*pool),
            amount_out: amount_out.to_decimal(decimals),
            amount_in: amount_in.map(|asked| asked.to_decimal(route.asset_in().decimals)),
        })
    }
}

#[cfg(test)]
mod tests;
