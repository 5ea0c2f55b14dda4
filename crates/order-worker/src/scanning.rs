//! Looks, every few seconds, at the price of every order that waits for one, and fires those whose condition holds.
//!
//! This is correct alone: whatever else fires orders makes it only quicker. One worker at a time scans for all; a second
//! one would do no harm, because the store fires an order once. It has no lease on what it looks at, and remembers
//! nothing from one scan to the next.
//!
//! A sniper is looked at in the same way, with the pools that pass its gates alone. Where the first of them opens soon, its
//! pair is looked at again then, and does not wait for the next scan.
//!
//! A price is what the router's route for the order's own amount brings. Orders that would take the same route are asked
//! for once, and pools are read once for all that are asked for together.

mod soon;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use dex_router::router::RouteRequest;
use domain::order::{Trigger, WaitsFor};
use domain::volume::Volume;
use domain::waiting::{Firing, Seen};
use domain::{BaseUnits, MaxImpact, Mint, OrderId, OrderType, Terms};
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use ports::finality::Turn;
use ports::job_queue::Job;
use ports::waiting::{FIRED_AT_ONCE, NewFiring, Pair, WaitingOrder};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;
use tracing::{debug, info};

use crate::context::Context;
use crate::metrics::took;
use crate::volumes;
use soon::Soon;

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

/// What one look at an order's pools shows.
#[derive(Debug, Clone, Copy, Default)]
struct Sight {
    /// Absent where no route is known.
    look: Option<Look>,
    /// In how many seconds the first pool opens that a sniper may use then.
    opens_in: Option<u64>,
}

/// What a look at a pair has shown beside what fired.
#[derive(Debug, Clone, Copy, Default)]
struct Glance {
    /// In how many seconds the first pool opens that one of its snipers waits for.
    opens_in: Option<u64>,
    /// The token that a sniper finds no pool of.
    lacks_pool_of: Option<Mint>,
}

/// Looks once per period until somebody asks to stop.
pub(crate) async fn run(ctx: Arc<Context>) {
    let period = ctx.settings.sweep * PERIODS;
    let mut soon = Soon::default();
    // So that the workers of a cluster that start together do not look together.
    let mut next_scan = ctx.clock.monotonic() + ctx.random.duration_below(period);
    loop {
        let now = ctx.clock.monotonic();
        let due = soon.next().map_or(next_scan, |at| at.min(next_scan));
        tokio::select! {
            biased;
            () = ctx.shutdown.soft() => return,
            () = ctx.clock.sleep(due.saturating_sub(now)) => {}
            mints = births(&ctx) => {
                soon.born(&mints, ctx.clock.monotonic());
                continue;
            }
        }
        let looking = async {
            match due == next_scan {
                true => scan(&ctx, period, &mut soon).await,
                false => look_at_due(&ctx, &mut soon).await,
            }
        };
        tokio::select! {
            biased;
            () = ctx.shutdown.soft() => return,
            looked = looking => {
                if let Err(error) = looked {
                    debug!(%error, "orders that wait are looked at in the next round: {error}");
                }
            }
        }
        if due == next_scan {
            next_scan = ctx.clock.monotonic() + period;
        }
    }
}

/// Waits until somebody tells of pools that were born.
async fn births(ctx: &Context) -> BTreeSet<Mint> {
    match &ctx.chain.births {
        Some(births) => births.next().await,
        None => std::future::pending().await,
    }
}

/// Looks at the pairs of which a pool opens now, or was born.
async fn look_at_due(ctx: &Context, soon: &mut Soon) -> ports::Result<()> {
    for pair in soon.take_due(ctx.clock.monotonic()) {
        let glance = scan_pair(ctx, &pair).await?;
        soon.note(pair, glance.opens_in, ctx.clock.monotonic());
    }
    Ok(())
}

async fn scan(ctx: &Context, period: Duration, soon: &mut Soon) -> ports::Result<()> {
    let mut pairs = ctx.store.waiting_pairs(None, PAIRS).await?;
    if pairs.is_empty() || !ctx.store.take_turn(Turn::Scan, period).await? {
        return Ok(());
    }
    let began = ctx.clock.monotonic();
    let mut unborn = HashMap::new();
    loop {
        let looking = stream::iter(pairs.clone()).map(|pair| async move {
            let glance = scan_pair(ctx, &pair).await?;
            Ok((pair, glance))
        });
        let mut looking = looking.buffer_unordered(PAIRS_AT_ONCE);
        while let Some(looked) = looking.next().await {
            let (pair, glance) = looked?;
            unborn.extend(glance.lacks_pool_of.map(|mint| (pair.clone(), mint)));
            soon.note(pair, glance.opens_in, ctx.clock.monotonic());
        }
        drop(looking);
        if pairs.len() < PAIRS {
            break;
        }
        pairs = ctx.store.waiting_pairs(pairs.last(), PAIRS).await?;
    }
    let mints = soon.await_births(unborn);
    if let Some(births) = &ctx.chain.births {
        births.follow(&mints);
    }
    took(&ctx.metrics.scan, began, ctx.clock.monotonic());
    Ok(())
}

