//! Why there is no route.

use domain::quote::Offer;
use domain::{MaxImpact, Venue};

use super::NoRoute;
use crate::gates::Gate;
use crate::offers::{Asked, Declined};
use crate::thirds::Third;

/// A reason that holds whenever one asks is given only where every venue answered with one of that kind.
pub(crate) fn why_none(
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
