//! The watched orders of one feed shard, each with its log.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::order::Terms;
use domain::{Event, OrderId};
use ports::order_history;
use tokio::sync::watch;

use crate::live::replay::{Log, Verdict};

/// What is watched in one shard.
#[derive(Debug, Default)]
pub(super) struct ShardWatches {
    orders: Mutex<HashMap<OrderId, Watched>>,
}

#[derive(Debug)]
struct Watched {
    terms: Terms,
    log: watch::Sender<Log>,
    /// When something was last heard of it, or the store was last asked.
    heard_at: Duration,
    /// It stands on the list of orders to be read.
    is_asked: bool,
}

impl ShardWatches {
    fn orders(&self) -> MutexGuard<'_, HashMap<OrderId, Watched>> {
        // Nothing that is held under this lock can be left half-changed by a panic: a log takes an
        // event by one push.
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn len(&self) -> usize {
        self.orders().len()
    }

    /// Joins those who watch an order; says whether it is newly watched.
    pub(super) fn join(
        &self,
        order: OrderId,
        terms: &Terms,
        now: Duration,
    ) -> (watch::Receiver<Log>, bool) {
        let mut orders = self.orders();
        if let Some(watched) = orders.get(&order) {
            return (watched.log.subscribe(), false);
        }
        let (log, follower) = watch::channel(Log::default());
        let watched = Watched {
            terms: terms.clone(),
            log,
            heard_at: now,
            is_asked: false,
        };
        orders.insert(order, watched);
        (follower, true)
    }

    /// Forgets an order that nobody watches any more.
    pub(super) fn forget_unwatched(&self, order: OrderId) {
        let mut orders = self.orders();
        if orders
            .get(&order)
            .is_some_and(|watched| watched.log.receiver_count() == 0)
        {
            orders.remove(&order);
            if orders.capacity() > 1_024 && orders.len() < orders.capacity() / 8 {
                orders.shrink_to_fit();
            }
        }
    }

    /// Offers an event to its order's log, if the order is watched.
    pub(super) fn offer(&self, event: &Event, now: Duration) -> Option<Verdict> {
        let mut orders = self.orders();
        let watched = orders.get_mut(&event.order_id)?;
        watched.heard_at = now;
        let mut verdict = Verdict::Seen;
        let terms = &watched.terms;
        watched.log.send_if_modified(|log| {
            verdict = log.offer(event.seq, event.data.status(), || {
                api_types::event::render(event, terms).into()
            });
            verdict == Verdict::Next
        });
        Some(verdict)
    }

    /// Marks an order as to be read; false where it is on the list, has ended or is not watched.
    pub(super) fn mark_asked(&self, order: OrderId) -> bool {
        self.orders().get_mut(&order).is_some_and(Watched::mark)
    }

    /// Marks all open orders as to be read; returns those that were not on the list.
    pub(super) fn mark_all_asked(&self) -> Vec<OrderId> {
        self.mark_where(|_| true)
    }

    /// Marks the open orders of which nothing was heard since `before`.
    pub(super) fn mark_silent(&self, before: Duration) -> Vec<OrderId> {
        self.mark_where(|watched| watched.heard_at <= before)
    }

    fn mark_where(&self, wanted: impl Fn(&Watched) -> bool) -> Vec<OrderId> {
        let mut orders = self.orders();
        let marked = orders
            .iter_mut()
            .filter_map(|(id, watched)| (wanted(watched) && watched.mark()).then_some(*id));
        marked.collect()
    }

    /// Takes an order off the list: what to ask the store for, where it is still of interest.
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
    fn mark(&mut self) -> bool {
        let marks = !self.is_asked && !self.log.borrow().has_ended();
        self.is_asked |= marks;
        marks
    }
}
