//! What orders that wait for a condition would bring now: asked when somebody looks at them.

use std::collections::HashMap;
use std::time::Duration;

use api_types::order::Look;
use api_types::sniping::Sight;
use dex_router::router::RouteRequest;
use domain::order::WaitsFor;
use domain::volume::Volume;
use domain::{Order, OrderId, Terms};
use futures_util::future::join_all;
use ports::volumes::pair_of;
use ports::waiting::Pair;

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
) -> Result<HashMap<OrderId, (Terms, Option<Look>, Sight)>> {
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
        let known = known.find(|(it, _)| **it == request);
        known.map(|(_, look)| look.clone()).unwrap_or_default()
    };
    let mut volumes: HashMap<Pair, Volume> = HashMap::new();
    let mut all = HashMap::new();
    for order in waiting {
        let (look, mut sight) = found(&order.terms);
        if order.terms.order_type.waits_for() == Some(WaitsFor::Volume) {
            sight.volume = Some(volume(ctx, &mut volumes, &order.terms).await?);
        }
        all.insert(order.id, (order.terms, look, sight));
    }
    Ok(all)
}

/// What is traded of an order's pair, read once for a page.
async fn volume(ctx: &Ctx, known: &mut HashMap<Pair, Volume>, terms: &Terms) -> Result<Volume> {
    let pair = pair_of(terms);
    if let Some(volume) = known.get(&pair) {
        return Ok(*volume);
    }
    let read = deadline::read(ctx.ports.store.volume(&pair)).await?;
    known.insert(pair, read.volume);
    Ok(read.volume)
}

async fn look(ctx: &Ctx, request: &RouteRequest) -> (Option<Look>, Sight) {
    let at = ctx.ports.clock.now();
    let unrouted = match ctx.router.decide(request).await {
        Ok(decision) => {
            let look = Look {
                amount_out: decision.choice.expected_amount_out,
                slot: decision.choice.quoted_at,
                at: ctx.ports.clock.now(),
            };
            return (Some(look), Sight::default());
        }
        Err(unrouted) => unrouted,
    };
    let sight = request.sniping.map(|_| Sight {
        lacking: Some(unrouted.why.to_string()),
        opens_at: unrouted
            .opens_in
            .map(|seconds| at.plus(Duration::from_secs(seconds))),
        volume: None,
    });
    (None, sight.unwrap_or_default())
}
