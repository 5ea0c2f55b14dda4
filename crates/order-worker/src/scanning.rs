//! Looks, every few seconds, at the price of every order that waits for one, and fires those whose condition holds.
//!
//! This is correct alone: whatever else fires orders makes it only quicker. One worker at a time scans for all; a second
//! one would do no harm, because the store fires an order once. It has no lease on what it looks at, and remembers
//! nothing from one scan to the next.
//!
//! A price is what the router's route for the order's own amount brings. Orders that would take the same route are asked
//! for once, and pools are read once for all that are asked for together.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dex_router::router::RouteRequest;
use domain::waiting::{Firing, Seen};
use domain::{BaseUnits, MaxImpact, OrderId, Terms};
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use ports::finality::Turn;
use ports::job_queue::Job;
use ports::waiting::{FIRED_AT_ONCE, NewFiring, Pair, WaitingOrder};
use tracing::{debug, info};

use crate::context::Context;
use crate::metrics::took;

/// In how many periods of the sweeper this loop looks once.
const PERIODS: u32 = 5;
/// Pairs listed in one call, and looked at side by side.
const PAIRS: usize = 64;
const PAIRS_AT_ONCE: usize = 8;
/// Orders of a pair listed in one call.
const PAGE: usize = 500;
/// Routes asked for side by side.
const ROUTES_AT_ONCE: usize = 64;
/// Between two looks of which the second must be of another slot, and how often it is tried before the next scan.
const AGAIN_AFTER: Duration = Duration::from_millis(400);
const AGAIN_AT_MOST: u32 = 10;

/// What an order's amount brings, as one slot shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    amount_out: BaseUnits,
    slot: u64,
}

/// Looks once per period until somebody asks to stop.
pub(crate) async fn run(ctx: Arc<Context>) {
    let period = ctx.settings.sweep * PERIODS;
    // So that the workers of a cluster that start together do not look together.
    let mut pause = ctx.random.duration_below(period);
    loop {
        tokio::select! {
            biased;
            () = ctx.shutdown.soft() => return,
            () = ctx.clock.sleep(pause) => {}
        }
        tokio::select! {
            biased;
            () = ctx.shutdown.soft() => return,
            scanned = scan(&ctx, period) => {
                if let Err(error) = scanned {
                    debug!(%error, "orders that wait are looked at in the next round: {error}");
                }
            }
        }
        pause = period;
    }
}

async fn scan(ctx: &Context, period: Duration) -> ports::Result<()> {
    let mut pairs = ctx.store.waiting_pairs(None, PAIRS).await?;
    if pairs.is_empty() || !ctx.store.take_turn(Turn::Scan, period).await? {
        return Ok(());
    }
    let began = ctx.clock.monotonic();
    loop {
        let looking = stream::iter(pairs.clone()).map(|pair| scan_pair(ctx, pair));
        let mut looking = looking.buffer_unordered(PAIRS_AT_ONCE);
        while let Some(looked) = looking.next().await {
            looked?;
        }
        drop(looking);
        if pairs.len() < PAIRS {
            break;
        }
        pairs = ctx.store.waiting_pairs(pairs.last(), PAIRS).await?;
    }
    took(&ctx.metrics.scan, began, ctx.clock.monotonic());
    Ok(())
}

async fn scan_pair(ctx: &Context, pair: Pair) -> ports::Result<()> {
    let mut after = None;
    loop {
        let page = ctx.store.waiting_of_pair(&pair, after, PAGE).await?;
        after = page.last().map(|order| order.id);
        let is_last = page.len() < PAGE;
        judge(ctx, page).await?;
        if is_last {
            return Ok(());
        }
    }
}

/// Fires those of these orders whose condition holds, and ends the rests of those whose does not.
async fn judge(ctx: &Context, orders: Vec<WaitingOrder>) -> ports::Result<()> {
    let looks = look(ctx, &orders).await;
    let (mut now, mut again, mut rested) = (Vec::new(), Vec::new(), Vec::new());
    for (order, look) in orders.into_iter().zip(looks) {
        // Without a price nothing is known.
        let Some(look) = look else {
            continue;
        };
        if !order.terms.holds_at(look.amount_out) {
            if order.is_resting || order.misses.routed > 0 {
                rested.push(order.id);
            }
        } else if order.is_resting {
            // It fires once its rest is over.
        } else if order.terms.order_type.needs_two_slots() {
            again.push((order, look));
        } else {
            now.push((order, look));
        }
    }
    for some in rested.chunks(FIRED_AT_ONCE) {
        ctx.store.end_rests(some).await?;
    }
    fire(ctx, &now).await?;
    let twice = seen_twice(ctx, again).await;
    fire(ctx, &twice).await
}

