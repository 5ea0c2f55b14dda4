//! One pair that is watched: its book, and what was seen at its last look.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use dex_router::router::{Bounds, Look, Sight, Spot, Unseen};
use domain::order::Condition;
use domain::{BaseUnits, Mint, OrderId};
use futures_util::future::join;
use ports::waiting::{FIRED_AT_ONCE, Pair, WaitingOrder};

use super::book::{Book, Candidate};
use super::{LOOK_EVERY, PAGE, max_impact};
use crate::context::Context;
use crate::looking::{Holding, fire, look_at, second_router};
use crate::trailing::{Storing, Trails};

/// An order that holds and does not fire, because it rests or its group is held, is left alone for so long.
const LEFT_ALONE: Duration = Duration::from_secs(1);

/// Longer than pools are shared without a look at whether they have changed.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// A look that was not answered is repeated after a look's time, then after twice as long each time, up to this. Searches go
/// on between two looks.
const UNANSWERED_MAX: Duration = Duration::from_secs(5);

/// What became of a look. An error is one that was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    Whole,
    /// Somebody did not answer, and an order may hold for all that is known.
    InPart,
}

/// A look that was not answered is to be repeated.
#[derive(Debug, Clone, Copy)]
struct Repeat {
    at: Duration,
    /// How long it waits for that.
    pause: Duration,
}

impl Repeat {
    fn after(last: Option<Self>, now: Duration) -> Self {
        let pause = last.map_or(LOOK_EVERY, |last| (last.pause * 2).min(UNANSWERED_MAX));
        Self {
            at: now + pause,
            pause,
        }
    }
}

/// An order that was seen to hold.
#[derive(Debug)]
struct Seen {
    id: OrderId,
    price: String,
    slot: u64,
    /// What its own amount brings, where that is what it waits for.
    amount_out: Option<BaseUnits>,
}

/// A pair and its orders.
#[derive(Debug)]
pub(super) struct Watched {
    book: Book,
    pair: Pair,
    trails: Option<Trails>,
    /// Stops that were seen to hold at the last look, and since which slot.
    seen: HashMap<OrderId, u64>,
    trailing_seen: HashMap<OrderId, u64>,
    left_alone: HashMap<OrderId, Duration>,
    looked_at: Option<Duration>,
    /// What the pools told of themselves when they were last looked at.
    version: Option<u64>,
    /// There are orders that no look has met.
    has_new: bool,
    /// Pools that were read a moment before a change are shared for a moment after it: until then there is another look.
    again_at: Option<Duration>,
    /// The last look was not answered.
    repeat: Option<Repeat>,
    pub(super) read_at: Duration,
}

impl Watched {
    /// All that waits of the pair; nothing where nothing does.
    pub(super) async fn read(ctx: &Context, pair: &Pair) -> ports::Result<Option<Self>> {
        let read_at = ctx.clock.monotonic();
        let mut watched: Option<Self> = None;
        let mut after = None;
        loop {
            let page = ctx.store.waiting_of_pair(pair, after, PAGE).await?;
            after = page.next;
            for order in &page.orders {
                let assets = (order.terms.asset_in, order.terms.asset_out);
                let watched = watched.get_or_insert_with(|| Self {
                    book: Book::new(assets),
                    pair: pair.clone(),
                    trails: None,
                    seen: HashMap::new(),
                    trailing_seen: HashMap::new(),
                    left_alone: HashMap::new(),
                    looked_at: None,
                    version: None,
                    has_new: true,
                    again_at: None,
                    repeat: None,
                    read_at,
                });
                watched.put(ctx, order);
            }
            if after.is_none() {
                return Ok(watched);
            }
        }
    }

    /// An order began to wait, or was changed.
    pub(super) fn put(&mut self, ctx: &Context, order: &WaitingOrder) {
        let impact = max_impact(ctx, order);
        self.book
            .put(order.id, &order.terms, order.accepted_at, impact);
        self.has_new = true;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.book.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.book.len()
    }

