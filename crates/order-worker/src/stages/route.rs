//! Asks the venues and chooses one.

use dex_router::router::{NoRoute, RouteRequest, ThirdTokens};
use domain::event::FailureCode;
use domain::quote::{Answer, Choice, Decision, Quote};
use domain::{MaxImpact, Order};
use ports::STAGE_SPANS;
use tracing::field::{Empty, display};
use tracing::{Instrument, info, trace_span};

use super::StageError;
use crate::context::Context;

/// The best route for an order now, of so many swaps where fewer are wanted than are allowed. Changes nothing and
/// may be cut short.
pub(crate) async fn route(
    ctx: &Context,
    order: &Order,
    swaps_max: Option<usize>,
) -> Result<Decision, StageError> {
    let span = trace_span!(
        target: STAGE_SPANS, "order.route",
        venue = Empty, pool = Empty, expected_amount_out = Empty, min_amount_out = Empty, error = Empty
    );
    let of_terms = RouteRequest::from(&order.terms);
    let request = RouteRequest {
        min_amount_out: order.terms.floor(),
        max_impact: MaxImpact::narrower(of_terms.max_impact, ctx.settings.max_impact),
        thirds: match order.executions > 1 {
            true => ThirdTokens::WhereNeeded,
            false => ThirdTokens::WherePayingMore,
        },
        swaps_max,
        ..of_terms
    };
    let route = || ctx.router.route(&request).instrument(span.clone());
    let mut routed = route().await;
    if request.sniping.is_some() && matches!(routed, Err(NoRoute::NoPool(_))) {
        // Whoever fired it has seen a pool that this process has not looked for yet.
        ctx.router
            .doubt(order.terms.asset_in, order.terms.asset_out);
        routed = route().await;
    }
    match &routed {
        Ok(Decision { choice, quotes, .. }) => {
            tell(choice, quotes);
            let pool = choice.route.largest().pool;
            span.record("venue", pool.program.venue().name());
            span.record("pool", pool.program.name());
            span.record("expected_amount_out", display(choice.expected_amount_out));
            span.record("min_amount_out", display(choice.min_amount_out));
        }
        Err(no_route) => {
            span.record("error", display(no_route));
        }
    }
    routed.map_err(|no_route| {
        // An endpoint may be behind the one that showed the pool.
        match request.sniping.is_some() && matches!(no_route, NoRoute::NoPool(_)) {
            true => StageError::transient(FailureCode::NoPool, no_route.to_string()),
            false => classify(&no_route),
        }
    })
}

fn tell(choice: &Choice, quotes: &[Quote]) {
    let offers: Vec<String> = quotes
        .iter()
        .map(|quote| match &quote.answer {
            Answer::Offered(offer) => match offer.amount_in {
                Some(asked) => format!("{} for {asked}", quote.venue),
                None => format!("{} {}", quote.venue, offer.amount_out),
            },
            Answer::Declined { reason } => format!("{} none ({reason})", quote.venue),
        })
        .collect();
    let (venue, offers) = (choice.route.largest().venue(), offers.join(", "));
    info!(%venue, offers, "routed to {venue}; offers after fees and impact: {offers}");
}

fn classify(no_route: &NoRoute) -> StageError {
    let code = match no_route {
        NoRoute::NoQuote(_) => FailureCode::NoQuote,
        NoRoute::NotTradable(_) => FailureCode::TokenNotTradable,
        NoRoute::NoPool(_) => FailureCode::NoPool,
        NoRoute::InsufficientLiquidity => FailureCode::InsufficientLiquidity,
        NoRoute::AmountTooSmall => FailureCode::AmountTooSmall,
        NoRoute::BelowMinimum { .. } => FailureCode::BelowMinimum,
        NoRoute::AboveMaximum { .. } => FailureCode::AboveMaximum,
        NoRoute::PriceImpact { .. } => FailureCode::PriceImpact,
    };
    if no_route.may_pass() {
        StageError::transient(code, no_route.to_string())
    } else {
        StageError::permanent(code, no_route.to_string())
    }
}
