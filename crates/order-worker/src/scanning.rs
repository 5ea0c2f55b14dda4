//! Looks, every few seconds, at the price of every order that waits for one, and fires those whose condition holds.
//!
//! This is correct alone: whatever else fires orders makes it only quicker. One worker at a time scans for all; a second
//! one would do no harm, because the store fires an order once. It has no lease on what it looks at. From one scan to the
//! next it remembers hints, and where it stopped: a scan reads so many orders at most, and the next one goes on behind
//! them, so that what it costs does not grow with what waits.
//!
//! A sniper is looked at in the same way, with the pools that pass its gates alone. Where the first of them opens soon, its
//! pair is looked at again then, and does not wait for the next scan.
//!
//! `watching.rs` fires those sooner that wait for a price and are no snipers.

mod searches;
mod soon;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use dex_router::router::Look;
use domain::order::{Condition, Trigger, WaitsFor};
use domain::volume::Volume;
use domain::{Asset, Mint, OrderId, OrderType, Terms};
use futures_util::{StreamExt, stream};
use ports::finality::Turn;
use ports::waiting::{FIRED_AT_ONCE, Pair, WaitingOrder};
use tracing::{debug, error};

use crate::context::Context;
use crate::looking::{Holding, class_of, fire, look, look_through, second_router};
use crate::metrics::took;
use crate::missing;
use crate::trailing::{self, Trails};
use crate::volumes;
use searches::Searches;
use soon::Soon;

/// In how many periods of the sweeper this loop looks once.
const PERIODS: u32 = 5;
/// Pairs listed in one call, and looked at side by side.
const PAIRS: usize = 64;
const PAIRS_AT_ONCE: usize = 8;
/// Orders of a pair listed in one call.
const PAGE: usize = 500;
/// Orders that one scan reads, but for those of pairs with snipers.
const ORDERS_MAX: usize = 10_000;
/// Between two looks of which the second must be of another slot, and how often it is tried before the next scan.
const AGAIN_AFTER: Duration = Duration::from_millis(400);
const AGAIN_AT_MOST: u32 = 10;
/// Orders that cannot be read, of which it is remembered that it was said.
const UNREADABLE_MAX: usize = 1_024;

/// What one scan leaves to the next.
#[derive(Debug, Default)]
struct Scanner {
    soon: Soon,
    searches: Searches,
    /// Those that it was said of that they cannot be read.
    unreadable: HashSet<OrderId>,
    /// It has looked at every pair once, and knows which have snipers.
    knows_all: bool,
    /// Behind this pair the next scan goes on.
    after: Option<Pair>,
}

/// What a look at a pair has shown beside what fired.
#[derive(Debug, Clone, Default)]
struct Glance {
    /// In how many seconds the first pool opens that one of its snipers waits for.
    opens_in: Option<u64>,
    /// What a sniper sells, and the token that it finds no pool of.
    lacks_pool_of: Option<(Asset, Asset)>,
    /// Orders that are left out.
    unreadable: Vec<OrderId>,
    /// How many orders were read, and whether a sniper was among them.
    orders: usize,
    snipes: bool,
}

