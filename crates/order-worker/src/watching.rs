//! Fires orders that wait for a price within a moment of the change: the quick way beside `scanning.rs`, which finds
//! whatever is missed here.
//!
//! Each pair is watched by one live worker (`owning.rs`), which keeps the pair's orders in a book (`book.rs`), looks at
//! its pools once they have changed, and asks for routes of those orders alone that may fire. What it remembers is a
//! hint: an order fires only as the store has it at that moment.

mod book;
mod looking_at;
mod owning;

use std::collections::{BTreeSet, HashMap};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use domain::{MaxImpact, Mint, OrderType, Timestamp, WorkerId};
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt};
use ports::waiting::{Pair, WaitingOrder};
use tracing::debug;

use crate::context::Context;
use crate::session::Presence;
use looking_at::Watched;

/// Pairs listed in one call, watched in all, and looked at side by side.
const PAIRS: usize = 64;
const PAIRS_MAX: usize = 4_096;
const LOOKS_AT_ONCE: usize = 64;
/// Orders listed in one call.
const PAGE: usize = 500;
/// A write may become visible so much later than its time says.
const OVERLAP: Duration = Duration::from_secs(3);
/// In how many periods of the sweeper all pairs are listed once.
const LIST_PERIODS: u32 = 10;
/// How often a book is read anew, so that it forgets what waits no more.
const REREAD: Duration = Duration::from_secs(600);
/// Where nobody tells of changes, pools are looked at so often: twice a slot, so that no slot goes by between two looks; and
/// however many are told of, no oftener than the gap.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const LOOK_GAP: Duration = Duration::from_millis(10);

/// What one worker watches.
#[derive(Debug, Default)]
struct Watcher {
    /// The live workers when it was last decided who watches what.
    workers: BTreeSet<WorkerId>,
    pairs: HashMap<Pair, Place>,
    /// Up to when it has heard of orders that were touched, by the store's clock.
    heard: Option<Timestamp>,
    rounds: u32,
}

/// A pair's place among those that are watched.
#[derive(Debug)]
struct Place {
    mints: (Mint, Mint),
    /// How many orders it had when it was last looked at.
    orders: usize,
    /// Nothing while the pair is being looked at.
    watched: Option<Watched>,
    /// What was heard meanwhile.
    missed: Vec<WaitingOrder>,
}

/// A look at a pair that is under way: it comes back with the pair.
type Look<'a> = BoxFuture<'a, (Pair, Watched)>;

/// Watches until somebody asks to stop.
pub(crate) async fn run(ctx: Arc<Context>, presence: Arc<Presence>) {
    let ctx = &*ctx;
    let mut watcher = Watcher::default();
    let mut next_hearing = Duration::ZERO;
    let mut looks: FuturesUnordered<Look<'_>> = FuturesUnordered::new();
    loop {
        let now = ctx.clock.monotonic();
        if now >= next_hearing {
            next_hearing = now
                + match presence.worker() {
                    Some(_) => ctx.settings.sweep,
                    None => LOOK_EVERY.min(ctx.settings.sweep),
                };
            let Some(done) = watcher.listen(ctx, presence.worker(), &mut looks).await else {
                return;
            };
            for (pair, watched) in done {
                watcher.take_back(ctx, &pair, watched);
            }
        }
        let now = ctx.clock.monotonic();
        watcher.begin_looks(ctx, now, &mut looks);
        let until_hearing = next_hearing.saturating_sub(now);
        let pause = watcher.pause(ctx, now).min(until_hearing);
        tokio::select! {
            biased;
            () = ctx.shutdown.soft() => return,
            Some((pair, watched)) = looks.next(), if !looks.is_empty() => {
                watcher.take_back(ctx, &pair, watched);
            }
            () = ctx.router.pool_news() => ctx.clock.sleep(LOOK_GAP).await,
            () = ctx.clock.sleep(pause) => {}
        }
    }
}

