//! What trailing stops follow: the highest spots of their pair, read from the store and stored there again where they
//! have grown.

use std::time::Duration;

use dex_router::router::Spot;
use domain::waiting;
use domain::{OrderType, Price, Timestamp};
use ports::waiting::{Pair, StoredHighs, WaitingOrder};

use crate::context::Context;

/// Others write the same highs at the same moment at most so often.
const TRIES: u32 = 3;
/// How long a slot takes at least.
const SLOT: Duration = Duration::from_millis(400);

/// Whether what one of the orders has for its highest is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Highs {
    Stored,
    ToBeStored,
}

/// A pair's highs in a worker's hands.
#[derive(Debug)]
pub(crate) struct Trails {
    pair: Pair,
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
            highs: stored.highs.clone(),
            stored,
            read_at: ctx.clock.monotonic(),
            written: None,
        })
    }

    /// Takes a spot over, and stores the highs where that changes what one of the orders has for its highest, of which the
    /// last was accepted at this time: at most once a slot. What was before `oldest` is wanted by none.
    pub(crate) async fn see(
        &mut self,
        ctx: &Context,
        spot: Spot,
        last: Timestamp,
        oldest: Option<Timestamp>,
    ) -> ports::Result<Highs> {
        self.highs.see(self.now(ctx), spot.price);
        // Whatever changes for any order changes for the one that was accepted last: its highest is the lowest.
        let is_stored = self.stored.highs.since(last) == self.highs.since(last);
        if is_stored {
            return Ok(Highs::Stored);
        }
        let now = ctx.clock.monotonic();
        // Pools that rest are of the slot in which they were read.
        let is_soon =
            |(slot, at): (u64, Duration)| slot == spot.slot && now.saturating_sub(at) < SLOT;
        if self.written.is_some_and(is_soon) {
            return Ok(Highs::ToBeStored);
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
                return Ok(Highs::Stored);
            }
            self.stored = ctx.store.highs(&self.pair).await?;
            self.read_at = ctx.clock.monotonic();
            self.highs.join(&self.stored.highs);
        }
        Ok(Highs::ToBeStored)
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