/// Those whose condition still holds at another slot, and what is seen there.
async fn seen_twice(
    ctx: &Context,
    mut once: Vec<(WaitingOrder, Look)>,
) -> Vec<(WaitingOrder, Look)> {
    let mut twice = Vec::new();
    for _ in 0..AGAIN_AT_MOST {
        if once.is_empty() {
            break;
        }
        ctx.clock.sleep(AGAIN_AFTER).await;
        let (orders, firsts): (Vec<_>, Vec<_>) = once.into_iter().unzip();
        let looks = look(ctx, &orders).await;
        once = Vec::new();
        for ((order, first), second) in orders.into_iter().zip(firsts).zip(looks) {
            match second {
                Some(second) if !order.terms.holds_at(second.amount_out) => {}
                Some(second) if second.slot != first.slot => twice.push((order, second)),
                _ => once.push((order, first)),
            }
        }
    }
    twice
}

/// What each order's amount brings now; absent where no route is known.
async fn look(ctx: &Context, orders: &[WaitingOrder]) -> Vec<Option<Look>> {
    let asked = |order: &WaitingOrder| asked(ctx, &order.terms);
    let mut looks: HashMap<RouteRequest, Option<Look>> =
        orders.iter().map(|order| (asked(order), None)).collect();
    let different: Vec<RouteRequest> = looks.keys().copied().collect();
    for some in different.chunks(ROUTES_AT_ONCE) {
        let routes = some.iter().map(|asked| route(ctx, asked));
        looks.extend(some.iter().copied().zip(join_all(routes).await));
    }
    let found = |order| looks.get(&asked(order)).copied().flatten();
    orders.iter().map(found).collect()
}

fn asked(ctx: &Context, terms: &Terms) -> RouteRequest {
    RouteRequest {
        max_impact: MaxImpact::narrower(terms.max_impact, ctx.settings.max_impact),
        ..RouteRequest::of_price(terms)
    }
}

async fn route(ctx: &Context, request: &RouteRequest) -> Option<Look> {
    let choice = ctx.router.route(request).await.ok()?.choice;
    Some(Look {
        amount_out: choice.expected_amount_out,
        slot: choice.quoted_at,
    })
}

async fn fire(ctx: &Context, holding: &[(WaitingOrder, Look)]) -> ports::Result<()> {
    let firings: Vec<NewFiring> = holding
        .iter()
        .map(|(order, look)| firing(ctx, order, *look))
        .collect();
    for some in firings.chunks(FIRED_AT_ONCE) {
        // A lost answer costs a sweep: the order is due.
        let fired = ctx.store.fire(some).await?;
        ctx.metrics.fired.increment(fired.len() as u64);
        for due in fired {
            tell(&firings, due.id);
            ctx.announcer.enqueue(Job::from(due));
        }
    }
    Ok(())
}

fn firing(ctx: &Context, order: &WaitingOrder, look: Look) -> NewFiring {
    let terms = &order.terms;
    let (asset_in, asset_out) = (terms.asset_in, terms.asset_out);
    let price = domain::price::price(asset_in, terms.amount_in, asset_out, look.amount_out);
    let seen = Seen {
        price,
        slot: look.slot,
        at: ctx.clock.now(),
    };
    NewFiring {
        order: order.id,
        revision: order.revision,
        firing: Firing {
            seen,
            misses: order.misses,
        },
    }
}

fn tell(firings: &[NewFiring], id: OrderId) {
    let seen = firings.iter().find(|it| it.order == id);
    if let Some(NewFiring { firing, .. }) = seen {
        let Seen { price, slot, .. } = &firing.seen;
        info!(order.id = %id, price, slot, "order {id} has fired: its amount would be sold at {price}");
    }
}