impl Place {
    fn of(watched: Watched) -> Self {
        Self {
            mints: watched.mints(),
            orders: watched.len(),
            watched: Some(watched),
            missed: Vec::new(),
        }
    }

    fn put(&mut self, ctx: &Context, order: WaitingOrder) {
        match &mut self.watched {
            Some(watched) => watched.put(ctx, &order),
            None => self.missed.push(order),
        }
    }
}

impl Watcher {
    /// Hears while looks go on. Returns those that have ended meanwhile; nothing if somebody asks to stop.
    async fn listen(
        &mut self,
        ctx: &Context,
        own: Option<WorkerId>,
        looks: &mut FuturesUnordered<Look<'_>>,
    ) -> Option<Vec<(Pair, Watched)>> {
        let mut done = Vec::new();
        let mut hearing = pin!(self.hear(ctx, own));
        loop {
            tokio::select! {
                biased;
                () = ctx.shutdown.soft() => return None,
                Some(back) = looks.next(), if !looks.is_empty() => done.push(back),
                heard = &mut hearing => {
                    if let Err(error) = heard {
                        debug!(%error, "what waits is asked for again in the next round: {error}");
                    }
                    return Some(done);
                }
            }
        }
    }

    /// Decides which pairs are this worker's, and learns what waits for them.
    async fn hear(&mut self, ctx: &Context, own: Option<WorkerId>) -> ports::Result<()> {
        let Some(own) = own else {
            self.pairs.clear();
            self.workers.clear();
            ctx.metrics.watched.set(0);
            return Ok(());
        };
        let listed = ctx.store.workers().await?;
        let workers: BTreeSet<WorkerId> = listed.into_iter().map(|row| row.id).collect();
        self.rounds = self.rounds.wrapping_add(1);
        let has_changed = workers != self.workers;
        let heard = self.heard;
        if heard.is_none() {
            // Whatever waits already is listed by its pair.
            let newest = Timestamp::from_millis(i64::MAX);
            self.heard = Some(ctx.store.touched(newest, None, 1).await?.at);
        }
        if has_changed || self.rounds.is_multiple_of(LIST_PERIODS) {
            self.share_out(ctx, own, &workers).await?;
            self.workers = workers;
        }
        if let Some(heard) = heard {
            self.take_in(ctx, own, heard.minus(OVERLAP)).await?;
        }
        let now = ctx.clock.monotonic();
        let is_old = |place: &Place| {
            let watched = place.watched.as_ref();
            watched.is_some_and(|watched| watched.read_at + REREAD < now)
        };
        let old = self.pairs.iter().find(|(_, place)| is_old(place));
        if let Some(pair) = old.map(|(pair, _)| pair.clone()) {
            match Watched::read(ctx, &pair).await? {
                Some(anew) => drop(self.pairs.insert(pair, Place::of(anew))),
                None => drop(self.pairs.remove(&pair)),
            }
        }
        self.follow(ctx);
        Ok(())
    }

    /// Takes in what was touched since this time, page by page; some of it was heard before. Who fails on the way hears all
    /// of it again.
    async fn take_in(
        &mut self,
        ctx: &Context,
        own: WorkerId,
        from: Timestamp,
    ) -> ports::Result<()> {
        let (mut after, mut at) = (None, None);
        loop {
            let news = ctx.store.touched(from, after, PAGE).await?;
            at.get_or_insert(news.at);
            after = news.next;
            for touched in news.touched {
                self.take(ctx, own, touched.order).await?;
            }
            if after.is_none() {
                self.heard = at;
                return Ok(());
            }
        }
    }

    /// An order began to wait, or was changed.
    async fn take(
        &mut self,
        ctx: &Context,
        own: WorkerId,
        order: WaitingOrder,
    ) -> ports::Result<()> {
        let pair = Pair::of(&order.terms);
        if matches!(order.terms.order_type, OrderType::Sniper(_)) {
            ctx.sniped.note(pair.clone());
        }
        if !owning::is_own(own, &self.workers, &pair) {
            return Ok(());
        }
        if let Some(place) = self.pairs.get_mut(&pair) {
            place.put(ctx, order);
        } else if self.pairs.len() < PAIRS_MAX {
            let watched = Watched::read(ctx, &pair).await?;
            self.pairs
                .extend(watched.map(|watched| (pair, Place::of(watched))));
        }
        Ok(())
    }

