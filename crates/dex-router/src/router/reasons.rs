//! Why there is no route.

use domain::quote::Offer;
use domain::{MaxImpact, Venue};

use super::{NoRoute, RouteRequest, Router};
use crate::gates::Gate;
use crate::offers::{Asked, Declined};
use crate::request::QuoteRequest;
use crate::thirds::Third;
use crate::{candidates, planning};

impl Router {
    /// Why there is no route. Of a pair of which no pool trades it is what keeps the order from going over the third
    /// tokens that can be reached.
    pub(super) fn why_none(
        &self,
        asked: &[Asked],
        thirds: &[Third],
        request: &RouteRequest,
    ) -> NoRoute {
        match why_none(asked, thirds, request.max_impact) {
            NoRoute::NoPool(direct) => {
                let reachable = thirds.iter().filter(|third| third.may_be_reachable());
                let over = reachable.map(|third| {
                    let name = self.tokens.name_of(third.asset.mint);
                    (name, self.why_not_over(third, request))
                });
                of_ways(&direct, &over.collect::<Vec<_>>())
            }
            why => why,
        }
    }

    /// Why an order does not go over a third token.
    fn why_not_over(&self, third: &Third, request: &RouteRequest) -> NoRoute {
        let to = QuoteRequest {
            asset_out: third.asset,
            ..request.quote
        };
        let asked = self.judge(&third.to, to, request.venues);
        let before = candidates::of(&asked, to, request.max_impact);
        let paid = planning::singles(&before, to.amount_in).map(|(_, plan)| plan.amount_out);
        let Some(paid) = paid.max() else {
            return why_not_direct(&asked, request.max_impact);
        };
        let from = QuoteRequest {
            asset_in: third.asset,
            amount_in: planning::passed_on(paid, request.slippage),
            ..request.quote
        };
        let asked = self.judge(&third.from, from, request.venues);
        let behind = candidates::of(&asked, from, request.max_impact);
        match planning::singles(&behind, from.amount_in).next() {
            None => why_not_direct(&asked, request.max_impact),
            Some(_) => NoRoute::NoPool("one transaction has no room for two swaps".to_owned()),
        }
    }
}

/// The reason of a pair of which no pool trades, by what each way over a third token lacks: one that may pass before
/// others, and of the others that of the way that lacks least.
fn of_ways(direct: &str, over: &[(String, NoRoute)]) -> NoRoute {
    let told = || {
        let ways = over.iter().map(|(name, why)| format!("over {name}: {why}"));
        let all: Vec<String> = [direct.to_owned()].into_iter().chain(ways).collect();
        all.join("; ")
    };
    if over.iter().any(|(_, why)| why.may_pass()) {
        return NoRoute::NoQuote(told());
    }
    let rank = |why: &NoRoute| match why {
        NoRoute::PriceImpact { least_ppm, .. } => Some((0, *least_ppm)),
        NoRoute::InsufficientLiquidity => Some((1, 0)),
        NoRoute::AmountTooSmall => Some((2, 0)),
        // What a third token's pools are refused for says nothing of the order's own tokens.
        _ => None,
    };
    let ranked = over.iter().filter_map(|(_, why)| Some((rank(why)?, why)));
    match ranked.min_by_key(|(rank, _)| *rank) {
        Some((_, why)) => why.clone(),
        None => NoRoute::NoPool(told()),
    }
}

/// A reason that holds whenever one asks is given only where every venue answered with one of that kind.
pub(super) fn why_none(
    asked: &[Asked],
    thirds: &[Third],
    max_impact: Option<MaxImpact>,
) -> NoRoute {
    let why = why_not_direct(asked, max_impact);
    match thirds.iter().any(Third::is_unsure) && !why.may_pass() {
        true => NoRoute::NoQuote(format!(
            "{why}, and not every third token could be looked at"
        )),
        false => why,
    }
}

fn why_not_direct(asked: &[Asked], max_impact: Option<MaxImpact>) -> NoRoute {
    let offers = asked.iter().flat_map(Asked::offers);
    let least_ppm = offers.map(|offer: &Offer| offer.impact_ppm).min();
    // Offers that were not taken move the price too far.
    if let Some((least_ppm, limit)) = least_ppm.zip(max_impact) {
        return NoRoute::PriceImpact { least_ppm, limit };
    }
    let answered = asked.iter().map(|it| (it.venue, it.best().err()));
    let reasons: Vec<(Venue, Declined)> = answered
        .filter_map(|(venue, reason)| Some((venue, reason?)))
        .collect();
    if reasons.is_empty() {
        return NoRoute::NoQuote("none of the order's venues is available".to_owned());
    }
    let of_tokens = reasons.iter().find_map(|(_, reason)| match reason {
        Declined::Refused(refused) if refused.gate == Gate::Token => Some(refused),
        _ => None,
    });
    if let Some(refused) = of_tokens {
        return NoRoute::NotTradable(refused.why.clone());
    }
    if reasons.iter().any(|(_, reason)| reason.may_pass()) {
        return NoRoute::NoQuote(told(&reasons));
    }
    let trades = |reason: &Declined| !matches!(reason, Declined::NoPool | Declined::Refused(_));
    let mut trading = reasons.iter().filter(|(_, it)| trades(it)).peekable();
    if trading.peek().is_none() {
        return NoRoute::NoPool(told(&reasons));
    }
    match trading.all(|(_, reason)| *reason == Declined::AmountTooSmall) {
        true => NoRoute::AmountTooSmall,
        false => NoRoute::InsufficientLiquidity,
    }
}

fn told(reasons: &[(Venue, Declined)]) -> String {
    let reasons = reasons.iter();
    let reasons: Vec<String> = reasons
        .map(|(venue, reason)| format!("{venue}: {reason}"))
        .collect();
    reasons.join("; ")
}
