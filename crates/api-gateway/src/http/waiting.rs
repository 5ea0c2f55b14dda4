//! What orders that wait for a price would bring now: asked when somebody looks at them.

use std::collections::HashMap;
use std::time::Duration;

use api_types::order::Look;
use dex_router::router::RouteRequest;
use domain::{Order, OrderId, Terms};
use futures_util::future::join_all;

use crate::deadline;
use crate::error::Result;
use crate::state::Ctx;

/// Different routes asked for on behalf of one page; of the other orders the price is not told.
const ROUTES_MAX: usize = 32;
/// A page does not wait longer for prices.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Those of these orders that wait, by what they wait for and what they would bring.
pub(super) async fn of(
    ctx: &Ctx,
    orders: &[Order],
) -> Result<HashMap<OrderId, (Terms, Option<Look>)>> {
    let may_wait = |order: &&Order| {
        order.terms.order_type.waits() && order.status() == domain::Status::Pending
    };
    let asked: Vec<OrderId> = orders.iter().filter(may_wait).map(|it| it.id).collect();
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let waiting = deadline::read(ctx.ports.store.waiting_among(&asked)).await?;
    let mut different: Vec<RouteRequest> = Vec::new();
    for order in &waiting {
        let request = RouteRequest::of_price(&order.terms);
        if different.len() < ROUTES_MAX && !different.contains(&request) {
            different.push(request);
        }
    }
    let looks = different.iter().map(|request| look(ctx, request));
    let looks = tokio::time::timeout(PATIENCE, join_all(looks)).await;
    let looks = looks.unwrap_or_default();
    let found = |terms: &Terms| {
        let request = RouteRequest::of_price(terms);
        let mut known = different.iter().zip(&looks);
        known.find(|(it, _)| **it == request)?.1.to_owned()
    };
    let found = waiting.into_iter().map(|order| {
        let look = found(&order.terms);
        (order.id, (order.terms, look))
    });
    Ok(found.collect())
}

async fn look(ctx: &Ctx, request: &RouteRequest) -> Option<Look> {
    let choice = ctx.router.route(request).await.ok()?.choice;
    Some(Look {
        amount_out: choice.expected_amount_out,
        slot: choice.quoted_at,
        at: ctx.ports.clock.now(),
    })
}
