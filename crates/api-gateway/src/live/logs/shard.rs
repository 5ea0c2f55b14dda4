//! The followed orders of one feed shard, each with its log.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{ClientId, Event, OrderId, TokenList};
use ports::order_history;
use tokio::sync::watch;

use crate::live::logs::Subject;
use crate::live::replay::{Log, Verdict};

/// A shard in which so many orders are watched expects no more of them: their clients cost a query again.
const EXPECTED_MAX: usize = 1_024;

/// What is watched in one shard.
#[derive(Debug, Default)]
pub(super) struct ShardWatches {
    orders: Mutex<HashMap<OrderId, Watched>>,
}

#[derive(Debug)]
struct Watched {
    client: ClientId,
    log: watch::Sender<Log>,
    since: Duration,
    /// When something was last heard of it, or the store was last asked.
    heard_at: Duration,
    /// Whether it is on the list of orders to read.
    is_asked: bool,
}

impl ShardWatches {
    fn orders(&self) -> MutexGuard<'_, HashMap<OrderId, Watched>> {
        // A panic can leave nothing under this lock half-changed: a log takes an event with one
        // push.
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn len(&self) -> usize {
        self.orders().len()
    }

    /// Whether anybody follows one of these orders. An expected one has nobody yet.
    pub(super) fn are_followed(&self) -> bool {
        self.orders().values().any(Watched::is_followed)
    }

    /// Joins those who watch an order; says whether it is newly watched.
    pub(super) fn join(&self, subject: Subject<'_>, now: Duration) -> (watch::Receiver<Log>, bool) {
        let mut orders = self.orders();
        if let Some(watched) = orders.get(&subject.order_id) {
            return (watched.log.subscribe(), false);
        }
        let watched = Watched::new(subject, now);
        let follower = watched.log.subscribe();
        orders.insert(subject.order_id, watched);
        (follower, true)
    }

    /// Joins those who watch an order, if it is watched and this client's (anybody's where none is named).
    pub(super) fn join_watched(
        &self,
        order: OrderId,
        client: Option<&ClientId>,
    ) -> Option<watch::Receiver<Log>> {
        let orders = self.orders();
        let watched = orders.get(&order)?;
        let may_see = client.is_none_or(|client| *client == watched.client);
        may_see.then(|| watched.log.subscribe())
    }

    /// Watches an order that nobody follows yet.
    pub(super) fn expect(&self, subject: Subject<'_>, now: Duration) {
        let mut orders = self.orders();
        if orders.len() < EXPECTED_MAX {
            let watched = || Watched::new(subject, now);
            orders.entry(subject.order_id).or_insert_with(watched);
        }
    }

    /// Forgets the orders whose client was expected since `before` and has not come.
    pub(super) fn forget_unfollowed(&self, before: Duration) {
        let is_kept = |watched: &Watched| watched.is_followed() || watched.since > before;
        self.orders().retain(|_, watched| is_kept(watched));
    }

    /// Forgets an order that nobody watches any more.
    pub(super) fn forget_unwatched(&self, order: OrderId) {
        let mut orders = self.orders();
        if orders
            .get(&order)
            .is_some_and(|watched| !watched.is_followed())
        {
            orders.remove(&order);
            if orders.capacity() > 1_024 && orders.len() < orders.capacity() / 8 {
                orders.shrink_to_fit();
            }
        }
    }

    /// Offers an event to its order's log, if the order is followed.
    pub(super) fn offer(
        &self,
        event: &Event,
        tokens: &TokenList,
        now: Duration,
    ) -> Option<Verdict> {
        let mut orders = self.orders();
        let watched = orders.get_mut(&event.order_id)?;
        watched.heard_at = now;
        let mut verdict = Verdict::Seen;
        watched.log.send_if_modified(|log| {
            verdict = log.offer(event.seq, event.data.status(), || {
                api_types::event::render(event, tokens).into()
            });
            verdict == Verdict::Next
        });
        Some(verdict)
    }

    /// Marks an order to be read; false if it is already on the list, has ended or is not followed.
    pub(super) fn mark_asked(&self, order: OrderId) -> bool {
        self.orders().get_mut(&order).is_some_and(Watched::mark)
    }

    /// Marks all open orders to be read; returns those that were not on the list.
    pub(super) fn mark_all_asked(&self) -> Vec<OrderId> {
        self.mark_where(|_| true)
    }

    /// Marks the open orders that were silent since `before`.
    pub(super) fn mark_silent(&self, before: Duration) -> Vec<OrderId> {
        self.mark_where(|watched| watched.heard_at <= before && watched.is_followed())
    }

    fn mark_where(&self, wanted: impl Fn(&Watched) -> bool) -> Vec<OrderId> {
        let mut orders = self.orders();
        let marked = orders
            .iter_mut()
            .filter_map(|(id, watched)| (wanted(watched) && watched.mark()).then_some(*id));
        marked.collect()
    }

    /// Takes an order off the list, as a question for the store, if it is still followed.
    pub(super) fn take_asked(&self, order: OrderId, now: Duration) -> Option<order_history::Watch> {
        let mut orders = self.orders();
        let watched = orders.get_mut(&order)?;
        watched.is_asked = false;
        watched.heard_at = now;
        let log = watched.log.borrow();
        (!log.has_ended()).then(|| order_history::Watch {
            order_id: order,
            next: log.next(),
        })
    }
}

impl Watched {
    fn new(subject: Subject<'_>, now: Duration) -> Self {
        Self {
            client: subject.client.clone(),
            log: watch::Sender::default(),
            since: now,
            heard_at: now,
            is_asked: false,
        }
    }

    fn is_followed(&self) -> bool {
        self.log.receiver_count() > 0
    }

    fn mark(&mut self) -> bool {
        let marks = !self.is_asked && !self.log.borrow().has_ended();
        self.is_asked |= marks;
        marks
    }
}
