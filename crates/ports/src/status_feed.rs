//! Carries events to followers: a projection of the store that may lose, repeat or delay events.
//!
//! Promises of every [`StatusFeed`]:
//! 1. An event published while a tail is open reaches that tail, in order within its order, unless
//!    the tail gets `Lost`.
//! 2. A tail that can no longer deliver everything since its position returns `Lost` before it
//!    continues.
//! 3. Nobody waits for a slow tail: it loses what it does not take in time, and gets `Lost`.
//! 4. A position is opaque, ordered within its shard, and valid on every process of the cluster.
//! 5. A tail that continues after an error returns `Lost` before anything else.
//! 6. If a publisher announces a loss, every tail of every shard that has not passed that point
//!    gets `Lost`: the open tails, and those that resume from an earlier position.
//! 7. A publisher that falls silent without having retired is assumed to have lost events; another
//!    publisher that still beats announces the loss in its place.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{ClientId, Event, OrderId};
use serde::{Deserialize, Serialize};

use crate::Result;

/// How often a publisher signals that it is alive. A publisher that has nothing to publish notices
/// just as often whether the feed was down.
pub const BEAT: Duration = Duration::from_secs(2);

/// An event and the client that owns its order.
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
    /// With events published from now on.
    Now,
    /// With events published after this place; with [`Tailed::Lost`] first if the place is no
    /// longer known.
    After(Position),
}

/// What a tail delivers.
#[derive(Debug, Clone)]
pub enum Tailed {
    Events(Vec<(Position, Arc<Published>)>),
    /// Events may be missing before the next ones: read the store.
    Lost,
}

/// An open tail of one shard.
#[async_trait]
pub trait FeedTail: Send + Debug {
    /// Waits for what comes next. An error leaves the tail usable: the next call tries again, and
    /// returns `Lost` before it continues. Cancel safety: dropping the future loses nothing.
    async fn next(&mut self) -> Result<Tailed>;

    /// The place after the last delivered event.
    fn position(&self) -> Position;
}

/// Carries events to followers. See the module's promises.
#[async_trait]
pub trait StatusFeed: Send + Sync + Debug {
    /// Publishes events; they may get lost.
    async fn publish(&self, events: Vec<Published>) -> Result<()>;

    /// Publishes an event if that needs no waiting, as in a feed inside this process; returns it if
    /// it is still to be published. A feed always does the same of the two, so that no event overtakes another.
    fn publish_now(&self, event: Published) -> Option<Published> {
        Some(event)
    }

    /// Announces to all tails that events may be missing, because a publisher could not publish
    /// some. After an error the caller must repeat it.
    async fn tell_lost(&self) -> Result<()>;

    /// A publisher's signal that it is alive, every [`BEAT`]. Does nothing if publisher and tails
    /// are in one process, because they end together.
    async fn beat(&self) -> Result<()> {
        Ok(())
    }

    /// The publisher of this process ends, and has no loss left to announce.
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

    /// Opens a tail. The subscription is active when this returns.
    async fn tail(&self, shard: Shard, from: TailFrom) -> Result<Box<dyn FeedTail>>;
}
