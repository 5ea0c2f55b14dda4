//! Asking the venues and choosing one.

use dex_router::router::{NoRoute, RouteRequest};
use domain::Terms;
use domain::event::FailureCode;
use domain::quote::Route;

use super::StageError;
use crate::context::Context;

/// The best route for these terms now. Changes nothing; may be cut short.
pub(crate) async fn route(ctx: &Context, terms: &Terms) -> Result<Route, StageError> {
    ctx.router
        .route(&RouteRequest::from(terms))
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