    /// Takes over the pairs that are this worker's now, and leaves those that are another's.
    async fn share_out(
        &mut self,
        ctx: &Context,
        own: WorkerId,
        workers: &BTreeSet<WorkerId>,
    ) -> ports::Result<()> {
        self.pairs
            .retain(|pair, _| owning::is_own(own, workers, pair));
        let mut after = None;
        loop {
            let pairs = ctx.store.waiting_pairs(after.as_ref(), PAIRS).await?;
            for pair in &pairs {
                let is_new = !self.pairs.contains_key(pair) && self.pairs.len() < PAIRS_MAX;
                if is_new && owning::is_own(own, workers, pair) {
                    // What was seen before the handover counts for nothing: it begins anew.
                    let watched = Watched::read(ctx, pair).await?;
                    self.pairs
                        .extend(watched.map(|watched| (pair.clone(), Place::of(watched))));
                }
            }
            if pairs.len() < PAIRS {
                return Ok(());
            }
            after = pairs.into_iter().next_back();
        }
    }

    /// Has the pools of all pairs followed, and forgets pairs of which nothing waits.
    fn follow(&mut self, ctx: &Context) {
        let is_empty = |place: &Place| place.watched.as_ref().is_some_and(Watched::is_empty);
        self.pairs.retain(|_, place| !is_empty(place));
        let pairs: Vec<(Mint, Mint)> = self.pairs.values().map(|place| place.mints).collect();
        ctx.router.watch(&pairs);
        let of_place = |place: &Place| place.watched.as_ref().map_or(place.orders, Watched::len);
        let orders: usize = self.pairs.values().map(of_place).sum();
        ctx.metrics
            .watched
            .set(u32::try_from(orders).unwrap_or(u32::MAX));
    }

    /// Begins to look at the pairs whose pools may have changed. A look that waits for an answer keeps no other waiting.
    fn begin_looks<'a>(
        &mut self,
        ctx: &'a Context,
        now: Duration,
        looks: &mut FuturesUnordered<Look<'a>>,
    ) {
        for (pair, place) in &mut self.pairs {
            if looks.len() >= LOOKS_AT_ONCE {
                return;
            }
            let due = place.watched.take_if(|watched| watched.is_due(ctx, now));
            if let Some(mut watched) = due {
                place.orders = watched.len();
                let pair = pair.clone();
                let look = async move {
                    if let Err(error) = watched.look(ctx).await {
                        debug!(%error, "a pair's orders are looked at again: {error}");
                    }
                    (pair, watched)
                };
                looks.push(look.boxed());
            }
        }
    }

    /// A look has ended. A pair that was left or read anew meanwhile is there no more, or again.
    fn take_back(&mut self, ctx: &Context, pair: &Pair, watched: Watched) {
        let Some(place) = self.pairs.get_mut(pair) else {
            return;
        };
        if place.watched.is_none() {
            place.watched = Some(watched);
            for order in std::mem::take(&mut place.missed) {
                place.put(ctx, order);
            }
        }
    }

    /// Until the next pair is to be looked at although nobody tells of a change.
    fn pause(&self, ctx: &Context, now: Duration) -> Duration {
        let watched = self.pairs.values().filter_map(|it| it.watched.as_ref());
        let soonest = watched.filter_map(|it| it.next_look(ctx)).min();
        let pause = soonest.map_or(LOOK_EVERY, |at| at.saturating_sub(now));
        pause.clamp(LOOK_GAP, LOOK_EVERY)
    }
}

/// How far an order may move its pool's price.
fn max_impact(ctx: &Context, order: &WaitingOrder) -> Option<MaxImpact> {
    MaxImpact::narrower(order.terms.max_impact, ctx.settings.max_impact)
}
