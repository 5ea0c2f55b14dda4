//! Events on their way to whoever watches: a projection of the store that may lose, repeat or delay.
//!
//! Promises of every [`StatusFeed`]:
//! 1. An event published while a tail is open reaches that tail, in order within its order, unless the
//!    tail is told `Lost`.
//! 2. A tail that can no longer give everything since its position says `Lost` before it goes on.
//! 3. Nobody waits for a slow tail: what it does not take in time is lost to it, and it is told.
//! 4. A position is opaque, ordered within its shard, and good on every process of the cluster.
//! 5. A tail that goes on after an error says `Lost` before anything else.
//! 6. A loss that a publisher tells is `Lost` for every tail of every shard that is before it: those that
//!    are open, and those that come back to an earlier position.
//! 7. A publisher that falls silent without having retired is taken to have lost events; a publisher that
//!    beats tells it in its place.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{ClientId, Event, OrderId};
use serde::{Deserialize, Serialize};

use crate::Result;

/// How often a publisher says that it is alive. It is also how soon a publisher that has nothing to publish
/// notices that the feed was away.
pub const BEAT: Duration = Duration::from_secs(2);

/// An event and whose order it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    pub client: ClientId,
    pub event: Event,
}

/// A part of the feed. All events of one order are in one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(pub u16);

/// A place in a shard.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Position(pub Arc<str>);

/// Where a tail begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailFrom {
    /// With what is published from now on.
    Now,
    /// With what was published after this place; [`Tailed::Lost`] first where that is no longer known.
    After(Position),
}

/// What a tail brings.
#[derive(Debug, Clone)]
pub enum Tailed {
    Events(Vec<(Position, Arc<Published>)>),
    /// Events before the next ones may be missing: read the store.
    Lost,
}

/// An open tail of one shard.
#[async_trait]
pub trait FeedTail: Send + Debug {
    /// Waits for what comes next. An error leaves the tail usable: the next call tries again, and says
    /// `Lost` before it goes on. Cancel safety: nothing is lost by dropping the future.
    async fn next(&mut self) -> Result<Tailed>;

    /// The place after what was brought last.
    fn position(&self) -> Position;
}

/// Events on their way. See the module's promises.
#[async_trait]
pub trait StatusFeed: Send + Sync + Debug {
    /// Publishes events, best effort.
    async fn publish(&self, events: Vec<Published>) -> Result<()>;

    /// Publishes an event where nothing has to be waited for, as in a feed of this process; gives it
    /// back otherwise. A feed does one or the other, always, so that no event overtakes another.
    fn publish_now(&self, event: Published) -> std::result::Result<(), Published> {
        Err(event)
    }

    /// Tells all tails that events may be missing: a publisher could not publish some. An error means that
    /// it has to be told again.
    async fn tell_lost(&self) -> Result<()>;

    /// A publisher's sign of life, every [`BEAT`]. Nothing to do where the publisher is this process, as the
    /// tails end with it.
    async fn beat(&self) -> Result<()> {
        Ok(())
    }

    /// The publisher of this process ends, and owes nobody anything.
    async fn retire(&self) -> Result<()> {
        Ok(())
    }

    /// How many shards there are.
    fn shards(&self) -> u16;

    /// The shard of an order's events.
    fn shard_of(&self, order: OrderId) -> Shard {
        let spread = order.uuid().as_u128() % u128::from(self.shards().max(1));
        Shard(u16::try_from(spread).unwrap_or(0))
    }

    /// Opens a tail. The subscription stands when this returns.
    async fn tail(&self, shard: Shard, from: TailFrom) -> Result<Box<dyn FeedTail>>;
}
