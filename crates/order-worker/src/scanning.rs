//! Looks, every few seconds, at the price of every order that waits for one, and fires those whose condition holds.
//!
//! This is correct alone: whatever else fires orders makes it only quicker. One worker at a time scans for all; a second
//! one would do no harm, because the store fires an order once. It has no lease on what it looks at, and remembers
//! nothing from one scan to the next.
//!
//! `watching.rs` fires them sooner.

use std::sync::Arc;
use std::time::Duration;

use dex_router::router::Look;
use futures_util::{StreamExt, stream};
use ports::finality::Turn;
use ports::waiting::{FIRED_AT_ONCE, Pair, WaitingOrder};
use tracing::debug;

use crate::context::Context;
use crate::looking::{Holding, fire, look};
use crate::metrics::took;
use crate::trailing::{self, Trails};

/// In how many periods of the sweeper this loop looks once.
const PERIODS: u32 = 5;
/// Pairs listed in one call, and looked at side by side.
const PAIRS: usize = 64;
const PAIRS_AT_ONCE: usize = 8;
/// Orders of a pair listed in one call.
const PAGE: usize = 500;
/// Between two looks of which the second must be of another slot, and how often it is tried before the next scan.
const AGAIN_AFTER: Duration = Duration::from_millis(400);
const AGAIN_AT_MOST: u32 = 10;

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
        let (trailing, priced): (Vec<_>, Vec<_>) = page
            .into_iter()
            .partition(|order| order.terms.order_type.trails());
        judge(ctx, priced).await?;
        judge_trailing(ctx, &pair, trailing).await?;
        if is_last {
            return Ok(());
        }
    }
}

/// Fires those of these trailing stops whose condition holds at two slots in a row.
async fn judge_trailing(
    ctx: &Context,
    pair: &Pair,
    orders: Vec<WaitingOrder>,
) -> ports::Result<()> {
    let Some(first) = orders.first() else {
        return Ok(());
    };
    let assets = (first.terms.asset_in, first.terms.asset_out);
    let last = orders.iter().map(|order| order.accepted_at).max();
    let last = last.unwrap_or(first.accepted_at);
    let mut trails = Trails::read(ctx, pair).await?;
    let mut holding = orders;
    let mut first_slot = None;
    for _ in 0..AGAIN_AT_MOST {
        let Some(spot) = ctx.router.spot(assets.0, assets.1).await else {
            return Ok(());
        };
        trails.see(ctx, spot, last, None).await?;
        holding.retain(|order| trailing::holds(order, &trails.highs, spot.price));
        if holding.is_empty() {
            return Ok(());
        }
        if first_slot.is_some_and(|slot| slot < spot.slot) {
            let fired = holding.into_iter().map(|order| Holding {
                order,
                price: spot.price.to_string(),
                slot: spot.slot,
            });
            let fired: Vec<Holding> = fired.collect();
            return fire(ctx, &fired).await.map(drop);
        }
        first_slot.get_or_insert(spot.slot);
        ctx.clock.sleep(AGAIN_AFTER).await;
    }
    Ok(())
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
            // A price is not low because somebody who may pay more did not answer.
            if look.is_whole {
                again.push((order, look));
            }
        } else {
            now.push(Holding::by_amount(order, look));
        }
    }
    for some in rested.chunks(FIRED_AT_ONCE) {
        ctx.store.end_rests(some).await?;
    }
    fire(ctx, &now).await?;
    let twice = seen_twice(ctx, again).await;
    fire(ctx, &twice).await.map(drop)
}

/// Those whose condition still holds at another slot, and what is seen there.
async fn seen_twice(ctx: &Context, mut once: Vec<(WaitingOrder, Look)>) -> Vec<Holding> {
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
                Some(second) if second.slot > first.slot && second.is_whole => {
                    twice.push(Holding::by_amount(order, second));
                }
                _ => once.push((order, first)),
            }
        }
    }
    twice
}