    pub(super) const fn mints(&self) -> (Mint, Mint) {
        let (sold, bought) = self.book.assets();
        (sold.mint, bought.mint)
    }

    /// Whether its pools may have changed since the last look. What was seen once is looked at again in any case, and
    /// so is what nobody tells of, or did not answer.
    pub(super) fn is_due(&self, ctx: &Context, now: Duration) -> bool {
        let Some(looked_at) = self.looked_at else {
            return true;
        };
        let told = ctx.router.pool_version(self.mints());
        let has_changed = told.is_some() && told != self.version;
        let is_over = now.saturating_sub(looked_at) >= LOOK_EVERY;
        let must_see_again = told.is_none() || self.waits_for_another_look();
        let is_again = self.extra_look().is_some_and(|at| now >= at);
        self.has_new || has_changed || is_again || (is_over && must_see_again)
    }

    /// When it is to be looked at although nobody tells of a change: looks begin twice a slot however long one takes, so
    /// that two slots in a row are seen.
    pub(super) fn next_look(&self, ctx: &Context) -> Option<Duration> {
        let is_told = ctx.router.pool_version(self.mints()).is_some();
        let must_see_again = !is_told || self.waits_for_another_look();
        let next = must_see_again.then(|| self.looked_at.unwrap_or_default() + LOOK_EVERY);
        next.into_iter().chain(self.extra_look()).min()
    }

    /// When it is looked at although nothing has changed since the last look.
    fn extra_look(&self) -> Option<Duration> {
        let repeat = self.repeat.map(|it| it.at);
        self.again_at.into_iter().chain(repeat).min()
    }

    fn waits_for_another_look(&self) -> bool {
        let is_unsure = self.trails.as_ref().is_some_and(Trails::is_unsure);
        let has_seen = !(self.seen.is_empty() && self.trailing_seen.is_empty());
        is_unsure || has_seen || !self.left_alone.is_empty()
    }

    /// Looks at the pools, and fires what holds. What was not answered is asked again.
    pub(super) async fn look(&mut self, ctx: &Context) -> ports::Result<()> {
        let looked = self.look_once(ctx).await;
        self.repeat = match looked {
            Ok(Answered::Whole) => None,
            Ok(Answered::InPart) | Err(_) => {
                Some(Repeat::after(self.repeat, ctx.clock.monotonic()))
            }
        };
        looked.map(drop)
    }

    async fn look_once(&mut self, ctx: &Context) -> ports::Result<Answered> {
        let now = ctx.clock.monotonic();
        self.looked_at = Some(now);
        // What changes from here on is not seen by this look.
        let version = ctx.router.pool_version(self.mints());
        let has_changed = version.is_some() && version != self.version;
        self.again_at = has_changed.then_some(now + AGAIN_AFTER);
        self.version = version;
        self.has_new = false;
        self.left_alone.retain(|_, until| *until > now);
        let (sold, bought) = self.book.assets();
        let bounds = ctx.router.bounds(sold, bought, &self.book.classes()).await;
        if bounds.is_whole {
            self.forget_denied(&bounds);
        }
        let (mut holding, of_trailing) = self.trailing(ctx, bounds.spot).await?;
        let (priced, of_priced) = self.priced(ctx, &bounds).await;
        holding.extend(priced);
        if self.fire(ctx, holding, now).await? > 0 {
            // A look has room for so many, and there may be more that hold.
            self.again_at = Some(now);
        }
        let is_whole = bounds.is_whole && [of_trailing, of_priced] == [Answered::Whole; 2];
        Ok(match is_whole {
            true => Answered::Whole,
            false => Answered::InPart,
        })
    }

    /// Where there is no price at all, none has been low at this look.
    fn forget_denied(&mut self, bounds: &Bounds) {
        if bounds.most.is_none() {
            self.seen.clear();
        }
        if bounds.spot.is_none() {
            self.trailing_seen.clear();
            self.trails.iter_mut().for_each(Trails::forget_unsure);
        }
    }

