//! What orders that wait for a price would bring now: asked when somebody looks at them.

use std::collections::HashMap;
use std::time::Duration;

use api_types::order::{Look, SeenWaiting};
use dex_router::router::{RouteRequest, Spot};
use domain::waiting::Highs;
use domain::{Asset, Order, OrderId, Terms, Timestamp};
use futures_util::future::{join, join_all};
use ports::waiting::{Pair, WaitingOrder};

use crate::deadline;
use crate::error::Result;
use crate::state::Ctx;

/// Different routes asked for on behalf of one page; of the other orders the price is not told.
const ROUTES_MAX: usize = 32;
/// A page does not wait longer for prices.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// A pair's spot, and its highs.
type Followed = (Option<(Spot, Timestamp)>, Highs);

/// Those of these orders that wait, by what they wait for and what was seen of it.
pub(super) async fn of(
    ctx: &Ctx,
    orders: &[Order],
) -> Result<HashMap<OrderId, (Terms, SeenWaiting)>> {
    let may_wait = |order: &&Order| {
        order.terms.order_type.waits() && order.status() == domain::Status::Pending
    };
    let asked: Vec<OrderId> = orders.iter().filter(may_wait).map(|it| it.id).collect();
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let waiting = deadline::read(ctx.ports.store.waiting_among(&asked)).await?;
    let (trailing, priced): (Vec<WaitingOrder>, Vec<WaitingOrder>) = waiting
        .into_iter()
        .partition(|order| order.terms.order_type.trails());
    let looks = tokio::time::timeout(PATIENCE, looks(ctx, &priced));
    let followed = tokio::time::timeout(PATIENCE, followed(ctx, &trailing));
    let (looks, followed) = join(looks, followed).await;
    let (looks, followed) = (looks.unwrap_or_default(), followed.unwrap_or_default());
    let priced = priced.into_iter().map(|order| {
        let look = looks.get(&RouteRequest::of_price(&order.terms)).copied();
        let seen = SeenWaiting {
            look,
            ..SeenWaiting::default()
        };
        (order.id, (order.terms, seen))
    });
    let trailing = trailing.into_iter().map(|order| {
        let followed = followed.get(&assets(&order.terms));
        let spot = followed.and_then(|(spot, _)| *spot);
        let high = followed.and_then(|(_, highs)| highs.since(order.accepted_at));
        let seen = SeenWaiting {
            look: None,
            spot: spot.map(|(spot, at)| (spot.price, spot.slot, at)),
            // A spot above all that is stored is the highest now.
            high: high.max(spot.map(|(spot, _)| spot.price)),
        };
        (order.id, (order.terms, seen))
    });
    Ok(priced.chain(trailing).collect())
}

const fn assets(terms: &Terms) -> (Asset, Asset) {
    (terms.asset_in, terms.asset_out)
}

/// What different routes bring now, where that is known.
async fn looks(ctx: &Ctx, waiting: &[WaitingOrder]) -> HashMap<RouteRequest, Look> {
    let mut different: Vec<RouteRequest> = Vec::new();
    for order in waiting {
        let request = RouteRequest::of_price(&order.terms);
        if different.len() < ROUTES_MAX && !different.contains(&request) {
            different.push(request);
        }
    }
    let looks = different.iter().map(|request| look(ctx, request));
    let looks = join_all(looks).await;
    let looks = different.into_iter().zip(looks);
    looks
        .filter_map(|(request, look)| Some((request, look?)))
        .collect()
}

/// What different pairs' trailing stops follow.
async fn followed(ctx: &Ctx, waiting: &[WaitingOrder]) -> HashMap<(Asset, Asset), Followed> {
    let mut different: Vec<(Asset, Asset)> = Vec::new();
    for order in waiting {
        let pair = assets(&order.terms);
        if different.len() < ROUTES_MAX && !different.contains(&pair) {
            different.push(pair);
        }
    }
    let follow = different.into_iter().map(async |(sold, bought)| {
        let pair = Pair {
            sold: sold.mint.column(),
            bought: bought.mint.column(),
        };
        let highs = deadline::read(ctx.ports.store.highs(&pair));
        let (spot, highs) = join(ctx.router.spot(sold, bought), highs).await;
        let spot = spot.map(|spot| (spot, ctx.ports.clock.now()));
        let highs = highs.map(|stored| stored.highs).unwrap_or_default();
        ((sold, bought), (spot, highs))
    });
    join_all(follow).await.into_iter().collect()
}

async fn look(ctx: &Ctx, request: &RouteRequest) -> Option<Look> {
    let choice = ctx.router.route(request).await.ok()?.choice;
    Some(Look {
        amount_out: choice.expected_amount_out,
        slot: choice.quoted_at,
        at: ctx.ports.clock.now(),
    })
}