/// Looks once per period until somebody asks to stop.
pub(crate) async fn run(ctx: Arc<Context>) {
    let period = ctx.settings.sweep * PERIODS;
    let mut scanner = Scanner::default();
    // So that the workers of a cluster that start together do not look together.
    let mut next_scan = ctx.clock.monotonic() + ctx.random.duration_below(period);
    loop {
        let now = ctx.clock.monotonic();
        let due = scanner
            .soon
            .next()
            .map_or(next_scan, |at| at.min(next_scan));
        tokio::select! {
            biased;
            () = ctx.shutdown.soft() => return,
            () = ctx.clock.sleep(due.saturating_sub(now)) => {}
            mints = births(&ctx) => {
                scanner.soon.born(&mints, ctx.clock.monotonic());
                continue;
            }
        }
        let looking = async {
            match due == next_scan {
                true => scanner.scan(&ctx, period).await,
                false => scanner.look_at_due(&ctx).await,
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

impl Scanner {
    /// Looks at the pairs of which a pool opens now, or was born.
    async fn look_at_due(&mut self, ctx: &Context) -> ports::Result<()> {
        for pair in self.soon.take_due(ctx.clock.monotonic()) {
            // What is remembered of a pair does not know what was born just now.
            if let Some((sold, bought)) = self.soon.born_of(&pair) {
                ctx.router.doubt(sold, bought);
            }
            let glance = scan_pair(ctx, &pair, &self.searches).await?;
            let now = ctx.clock.monotonic();
            self.soon
                .look_again_for(&pair, glance.lacks_pool_of.is_some());
            self.soon.note(pair, glance.opens_in, now);
        }
        Ok(())
    }

    async fn scan(&mut self, ctx: &Context, period: Duration) -> ports::Result<()> {
        let first = ctx.store.waiting_pairs(None, 1).await?;
        if first.is_empty() || !ctx.store.take_turn(Turn::Scan, period).await? {
            return Ok(());
        }
        let began = ctx.clock.monotonic();
        let mut unborn = HashMap::new();
        let sniped = ctx.sniped.all();
        let pairs: Vec<Pair> = sniped.iter().cloned().collect();
        self.look_at_pairs(ctx, pairs, &mut unborn).await?;
        let mut orders = 0;
        'scan: loop {
            let pairs = ctx.store.waiting_pairs(self.after.as_ref(), PAIRS).await?;
            let is_last = pairs.len() < PAIRS;
            for some in pairs.chunks(PAIRS_AT_ONCE) {
                if self.knows_all && orders >= ORDERS_MAX {
                    break 'scan;
                }
                let others = some.iter().filter(|pair| !sniped.contains(pair));
                let others = others.cloned().collect();
                orders += self.look_at_pairs(ctx, others, &mut unborn).await?;
                self.after = some.last().cloned();
            }
            if is_last {
                self.knows_all = true;
                self.after = None;
                break;
            }
        }
        self.searches.end_scan();
        let mints = self.soon.await_births(unborn);
        if let Some(births) = &ctx.chain.births {
            births.follow(&mints);
        }
        took(&ctx.metrics.scan, began, ctx.clock.monotonic());
        Ok(())
    }

    /// Looks at all orders of these pairs; returns how many there are.
    async fn look_at_pairs(
        &mut self,
        ctx: &Context,
        pairs: Vec<Pair>,
        unborn: &mut HashMap<Pair, (Asset, Asset)>,
    ) -> ports::Result<usize> {
        let searches = &self.searches;
        let looking = stream::iter(pairs).map(|pair| async move {
            let glance = scan_pair(ctx, &pair, searches).await?;
            Ok((pair, glance))
        });
        let mut looking = looking.buffer_unordered(PAIRS_AT_ONCE);
        let mut orders = 0;
        while let Some(looked) = looking.next().await {
            let (pair, glance) = looked?;
            orders += glance.orders;
            match glance.snipes {
                true => ctx.sniped.note(pair.clone()),
                false => ctx.sniped.forget(&pair),
            }
            unborn.extend(glance.lacks_pool_of.map(|assets| (pair.clone(), assets)));
            tell_unreadable(&mut self.unreadable, &glance.unreadable);
            self.soon.note(pair, glance.opens_in, ctx.clock.monotonic());
        }
        Ok(orders)
    }
}

/// Says once of each order that it waits for nothing, because it cannot be read.
fn tell_unreadable(told: &mut HashSet<OrderId>, orders: &[OrderId]) {
    for id in orders {
        if told.len() >= UNREADABLE_MAX {
            told.clear();
        }
        if told.insert(*id) {
            error!(order.id = %id, "the waiting order {id} cannot be read, and does not fire: a newer version has written it, or its row is damaged");
        }
    }
}

/// Looks at a pair's orders.
async fn scan_pair(ctx: &Context, pair: &Pair, searches: &Searches) -> ports::Result<Glance> {
    let (mut after, mut glance) = (None, Glance::default());
    let mut volume = None;
    loop {
        let page = ctx.store.waiting_of_pair(pair, after, PAGE).await?;
        after = page.next;
        glance.orders += page.orders.len() + page.unreadable.len();
        glance.unreadable.extend(page.unreadable);
        let mut types = page.orders.iter().map(|order| order.terms.order_type);
        glance.snipes |= types.any(|it| it.sniper().is_some());
        let (trailing, of_amount): (Vec<_>, Vec<_>) = page
            .orders
            .into_iter()
            .partition(|order| order.terms.order_type.trails());
        let waits_for_volume =
            |it: &&WaitingOrder| it.terms.order_type.waits_for() == Some(WaitsFor::Volume);
        if let (None, Some(order)) = (volume, of_amount.iter().find(waits_for_volume)) {
            volume = Some(volumes::look(ctx, pair, &order.terms).await?);
        }
        let of_page = judge(ctx, pair, of_amount, (volume.unwrap_or_default(), searches)).await?;
        glance.opens_in = glance.opens_in.into_iter().chain(of_page.opens_in).min();
        glance.lacks_pool_of = glance.lacks_pool_of.or(of_page.lacks_pool_of);
        judge_trailing(ctx, pair, trailing).await?;
        if after.is_none() {
            return Ok(glance);
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
    let second = second_router(ctx);
    let mut first_slot = None;
    for _ in 0..AGAIN_AT_MOST {
        let router = match first_slot {
            None => &ctx.router,
            Some(_) => &second,
        };
        let Some(spot) = router.spot(assets.0, assets.1).await else {
            return Ok(());
        };
        if first_slot.is_some_and(|slot| spot.slot <= slot) {
            ctx.clock.sleep(AGAIN_AFTER).await;
            continue;
        }
        // What the second endpoint shows alone is no high.
        if first_slot.is_none() || ctx.router.elsewhere().is_none() {
            trails.see(ctx, (assets, spot), last, None).await?;
        }
        let holds = |order: &WaitingOrder| trailing::holds(order, &trails.highs, spot.price);
        if first_slot.is_none() && trails.is_unsure() && !holding.iter().any(holds) {
            ctx.clock.sleep(AGAIN_AFTER).await;
            continue;
        }
        holding.retain(|order| trailing::holds(order, &trails.highs, spot.price));
        if holding.is_empty() {
            return Ok(());
        }
        if first_slot.is_some() {
            let fired = holding.into_iter().map(|order| Holding {
                order,
                price: spot.price.to_string(),
                slot: spot.slot,
            });
            let fired: Vec<Holding> = fired.collect();
            return fire(ctx, &fired).await.map(drop);
        }
        first_slot = Some(spot.newest);
        ctx.clock.sleep(AGAIN_AFTER).await;
    }
    Ok(())
}

/// Fires those of these orders whose condition holds, and ends the rests of those whose does not.
async fn judge(
    ctx: &Context,
    pair: &Pair,
    orders: Vec<WaitingOrder>,
    (volume, searches): (Volume, &Searches),
) -> ports::Result<Glance> {
    let (orders, far) = sift(ctx, orders).await;
    let sights = look(ctx, &orders).await;
    let mut glance = Glance {
        opens_in: sights.iter().filter_map(|sight| sight.opens_in).min(),
        ..Glance::default()
    };
    let far = far.iter().filter(has_rest).map(|order| order.id);
    let mut rested: Vec<OrderId> = far.collect();
    let (mut now, mut again) = (Vec::new(), Vec::new());
    for (order, sight) in orders.into_iter().zip(sights) {
        // Without a price nothing is known.
        let Ok(look) = sight.look else {
            if matches!(order.terms.order_type, OrderType::Sniper(_)) {
                let (sold, bought) = (order.terms.asset_in, order.terms.asset_out);
                // What is known of its pools may be all there is no more: a better one may have been born since.
                if glance.lacks_pool_of.is_none() && searches.may_search(pair) {
                    ctx.router.doubt(sold, bought);
                }
                glance.lacks_pool_of = Some((sold, bought));
            }
            continue;
        };
        if !holds(&order.terms, look, volume) {
            rested.extend(Some(&order).filter(has_rest).map(|order| order.id));
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
    fire(ctx, &twice).await?;
    Ok(glance)
}

/// Orders that may fire, and those that no route lets fire at what the pools show: one look at the pools tells these.
async fn sift(ctx: &Context, orders: Vec<WaitingOrder>) -> (Vec<WaitingOrder>, Vec<WaitingOrder>) {
    let is_of_price = |order: &&WaitingOrder| order.terms.order_type.sniper().is_none();
    let Some(first) = orders.iter().find(is_of_price) else {
        return (orders, Vec::new());
    };
    let (sold, bought) = (first.terms.asset_in, first.terms.asset_out);
    let mut classes = Vec::new();
    for order in orders.iter().filter(is_of_price) {
        let class = class_of(ctx, &order.terms);
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    let bounds = ctx.router.bounds(sold, bought, &classes).await;
    let Some(most) = bounds.most else {
        return (orders, Vec::new());
    };
    orders.into_iter().partition(|order| {
        if order.terms.order_type.sniper().is_some() {
            return true;
        }
        match order.terms.order_type.condition() {
            Some((Condition::AtOrAbove, price)) => price <= most,
            Some((Condition::AtOrBelow, price)) => {
                let class = class_of(ctx, &order.terms);
                let place = classes.iter().position(|it| *it == class);
                let least = place.and_then(|place| bounds.least[place]);
                least.is_none_or(|least| price >= least)
            }
            None => true,
        }
    })
}

/// Whether a look that denies the order's price ends a rest of it.
fn has_rest(order: &&WaitingOrder) -> bool {
    let rests = order.is_resting || order.misses.routed > 0;
    rests && !missing::is_worn(order.misses)
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
async fn seen_twice(ctx: &Context, mut once: Vec<(WaitingOrder, Look)>) -> Vec<Holding> {
    let second = second_router(ctx);
    let mut twice = Vec::new();
    for _ in 0..AGAIN_AT_MOST {
        if once.is_empty() {
            break;
        }
        ctx.clock.sleep(AGAIN_AFTER).await;
        let (orders, firsts): (Vec<_>, Vec<_>) = once.into_iter().unzip();
        let looks = look_through(&second, ctx, &orders).await;
        once = Vec::new();
        for ((order, first), second) in orders.into_iter().zip(firsts).zip(looks) {
            match second.look {
                // Another endpoint may be behind: what it shows is no later look.
                Ok(second) if second.slot <= first.newest => once.push((order, first)),
                Ok(second) if !order.terms.holds_at(second.amount_out) => {}
                Ok(second) if second.is_whole => {
                    twice.push(Holding::by_amount(order, second));
                }
                _ => once.push((order, first)),
            }
        }
    }
    twice
}