    /// The trailing stops that hold at two slots in a row.
    async fn trailing(
        &mut self,
        ctx: &Context,
        spot: Option<Spot>,
    ) -> ports::Result<(Vec<Seen>, Answered)> {
        let Some((first, last)) = self.book.accepted() else {
            self.trails = None;
            return Ok((Vec::new(), Answered::Whole));
        };
        let Some(spot) = spot else {
            return Ok((Vec::new(), Answered::Whole));
        };
        let trails = match &mut self.trails {
            Some(trails) => trails,
            none => none.insert(Trails::read(ctx, &self.pair).await?),
        };
        let of_pair = (self.book.assets(), spot);
        let answered = match trails.see(ctx, of_pair, last, Some(first)).await? {
            Storing::Stored => Answered::Whole,
            Storing::ToBeStored => Answered::InPart,
        };
        let reached = trails.reached().max(Some(spot.price));
        self.book
            .activate(&trails.highs, reached.unwrap_or(spot.price));
        let is_left_alone = |id| self.left_alone.contains_key(&id);
        let below = self
            .book
            .trailing_at(&trails.highs, spot.price, is_left_alone);
        let seen = below.into_iter().map(|id| {
            let first = self.trailing_seen.get(&id).copied();
            (id, first.unwrap_or(spot.newest))
        });
        self.trailing_seen = seen.collect();
        let seen = self.trailing_seen.iter();
        let twice: Vec<(OrderId, u64)> = seen
            .filter(|(_, slot)| **slot < spot.slot)
            .map(|(id, slot)| (*id, *slot))
            .collect();
        if twice.is_empty() {
            return Ok((Vec::new(), answered));
        }
        let spot = match ctx.router.elsewhere() {
            None => spot,
            Some(router) => {
                let (sold, bought) = self.book.assets();
                let Some(other) = router.spot(sold, bought).await else {
                    // Nobody has denied anything: those that were seen are looked at again.
                    return Ok((Vec::new(), answered));
                };
                other
            }
        };
        let below = self.book.trailing_at(&trails.highs, spot.price, |_| false);
        let below: HashSet<OrderId> = below.into_iter().collect();
        // Another endpoint may be behind: what it shows is no later look.
        let later = twice.into_iter().filter(|(_, first)| *first < spot.slot);
        let (holding, denied): (Vec<_>, Vec<_>) = later.partition(|(id, _)| below.contains(id));
        for (id, _) in denied {
            self.trailing_seen.remove(&id);
        }
        let seen = |(id, _): (OrderId, u64)| Seen {
            id,
            price: spot.price.to_string(),
            slot: spot.slot,
            amount_out: None,
        };
        Ok((holding.into_iter().map(seen).collect(), answered))
    }

