//! The choice of an order that buys an exact amount: the pool that asks least for it. Its program keeps to what it gives,
//! and to the most that it may take.

use domain::BaseUnits;
use domain::quote::Choice;
use domain::route::{Leg, Route};

use super::{NoRoute, RouteRequest, Router, reasons};
use crate::offers::{self, Asked};

impl Router {
    pub(super) fn buy(
        &self,
        asked: &[Asked],
        request: &RouteRequest,
        amount_out: BaseUnits,
    ) -> Result<Choice, NoRoute> {
        let offers = asked.iter().flat_map(Asked::pools);
        let offers = offers.filter_map(|(among, _, answer)| {
            let offer = answer.as_ref().ok()?;
            Some((offer, offer.amount_in?, among.slot))
        });
        let admitted = offers.filter(|(offer, ..)| {
            let limit = request.max_impact;
            limit.is_none_or(|limit| limit.admits(offer.impact_ppm))
        });
        let best = admitted.min_by_key(|(offer, ..)| offers::rank(offer));
        let Some((offer, amount_in, slot)) = best else {
            return Err(reasons::why_none(asked, &[], request.max_impact));
        };
        let asset_in = request.quote.asset_in;
        let most = ceiling(amount_in, request);
        if amount_in > most {
            return Err(NoRoute::AboveMaximum {
                best: self.print(amount_in, asset_in),
                maximum: most.to_decimal(asset_in.decimals),
            });
        }
        Ok(Choice {
            route: Route::of(Leg {
                pool: offer.pool,
                asset_in,
                asset_out: request.quote.asset_out,
                amount_in,
                amount_out,
            }),
            expected_amount_out: amount_out,
            min_amount_out: amount_out,
            max_amount_in: Some(most),
            quoted_at: slot,
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
