//! One log per followed order, and the list of orders to read from the store: newly followed ones,
//! those with gaps, those that were silent for long. Requests that come while a query is under way
//! go into the next one, so that ten thousand reconnecting clients cost a few queries.
//!
//! Lock order: a shard's orders before the list of orders to read; never the other way round, never
//! across an await.

mod shard;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{ClientId, Event, Order, OrderId, Seq, TokenList};
use ports::order_history;
use ports::status_feed::Shard;
use ports::{Clock, Ports, StatusFeed};
use tokio::sync::{Notify, watch};

use self::shard::ShardWatches;
use super::demand::Demand;
use super::replay::{Due, Log, Place, Rendered, Verdict};

/// What must be known of an order to follow it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub order_id: OrderId,
    pub client: &'a ClientId,
}

impl<'a> From<&'a Order> for Subject<'a> {
    fn from(order: &'a Order) -> Self {
        Self {
            order_id: order.id,
            client: &order.client,
        }
    }
}

/// The logs of all watched orders.
#[derive(Debug)]
pub(super) struct Logs {
    clock: Arc<dyn Clock>,
    feed: Arc<dyn StatusFeed>,
    demand: Arc<Demand>,
    tokens: Arc<TokenList>,
    shards: Box<[ShardWatches]>,
    to_read: Mutex<ToRead>,
    /// Raised when somebody asks for an order to be read.
    asked: Notify,
}

/// Orders to read from the store. Each is listed at most once, so the list is bounded by the number
/// of followed orders.
#[derive(Debug, Default)]
struct ToRead {
    /// Somebody waits: new watches and gaps.
    urgent: VecDeque<OrderId>,
    /// Silent for a while: most likely nothing has happened.
    silent: VecDeque<OrderId>,
}

impl Logs {
    pub(super) fn new(
        ports: &Ports,
        shards: u16,
        demand: &Arc<Demand>,
        tokens: &Arc<TokenList>,
    ) -> Self {
        Self {
            clock: Arc::clone(&ports.clock),
            feed: Arc::clone(&ports.feed),
            demand: Arc::clone(demand),
            tokens: Arc::clone(tokens),
            shards: (0..shards).map(|_| ShardWatches::default()).collect(),
            to_read: Mutex::default(),
            asked: Notify::new(),
        }
    }

    /// Follows an order from after the last event that was `seen`; the watch stands when this returns.
    pub(super) fn follow(self: &Arc<Self>, subject: Subject<'_>, seen: Option<Seq>) -> Follower {
        let order_id = subject.order_id;
        let shard = self.feed.shard_of(order_id);
        let (log, is_new) = self.at(shard).join(subject, self.clock.monotonic());
        if is_new {
            self.ask(order_id);
            self.demand.wake(shard);
        }
        self.follower(order_id, log, seen)
    }

    /// Follows an order that is watched already, if the client may see it.
    pub(super) fn follow_watched(
        self: &Arc<Self>,
        order_id: OrderId,
        client: Option<&ClientId>,
        seen: Option<Seq>,
    ) -> Option<Follower> {
        let log = self.shard(order_id).join_watched(order_id, client)?;
        Some(self.follower(order_id, log, seen))
    }

    /// Watches an order of which this is the first event. Without an open tail that would bring the others it
    /// would cost a query, as its client does who may never come: then it is left alone.
    pub(super) fn expect(&self, subject: Subject<'_>, accepted: &Event) {
        let shard = self.feed.shard_of(subject.order_id);
        if self.demand.is_open(shard) {
            self.at(shard).expect(subject, self.clock.monotonic());
            self.tell(accepted);
        }
    }

    fn follower(
        self: &Arc<Self>,
        order_id: OrderId,
        log: watch::Receiver<Log>,
        seen: Option<Seq>,
    ) -> Follower {
        Follower {
            place: Place::after(seen),
            log,
            _watch: Watch {
                logs: Arc::clone(self),
                order_id,
            },
        }
    }

    pub(super) fn watched_count(&self) -> usize {
        self.shards.iter().map(ShardWatches::len).sum()
    }

    /// Whether anybody follows an order of this shard.
    pub(super) fn are_followed(&self, shard: Shard) -> bool {
        self.at(shard).are_followed()
    }

    /// An event came, from the feed or the store.
    pub(super) fn tell(&self, event: &Event) {
        let now = self.clock.monotonic();
        let shard = self.shard(event.order_id);
        if shard.offer(event, &self.tokens, now) == Some(Verdict::Hole) {
            self.ask(event.order_id);
        }
    }

    /// Asks for this order to be read soon.
    pub(super) fn ask(&self, order: OrderId) {
        if self.shard(order).mark_asked(order) {
            self.to_read().urgent.push_back(order);
            self.asked.notify_one();
        }
    }

    /// Every followed order of this shard may have missed something.
    pub(super) fn ask_shard(&self, shard: Shard) {
        let marked = self.at(shard).mark_all_asked();
        self.to_read().urgent.extend(marked);
        self.asked.notify_one();
    }

    /// Asks for every open order of which nothing was heard for so long, and forgets those whose client was
    /// expected for so long.
    pub(super) fn ask_silent(&self, silence: Duration) {
        let Some(before) = self.clock.monotonic().checked_sub(silence) else {
            return;
        };
        for shard in &self.shards {
            shard.forget_unfollowed(before);
            let marked = shard.mark_silent(before);
            self.to_read().silent.extend(marked);
        }
    }

    /// Waits until somebody asks for a reading.
    pub(super) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Takes up to this many orders off the list, as questions for the store.
    pub(super) fn take_asked(&self, most: usize) -> Vec<order_history::Watch> {
        let mut to_read = self.to_read();
        let urgent = most.min(to_read.urgent.len());
        let silent = (most - urgent).min(to_read.silent.len());
        let mut ids: Vec<OrderId> = to_read.urgent.drain(..urgent).collect();
        ids.extend(to_read.silent.drain(..silent));
        drop(to_read);
        let now = self.clock.monotonic();
        let watches = ids
            .into_iter()
            .filter_map(|id| self.shard(id).take_asked(id, now));
        watches.collect()
    }

    fn shard(&self, order: OrderId) -> &ShardWatches {
        self.at(self.feed.shard_of(order))
    }

    fn at(&self, Shard(index): Shard) -> &ShardWatches {
        &self.shards[usize::from(index) % self.shards.len()]
    }

    fn to_read(&self) -> MutexGuard<'_, ToRead> {
        // A list of ids stays valid whatever panicked under its lock.
        self.to_read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in an order's log that moves on as the client gets events.
#[derive(Debug)]
pub struct Follower {
    place: Place,
    // Dropped before the watch, which checks whether any follower is left.
    log: watch::Receiver<Log>,
    _watch: Watch,
}

/// What a follower gets next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    Event(Rendered),
    /// The order has ended and the follower has seen all of it.
    Ended,
    /// This process stops.
    Stopped,
}

impl Follower {
    /// The next event, as soon as there is one. Cancel safety: a dropped call has delivered
    /// nothing.
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

/// Keeps an order in the set of followed orders.
#[derive(Debug)]
struct Watch {
    logs: Arc<Logs>,
    order_id: OrderId,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.logs
            .shard(self.order_id)
            .forget_unwatched(self.order_id);
    }
}
