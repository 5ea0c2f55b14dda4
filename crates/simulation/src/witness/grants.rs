//! Which worker was granted which order, and which may count as having died with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{OrderId, WorkerId};

use crate::process::Process;

/// The grants of all orders since their last events.
#[derive(Debug, Default)]
pub(super) struct Grants {
    since_last_event: BTreeMap<OrderId, Vec<Grant>>,
    /// Workers that have one order and no other.
    pub(super) alone: BTreeMap<WorkerId, OrderId>,
    /// How often the servers have been unreachable: a worker that cannot reach the store falls
    /// silent.
    pub(super) absences: u64,
}

#[derive(Debug)]
struct Grant {
    process: Arc<Process>,
    doubts_before: u64,
    absences_before: u64,
}

impl Grants {
    /// An order was granted.
    pub(super) fn add(&mut self, order: OrderId, process: &Arc<Process>) {
        let grant = Grant {
            process: Arc::clone(process),
            doubts_before: process.doubts_when_heard(),
            absences_before: self.absences,
        };
        self.since_last_event.entry(order).or_default().push(grant);
    }

    /// An order has a new event; the worker that recorded it still has the order.
    pub(super) fn moved_on(&mut self, order: OrderId) {
        if let Some(grants) = self.since_last_event.get_mut(&order) {
            let former = grants.len().saturating_sub(1);
            grants.drain(..former);
        }
        self.no_longer_alone(order);
    }

    /// An order need not be alone any more.
    pub(super) fn no_longer_alone(&mut self, order: OrderId) {
        self.alone.retain(|_, alone| *alone != order);
    }

    /// For how many grants, except the newest, the worker may have died.
    pub(super) fn died_with(&self, order: OrderId) -> usize {
        let grants = self.since_last_event.get(&order).map(Vec::as_slice);
        let former = grants
            .and_then(<[Grant]>::split_last)
            .map(|(_, former)| former);
        let died = |grant: &&Grant| {
            grant.process.doubts() > grant.doubts_before || grant.absences_before < self.absences
        };
        former.map_or(0, |former| former.iter().filter(died).count())
    }
}
