//! The choice of an order that buys an exact amount: the pools that together ask least for it. Their programs keep to
//! what they give, and to the most that they may take.

use domain::BaseUnits;
use domain::quote::Choice;

use super::{NoRoute, RouteRequest, Router, reasons};
use crate::candidates;
use crate::offers::Asked;
use crate::planning::{self, Plan};
use crate::worth::Worth;

impl Router {
    pub(super) fn buy(
        &self,
        asked: &[Asked],
        request: &RouteRequest,
        amount_out: BaseUnits,
    ) -> Result<Choice, NoRoute> {
        let candidates = candidates::of(asked, request.quote, request.max_impact);
        let worth = Worth::new(request.quote, asked, &[], &self.rents);
        let parts = self.parts(request, &worth);
        let tables = self.source.tables();
        let plan = planning::direct(&candidates, request.quote, parts, self.room(&tables));
        let route = plan.as_ref().and_then(Plan::route);
        let (plan, route) = plan
            .zip(route)
            .ok_or_else(|| reasons::why_none(asked, &[], request.max_impact))?;
        let asset_in = request.quote.asset_in;
        let amount_in = route.amount_in();
        let most = ceiling(amount_in, request);
        if amount_in > most {
            return Err(NoRoute::AboveMaximum {
                best: self.print(amount_in, asset_in),
                maximum: most.to_decimal(asset_in.decimals),
            });
        }
        Ok(Choice {
            route,
            expected_amount_out: amount_out,
            min_amount_out: amount_out,
            max_amount_in: Some(most),
            quoted_at: plan.quoted_at,
        })
    }
}

/// The most that a purchase may cost: what the client named, or what its slippage adds to the quote.
fn ceiling(amount_in: BaseUnits, request: &RouteRequest) -> BaseUnits {
    match request.quote.amount_in {
        named if named > BaseUnits::new(0) => named,
        _ => amount_in.more_bps_rounded_down(request.slippage),
    }
}