    /// The other orders that hold.
    async fn priced(&mut self, ctx: &Context, bounds: &Bounds) -> (Vec<Seen>, Answered) {
        let (mut holding, mut answered) = (Vec::new(), Answered::Whole);
        if bounds.most.is_none() {
            return (holding, answered);
        }
        let is_left_alone = |id| self.left_alone.contains_key(&id);
        let candidates = self.book.candidates(bounds, is_left_alone);
        ctx.metrics
            .watched_routes
            .increment(candidates.len() as u64);
        let is_again = |it: &Candidate| self.seen.contains_key(&it.id);
        let (again, new): (Vec<_>, Vec<_>) = candidates.into_iter().partition(is_again);
        let asked = |some: &[Candidate]| some.iter().map(|it| it.asked).collect::<Vec<_>>();
        let (of_again, of_new) = (asked(&again), asked(&new));
        let second = second_router(ctx);
        let looking = join(look_at(&second, &of_again), look_at(&ctx.router, &of_new));
        let (again_looks, new_looks) = looking.await;
        let again = again.into_iter().zip(again_looks);
        let mut seen = HashMap::new();
        for (candidate, sight) in new.into_iter().zip(new_looks).chain(again) {
            let first = self.seen.get(&candidate.id).copied();
            // Another endpoint may be behind: what it shows is no later look.
            let is_later = |look: &Look| first.is_none_or(|slot| slot < look.slot);
            if may_hold(&candidate, sight) {
                answered = Answered::InPart;
            }
            let Some(look) = sight.look.ok().filter(is_later) else {
                // Nobody has denied it.
                seen.extend(first.map(|slot| (candidate.id, slot)));
                continue;
            };
            if !candidate.holds_at(look) {
                continue;
            }
            if !look.is_whole && candidate.condition == Condition::AtOrBelow {
                // A price is not low because somebody who may pay more did not answer.
                seen.extend(first.map(|slot| (candidate.id, slot)));
                continue;
            }
            let is_enough = match candidate.condition {
                Condition::AtOrAbove => true,
                Condition::AtOrBelow => {
                    seen.insert(candidate.id, first.unwrap_or(look.newest));
                    first.is_some()
                }
            };
            if is_enough {
                holding.push(Seen {
                    id: candidate.id,
                    price: candidate.price_of(look),
                    slot: look.slot,
                    amount_out: Some(look.amount_out),
                });
            }
        }
        self.seen = seen;
        (holding, answered)
    }

    /// Fires these as the store has them now; returns how many have fired.
    async fn fire(
        &mut self,
        ctx: &Context,
        holding: Vec<Seen>,
        now: Duration,
    ) -> ports::Result<usize> {
        let mut count = 0;
        for some in holding.chunks(FIRED_AT_ONCE) {
            let ids: Vec<OrderId> = some.iter().map(|seen| seen.id).collect();
            let mut waiting: HashMap<OrderId, WaitingOrder> = ctx
                .store
                .waiting_among(&ids)
                .await?
                .into_iter()
                .map(|order| (order.id, order))
                .collect();
            let mut ready = Vec::new();
            for seen in some {
                let id = seen.id;
                let Some(order) = waiting.remove(&id) else {
                    self.forget(id);
                    continue;
                };
                // The book knows an order's price, and not its own minimum.
                let is_enough = seen.amount_out.is_none_or(|out| order.terms.holds_at(out));
                if self.book.stands_as(&order.terms, id) && !order.is_resting && is_enough {
                    let (price, slot) = (seen.price.clone(), seen.slot);
                    ready.push(Holding { order, price, slot });
                } else {
                    // It was changed since it was entered, or it rests, or it is worth more to its client.
                    self.put(ctx, &order);
                    self.leave_alone(id, now);
                }
            }
            let asked: Vec<OrderId> = ready.iter().map(|it| it.order.id).collect();
            let fired = fire(ctx, &ready).await?;
            count += fired.len();
            for id in asked {
                match fired.contains(&id) {
                    true => self.forget(id),
                    false => self.leave_alone(id, now),
                }
            }
        }
        Ok(count)
    }

    fn forget(&mut self, id: OrderId) {
        self.book.remove(id);
        self.seen.remove(&id);
        self.trailing_seen.remove(&id);
        self.left_alone.remove(&id);
    }

    fn leave_alone(&mut self, id: OrderId, now: Duration) {
        self.seen.remove(&id);
        self.trailing_seen.remove(&id);
        self.left_alone.insert(id, now + LEFT_ALONE);
    }
}

/// Whether an order may hold for all that is known, because somebody did not answer who may pay for it, or more.
fn may_hold(candidate: &Candidate, sight: Sight) -> bool {
    match sight.look {
        Err(unseen) => unseen == Unseen::Unanswered,
        Ok(look) if look.is_whole => false,
        Ok(look) => match candidate.condition {
            Condition::AtOrAbove => !candidate.holds_at(look),
            Condition::AtOrBelow => candidate.holds_at(look),
        },
    }
}
