//! The followed orders of one feed shard, each with its log.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::order::Terms;
use domain::{Event, OrderId};
use ports::order_history;
use tokio::sync::watch;

use crate::live::replay::{Log, Verdict};

/// The followed orders of one shard.
#[derive(Debug, Default)]
pub(super) struct ShardWatches {
    orders: Mutex<HashMap<OrderId, Watched>>,
}

#[derive(Debug)]
struct Watched {
    terms: Terms,
    log: watch::Sender<Log>,
    /// When the last event came, or the store was last asked.
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

    /// Joins the followers of an order; returns whether it is newly followed.
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

    /// Forgets an order that nobody follows any more.
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

    /// Offers an event to its order's log, if the order is followed.
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
        self.mark_where(|watched| watched.heard_at <= before)
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
    fn mark(&mut self) -> bool {
        let marks = !self.is_asked && !self.log.borrow().has_ended();
        self.is_asked |= marks;
        marks
    }
}
