//! What orders that wait for a condition would bring now: asked when somebody looks at them.

use std::collections::HashMap;
use std::time::Duration;

use api_types::order::{Look, SeenWaiting};
use api_types::sniping::Sight;
use dex_router::router::{RouteRequest, Spot};
use domain::order::WaitsFor;
use domain::volume::Volume;
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
    let mut volumes: HashMap<Pair, Volume> = HashMap::new();
    let mut all = HashMap::new();
    for order in priced {
        let known = looks.get(&RouteRequest::of_price(&order.terms)).cloned();
        let (look, mut sight) = known.unwrap_or_default();
        if order.terms.order_type.waits_for() == Some(WaitsFor::Volume) {
            sight.volume = Some(volume(ctx, &mut volumes, &order.terms).await?);
        }
        let seen = SeenWaiting {
            look,
            sight,
            ..SeenWaiting::default()
        };
        all.insert(order.id, (order.terms, seen));
    }
    let trailing = trailing.into_iter().map(|order| {
        let followed = followed.get(&assets(&order.terms));
        let spot = followed.and_then(|(spot, _)| *spot);
        let high = followed.and_then(|(_, highs)| highs.since(order.accepted_at));
        let seen = SeenWaiting {
            spot: spot.map(|(spot, at)| (spot.price, spot.slot, at)),
            // A spot above all that is stored is the highest now.
            high: high.max(spot.map(|(spot, _)| spot.price)),
            ..SeenWaiting::default()
        };
        (order.id, (order.terms, seen))
    });
    all.extend(trailing);
    Ok(all)
}

const fn assets(terms: &Terms) -> (Asset, Asset) {
    (terms.asset_in, terms.asset_out)
}

/// What different routes bring now, where that is known, and what is known of snipers' pools.
async fn looks(
    ctx: &Ctx,
    waiting: &[WaitingOrder],
) -> HashMap<RouteRequest, (Option<Look>, Sight)> {
    let mut different: Vec<RouteRequest> = Vec::new();
    for order in waiting {
        let request = RouteRequest::of_price(&order.terms);
        if different.len() < ROUTES_MAX && !different.contains(&request) {
            different.push(request);
        }
    }
    let looks = different.iter().map(|request| look(ctx, request));
    let looks = join_all(looks).await;
    different.into_iter().zip(looks).collect()
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
        let pair = Pair::between(sold.mint, bought.mint);
        let highs = deadline::read(ctx.ports.store.highs(&pair));
        let (spot, highs) = join(ctx.router.spot(sold, bought), highs).await;
        let spot = spot.map(|spot| (spot, ctx.ports.clock.now()));
        let highs = highs.map(|stored| stored.highs).unwrap_or_default();
        ((sold, bought), (spot, highs))
    });
    join_all(follow).await.into_iter().collect()
}

/// What is traded of an order's pair, read once for a page.
async fn volume(ctx: &Ctx, known: &mut HashMap<Pair, Volume>, terms: &Terms) -> Result<Volume> {
    let pair = Pair::of(terms);
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