/// Looks at a pair's orders.
async fn scan_pair(ctx: &Context, pair: &Pair) -> ports::Result<Glance> {
    let (mut after, mut glance) = (None, Glance::default());
    let mut volume = None;
    loop {
        let page = ctx.store.waiting_of_pair(pair, after, PAGE).await?;
        after = page.last().map(|order| order.id);
        let is_last = page.len() < PAGE;
        let waits_for_volume =
            |it: &&WaitingOrder| it.terms.order_type.waits_for() == Some(WaitsFor::Volume);
        if let (None, Some(order)) = (volume, page.iter().find(waits_for_volume)) {
            volume = Some(volumes::look(ctx, pair, &order.terms).await?);
        }
        let of_page = judge(ctx, page, volume.unwrap_or_default()).await?;
        glance.opens_in = glance.opens_in.into_iter().chain(of_page.opens_in).min();
        glance.lacks_pool_of = glance.lacks_pool_of.or(of_page.lacks_pool_of);
        if is_last {
            return Ok(glance);
        }
    }
}

/// Fires those of these orders whose condition holds, and ends the rests of those whose does not.
async fn judge(ctx: &Context, orders: Vec<WaitingOrder>, volume: Volume) -> ports::Result<Glance> {
    let sights = look(ctx, &orders).await;
    let mut glance = Glance {
        opens_in: sights.iter().filter_map(|sight| sight.opens_in).min(),
        lacks_pool_of: None,
    };
    let (mut now, mut again, mut rested) = (Vec::new(), Vec::new(), Vec::new());
    for (order, sight) in orders.into_iter().zip(sights) {
        // Without a price nothing is known.
        let Some(look) = sight.look else {
            if matches!(order.terms.order_type, OrderType::Sniper(_)) {
                let (sold, bought) = (order.terms.asset_in, order.terms.asset_out);
                // What is known of its pools may be all there is no more: a better one may have been born since.
                ctx.router.doubt(sold, bought);
                glance.lacks_pool_of = Some(bought.mint);
            }
            continue;
        };
        if !holds(&order.terms, look, volume) {
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
    fire(ctx, &twice).await?;
    Ok(glance)
}

/// Whether an order's condition holds.
fn holds(terms: &Terms, look: Look, volume: Volume) -> bool {
    let spikes = match terms.order_type.sniper().map(|sniper| sniper.trigger) {
        Some(Trigger::VolumeSpike { factor }) => volume.has_spiked(factor),
        _ => true,
    };
    spikes && terms.holds_at(look.amount_out)
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
            match second.look {
                Some(second) if !order.terms.holds_at(second.amount_out) => {}
                Some(second) if second.slot != first.slot => twice.push((order, second)),
                _ => once.push((order, first)),
            }
        }
    }
    twice
}

/// What each order's amount brings now.
async fn look(ctx: &Context, orders: &[WaitingOrder]) -> Vec<Sight> {
    let asked = |order: &WaitingOrder| asked(ctx, &order.terms);
    let mut looks: HashMap<RouteRequest, Sight> = orders
        .iter()
        .map(|order| (asked(order), Sight::default()))
        .collect();
    let different: Vec<RouteRequest> = looks.keys().copied().collect();
    for some in different.chunks(ROUTES_AT_ONCE) {
        let routes = some.iter().map(|asked| route(ctx, asked));
        looks.extend(some.iter().copied().zip(join_all(routes).await));
    }
    let found = |order| looks.get(&asked(order)).copied().unwrap_or_default();
    orders.iter().map(found).collect()
}

fn asked(ctx: &Context, terms: &Terms) -> RouteRequest {
    RouteRequest {
        max_impact: MaxImpact::narrower(terms.max_impact, ctx.settings.max_impact),
        ..RouteRequest::of_price(terms)
    }
}

async fn route(ctx: &Context, request: &RouteRequest) -> Sight {
    // The router tells of every route that it takes, and none is taken here.
    let routing = ctx.router.decide(request);
    match routing.with_subscriber(NoSubscriber::new()).await {
        Ok(decision) => Sight {
            look: Some(Look {
                amount_out: decision.choice.expected_amount_out,
                slot: decision.choice.quoted_at,
            }),
            opens_in: None,
        },
        Err(unrouted) => Sight {
            look: None,
            opens_in: unrouted.opens_in.filter(|_| request.sniping.is_some()),
        },
    }
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
