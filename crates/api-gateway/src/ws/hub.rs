//! Everything that live connections of this process share: what is watched, one log per watched order,
//! the tails of the feed that fill the logs, and the one reader of the store that fills their holes.
//!
//! - One task per feed shard (`hub/tail.rs`) tails it while anybody watches something in it.
//! - One task (`hub/reread.rs`) asks the store for what the feed did not bring: a newly watched order's
//!   history, holes, orders that were silent for a second. Whatever is asked for while a query is under
//!   way goes into the next one, so that ten thousand reconnecting clients cost a few queries. The same
//!   loop serves clients while the feed is away.
//! - A connection holds a [`Follower`]: a place in its order's log. It has no queue of its own that
//!   could grow.
//!
//! Lock order: a shard's orders before the due list; never the other way round, never across an await.

mod reread;
mod shard;
mod tail;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::order::Terms;
use domain::{Event, OrderId, Seq};
use ports::status_feed::Shard;
use ports::{Ports, Shutdown};
use tokio::sync::{Notify, watch};

use self::shard::ShardWatches;
use super::limits::{Limits, Permit};
use super::replay::{Due, Log, Place, Told, Verdict};
use super::settings::Settings;
use super::telemetry;
use crate::account_stream::Ring;
use crate::ws::terms_book::TermsBook;

/// A cheap handle to what live connections share.
#[derive(Debug, Clone)]
pub struct Hub(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) ports: Ports,
    pub(crate) settings: Settings,
    pub(crate) shutdown: Shutdown,
    pub(crate) limits: Limits,
    pub(crate) ring: Ring,
    pub(crate) terms: TermsBook,
    shards: Box<[ShardWatches]>,
    to_read: Mutex<ToRead>,
    /// Somebody asked for a reading.
    asked: Notify,
}

/// Orders to be read from the store; an order stands here at most once, so it is bounded by what is
/// watched.
#[derive(Debug, Default)]
struct ToRead {
    /// Somebody waits: new watches and holes.
    urgent: VecDeque<OrderId>,
    /// Silent for a while: most likely nothing has happened.
    silent: VecDeque<OrderId>,
}

impl Hub {
    /// Starts the tasks that feed live connections; they end when the process stops.
    #[must_use]
    pub fn start(ports: &Ports, settings: Settings, shutdown: &Shutdown) -> Self {
        telemetry::describe();
        let shards = ports.feed.shards().max(1);
        let inner = Arc::new(Inner {
            ports: ports.clone(),
            limits: Limits::new(settings.client_max_sockets, settings.max_sockets),
            settings,
            shutdown: shutdown.clone(),
            ring: Ring::new(shards),
            terms: TermsBook::default(),
            shards: (0..shards).map(|_| ShardWatches::default()).collect(),
            to_read: Mutex::default(),
            asked: Notify::new(),
        });
        for shard in (0..shards).map(Shard) {
            let task = tail::run(Arc::clone(&inner), shard);
            shutdown.spawn_essential("feed-tail", task);
        }
        shutdown.spawn_essential("hub-reread", reread::run(Arc::clone(&inner)));
        Self(inner)
    }

    /// Follows an order from after the last event that was `seen`. The watch stands when this returns:
    /// nothing recorded from now on is missed.
    #[must_use]
    pub fn follow(&self, order_id: OrderId, terms: &Terms, seen: Option<Seq>) -> Follower {
        let hub = &self.0;
        let shard = hub.shard(order_id);
        let (log, is_new) = shard.join(order_id, terms, hub.ports.clock.monotonic());
        if is_new {
            hub.ask(order_id, Urgency::Urgent);
            shard.interest.notify_one();
        }
        Follower {
            place: Place::after(seen),
            log,
            _watch: Watch {
                hub: Arc::clone(hub),
                order_id,
            },
        }
    }

    /// A place for one more live connection of `holder`, if the limits leave one.
    #[must_use]
    pub fn admit(&self, holder: &str) -> Option<Permit> {
        self.0.limits.admit(holder)
    }

    /// How many orders are watched.
    #[must_use]
    pub fn watched_count(&self) -> usize {
        self.0.shards.iter().map(ShardWatches::len).sum()
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Urgency {
    Urgent,
    Silent,
}

impl Inner {
    fn shard(&self, order: OrderId) -> &ShardWatches {
        let Shard(index) = self.ports.feed.shard_of(order);
        &self.shards[usize::from(index) % self.shards.len()]
    }

    pub(crate) fn shard_at(&self, Shard(index): Shard) -> &ShardWatches {
        &self.shards[usize::from(index) % self.shards.len()]
    }

    /// Somebody came to the account stream: every shard is of interest.
    pub(crate) fn wake_tails(&self) {
        for shard in &self.shards {
            shard.interest.notify_one();
        }
    }

    fn to_read(&self) -> MutexGuard<'_, ToRead> {
        // A list of ids is right whatever panicked while it was held.
        self.to_read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, order: OrderId, urgency: Urgency) {
        if self.shard(order).mark_asked(order) {
            self.enqueue([order], urgency);
        }
    }

    /// Puts orders, already marked, on the list.
    fn enqueue(&self, orders: impl IntoIterator<Item = OrderId>, urgency: Urgency) {
        let mut to_read = self.to_read();
        match urgency {
            Urgency::Urgent => to_read.urgent.extend(orders),
            Urgency::Silent => to_read.silent.extend(orders),
        }
        drop(to_read);
        self.asked.notify_one();
    }

    /// Everything watched in this shard may have missed something.
    fn ask_shard(&self, shard: Shard) {
        let marked = self.shard_at(shard).mark_all_asked();
        self.enqueue(marked, Urgency::Urgent);
    }

    /// An event came, from wherever.
    fn tell(&self, event: &Event) {
        let now = self.ports.clock.monotonic();
        if self.shard(event.order_id).offer(event, now) == Some(Verdict::Hole) {
            self.ask(event.order_id, Urgency::Urgent);
        }
    }
}

/// A place in an order's log that moves on as the client is shown events.
#[derive(Debug)]
pub struct Follower {
    place: Place,
    // Dropped before the watch, which looks whether anybody is left.
    log: watch::Receiver<Log>,
    _watch: Watch,
}

/// What a follower gets next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    Event(Told),
    /// The order has ended and all of it was shown.
    Ended,
    /// This process stops.
    Stopped,
}

impl Follower {
    /// The next event, as soon as there is one. Cancel safety: a dropped call has shown nothing.
    pub async fn next(&mut self) -> Followed {
        loop {
            let due = self.place.advance(&self.log.borrow_and_update());
            match due {
                Due::Event(told) => return Followed::Event(told),
                Due::Over => return Followed::Ended,
                Due::Wait => {}
            }
            if self.log.changed().await.is_err() {
                return Followed::Stopped;
            }
        }
    }
}

/// Keeps an order watched.
#[derive(Debug)]
struct Watch {
    hub: Arc<Inner>,
    order_id: OrderId,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.hub
            .shard(self.order_id)
            .forget_unwatched(self.order_id);
    }
}
