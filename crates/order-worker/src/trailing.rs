//! What trailing stops follow: the highest spots of their pair, read from the store and stored there again where they
//! have grown. Where there are two endpoints, a high is what both have shown: none alone lets a price seem to have fallen.

use std::time::Duration;

use dex_router::Router;
use dex_router::router::Spot;
use domain::waiting;
use domain::{Asset, OrderType, Price, Timestamp};
use ports::waiting::{Pair, StoredHighs, WaitingOrder};

use crate::context::Context;

/// Others write the same highs at the same moment at most so often.
const TRIES: u32 = 3;
/// How long a slot takes at least.
const SLOT: Duration = Duration::from_millis(400);
/// Spots that one endpoint has shown and no other yet. Where there are more, the lowest goes.
const UNSURE_MAX: usize = 64;

/// Whether what one of the orders has for its highest is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storing {
    Stored,
    ToBeStored,
}

/// A spot that one endpoint has shown.
#[derive(Debug)]
struct Shown {
    at: Timestamp,
    spot: Spot,
}

/// A pair's highs in a worker's hands.
#[derive(Debug)]
pub(crate) struct Trails {
    pair: Pair,
    /// Of which another one has shown nothing as new.
    unsure: Vec<Shown>,
    /// Some of those are above the highs.
    raises: bool,
    /// The highest that the last look has made a high.
    reached: Option<Price>,
    pub(crate) highs: waiting::Highs,
    /// As they are stored.
    stored: StoredHighs,
    /// When they were read, by our own clock.
    read_at: Duration,
    /// The slot of the last write, and when that was.
    written: Option<(u64, Duration)>,
}

impl Trails {
    /// As they are stored.
    pub(crate) async fn read(ctx: &Context, pair: &Pair) -> ports::Result<Self> {
        let stored = ctx.store.highs(pair).await?;
        Ok(Self {
            pair: pair.clone(),
            unsure: Vec::new(),
            raises: false,
            reached: None,
            highs: stored.highs.clone(),
            stored,
            read_at: ctx.clock.monotonic(),
            written: None,
        })
    }

    /// Takes over a spot of these assets, and stores the highs where that changes what one of the orders has for its
    /// highest, of which the last was accepted at this time: at most once a slot. What was before `oldest` is wanted by
    /// none.
    pub(crate) async fn see(
        &mut self,
        ctx: &Context,
        (assets, spot): ((Asset, Asset), Spot),
        last: Timestamp,
        oldest: Option<Timestamp>,
    ) -> ports::Result<Storing> {
        let at = self.now(ctx);
        let confirmed = match ctx.router.elsewhere() {
            None => {
                self.highs.see(at, spot.price);
                self.reached = Some(spot.price);
                true
            }
            Some(router) => {
                self.doubt(Shown { at, spot });
                self.confirm(&router, assets, last).await
            }
        };
        let stored = self.store(ctx, spot, last, oldest).await?;
        Ok(match confirmed {
            true => stored,
            false => Storing::ToBeStored,
        })
    }

    /// Whether one endpoint has shown a high that another one, which is behind it, has yet to show.
    pub(crate) const fn is_unsure(&self) -> bool {
        self.raises
    }

    /// The highest price that the last look has made a high.
    pub(crate) const fn reached(&self) -> Option<Price> {
        self.reached
    }

    /// Nobody shows a spot any more.
    pub(crate) fn forget_unsure(&mut self) {
        self.unsure.clear();
        self.raises = false;
    }

    fn doubt(&mut self, shown: Shown) {
        if self.unsure.len() >= UNSURE_MAX {
            let all = self.unsure.iter().enumerate();
            let lowest = all.min_by_key(|(_, it)| it.spot.price);
            if let Some(place) = lowest.map(|(place, _)| place) {
                self.unsure.remove(place);
            }
        }
        self.unsure.push(shown);
    }

    /// Whether some of what one endpoint has shown would be a high of some order.
    fn has_raise(&self, last: Timestamp) -> bool {
        let is_raise = |it: &Shown| {
            let high = self.highs.since(it.at.min(last));
            high.is_none_or(|high| it.spot.price > high)
        };
        self.unsure.iter().any(is_raise)
    }

    /// Asks the other endpoint where that may raise a high: the high is the lower of what the two show, once the second
    /// one is not behind the first. Returns whether it answered.
    async fn confirm(&mut self, router: &Router, assets: (Asset, Asset), last: Timestamp) -> bool {
        self.reached = None;
        self.raises = self.has_raise(last);
        if !self.raises {
            return true;
        }
        let Some(other) = router.spot(assets.0, assets.1).await else {
            return false;
        };
        let is_old = |it: &mut Shown| it.spot.newest <= other.slot;
        for shown in self.unsure.extract_if(.., is_old) {
            let price = shown.spot.price.min(other.price);
            self.highs.see(shown.at, price);
            self.reached = self.reached.max(Some(price));
        }
        self.raises = self.has_raise(last);
        true
    }

    async fn store(
        &mut self,
        ctx: &Context,
        spot: Spot,
        last: Timestamp,
        oldest: Option<Timestamp>,
    ) -> ports::Result<Storing> {
        // Whatever changes for any order changes for the one that was accepted last: its highest is the lowest.
        let is_stored = self.stored.highs.since(last) == self.highs.since(last);
        if is_stored {
            return Ok(Storing::Stored);
        }
        let now = ctx.clock.monotonic();
        // Pools that rest are of the slot in which they were read.
        let is_soon =
            |(slot, at): (u64, Duration)| slot == spot.slot && now.saturating_sub(at) < SLOT;
        if self.written.is_some_and(is_soon) {
            return Ok(Storing::ToBeStored);
        }
        for _ in 0..TRIES {
            if let Some(oldest) = oldest {
                self.highs.forget_before(oldest);
            }
            let version = self.stored.version;
            if ctx
                .store
                .store_highs(&self.pair, version, &self.highs)
                .await?
            {
                self.stored.version += 1;
                self.stored.highs.clone_from(&self.highs);
                self.written = Some((spot.slot, now));
                return Ok(Storing::Stored);
            }
            self.stored = ctx.store.highs(&self.pair).await?;
            self.read_at = ctx.clock.monotonic();
            self.highs.join(&self.stored.highs);
        }
        Ok(Storing::ToBeStored)
    }

    /// The store's clock, which is never behind this.
    fn now(&self, ctx: &Context) -> Timestamp {
        let passed = ctx.clock.monotonic().saturating_sub(self.read_at);
        self.stored.at.plus(passed)
    }
}

/// Whether a trailing stop fires at this spot.
pub(crate) fn holds(order: &WaitingOrder, highs: &waiting::Highs, spot: Price) -> bool {
    let OrderType::TrailingStop { trail, .. } = order.terms.order_type else {
        return false;
    };
    let high = order
        .terms
        .order_type
        .trailed_high(order.accepted_at, highs);
    high.is_some_and(|high| trail.is_reached(high, spot))
}
