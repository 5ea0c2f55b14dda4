//! Asking the venues and choosing one.

use dex_router::router::{NoRoute, RouteRequest};
use dex_router::venue::QuoteRequest;
use domain::Terms;
use domain::event::FailureCode;
use domain::quote::Route;

use super::StageError;
use crate::context::Context;

/// The best route for these terms now. Changes nothing; may be cut short.
pub(crate) async fn route(ctx: &Context, terms: &Terms) -> Result<Route, StageError> {
    let request = RouteRequest {
        quote: QuoteRequest {
            token_in: terms.token_in,
            token_out: terms.token_out,
            amount_in: terms.amount_in,
        },
        venues: terms.venues,
        slippage: terms.slippage,
        min_amount_out: terms.min_amount_out,
    };
    ctx.router
        .route(&request)
        .await
        .map_err(|no_route| classify(&no_route))
}

fn classify(no_route: &NoRoute) -> StageError {
    let code = match no_route {
        NoRoute::NoQuote(_) => FailureCode::NoQuote,
        NoRoute::InsufficientLiquidity => FailureCode::InsufficientLiquidity,
        NoRoute::AmountTooSmall => FailureCode::AmountTooSmall,
        NoRoute::BelowMinimum { .. } => FailureCode::BelowMinimum,
    };
    if no_route.may_pass() {
        StageError::transient(code, no_route.to_string())
    } else {
        StageError::permanent(code, no_route.to_string())
    }
}
