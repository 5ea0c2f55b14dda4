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
use std::sync::Arc;
use std::time::Duration;

use domain::{MaxImpact, Mint, Timestamp, WorkerId};
use futures_util::{FutureExt as _, StreamExt, stream};
use ports::waiting::{Pair, WaitingOrder};
use tracing::debug;

use crate::context::Context;
use crate::session::Presence;
use looking_at::Watched;

/// Pairs listed in one call, watched in all, and looked at side by side.
const PAIRS: usize = 64;
const PAIRS_MAX: usize = 4_096;
const PAIRS_AT_ONCE: usize = 8;
/// Orders listed in one call.
const PAGE: usize = 500;
/// A write may become visible so much later than its time says.
const OVERLAP: Duration = Duration::from_secs(3);
/// In how many periods of the sweeper all pairs are listed once.
const LIST_PERIODS: u32 = 10;
/// How often a book is read anew, so that it forgets what waits no more.
const REREAD: Duration = Duration::from_secs(600);
/// Where nobody tells of changes, pools are looked at so often; and however many are told of, no oftener than this.
const LOOK_EVERY: Duration = Duration::from_millis(400);
const LOOK_GAP: Duration = Duration::from_millis(10);

/// What one worker watches.
#[derive(Debug, Default)]
struct Watcher {
    /// The live workers when it was last decided who watches what.
    workers: BTreeSet<WorkerId>,
    pairs: HashMap<Pair, Watched>,
    /// Up to when it has heard of orders that were touched, by the store's clock.
    heard: Option<Timestamp>,
    rounds: u32,
}

/// Watches until somebody asks to stop.
pub(crate) async fn run(ctx: Arc<Context>, presence: Arc<Presence>) {
    let mut watcher = Watcher::default();
    let mut next_hearing = Duration::ZERO;
    loop {
        let now = ctx.clock.monotonic();
        if now >= next_hearing {
            next_hearing = now
                + match presence.worker() {
                    Some(_) => ctx.settings.sweep,
                    None => LOOK_EVERY.min(ctx.settings.sweep),
                };
            tokio::select! {
                biased;
                () = ctx.shutdown.soft() => return,
                heard = watcher.hear(&ctx, presence.worker()) => {
                    if let Err(error) = heard {
                        debug!(%error, "what waits is asked for again in the next round: {error}");
                    }
                }
            }
        }
        tokio::select! {
            biased;
            () = ctx.shutdown.soft() => return,
            () = watcher.look(&ctx) => {}
        }
        let until_hearing = next_hearing.saturating_sub(ctx.clock.monotonic());
        let pause = match watcher.pairs.is_empty() {
            true => until_hearing,
            false => LOOK_EVERY.min(until_hearing),
        };
        tokio::select! {
            biased;
            () = ctx.shutdown.soft() => return,
            () = ctx.router.pool_news() => ctx.clock.sleep(LOOK_GAP).await,
            () = ctx.clock.sleep(pause) => {}
        }
    }
}

impl Watcher {
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
        let news = self.news(ctx).await?;
        if has_changed || self.rounds.is_multiple_of(LIST_PERIODS) {
            self.share_out(ctx, own, &workers).await?;
            self.workers = workers;
        }
        for order in news {
            let pair = Pair::of(&order.terms);
            if !owning::is_own(own, &self.workers, &pair) {
                continue;
            }
            if let Some(watched) = self.pairs.get_mut(&pair) {
                watched.put(ctx, &order);
            } else if self.pairs.len() < PAIRS_MAX {
                let watched = Watched::read(ctx, &pair).await?;
                self.pairs.extend(watched.map(|watched| (pair, watched)));
            }
        }
        let now = ctx.clock.monotonic();
        let old = self
            .pairs
            .iter()
            .find(|(_, watched)| watched.read_at + REREAD < now);
        if let Some(pair) = old.map(|(pair, _)| pair.clone()) {
            match Watched::read(ctx, &pair).await? {
                Some(anew) => drop(self.pairs.insert(pair, anew)),
                None => drop(self.pairs.remove(&pair)),
            }
        }
        self.follow(ctx);
        Ok(())
    }

    /// What was touched since the last time; some of it was heard before.
    async fn news(&mut self, ctx: &Context) -> ports::Result<Vec<WaitingOrder>> {
        let Some(heard) = self.heard else {
            // Whatever waits already is listed by its pair.
            let newest = Timestamp::from_millis(i64::MAX);
            self.heard = Some(ctx.store.touched(newest, None, 1).await?.at);
            return Ok(Vec::new());
        };
        let from = heard.minus(OVERLAP);
        let (mut orders, mut after, mut at) = (Vec::new(), None, None);
        loop {
            let news = ctx.store.touched(from, after, PAGE).await?;
            at.get_or_insert(news.at);
            after = news.next;
            orders.extend(news.touched.into_iter().map(|it| it.order));
            if after.is_none() {
                break;
            }
        }
        self.heard = at;
        Ok(orders)
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
                        .extend(watched.map(|watched| (pair.clone(), watched)));
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
        self.pairs.retain(|_, watched| !watched.is_empty());
        let pairs: Vec<(Mint, Mint)> = self.pairs.values().map(Watched::mints).collect();
        ctx.router.watch(&pairs);
        let orders: usize = self.pairs.values().map(Watched::len).sum();
        ctx.metrics
            .watched
            .set(u32::try_from(orders).unwrap_or(u32::MAX));
    }

    /// Looks at the pairs whose pools may have changed.
    async fn look(&mut self, ctx: &Context) {
        let now = ctx.clock.monotonic();
        let mut due = Vec::new();
        for watched in self.pairs.values_mut() {
            if watched.is_due(ctx, now) {
                due.push(watched.look(ctx).boxed());
            }
        }
        let mut looks = stream::iter(due).buffer_unordered(PAIRS_AT_ONCE);
        while let Some(looked) = looks.next().await {
            if let Err(error) = looked {
                debug!(%error, "a pair's orders are looked at again: {error}");
            }
        }
    }
}

/// How far an order may move its pool's price.
fn max_impact(ctx: &Context, order: &WaitingOrder) -> Option<MaxImpact> {
    MaxImpact::narrower(order.terms.max_impact, ctx.settings.max_impact)
}
